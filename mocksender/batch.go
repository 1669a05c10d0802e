package mocksender

import "fmt"

// Batch is the body of one webhook request: 1 to MaxBatch entries
// (clause batch). The zero Batch is empty and can't be delivered.
type Batch struct {
	events []Event
	body   []byte
}

// NewBatch makes a batch of the entries, in their order. No entry, more than
// MaxBatch of them, or one that ContextPush would not send is an error.
func NewBatch(events ...Event) (Batch, error) {
	if n := len(events); n < 1 || n > MaxBatch {
		return Batch{}, fmt.Errorf("batch of %d entries: want 1 to %d", n, MaxBatch)
	}
	for i, e := range events {
		if err := e.Validate(); err != nil {
			return Batch{}, fmt.Errorf("batch entry %d: %w", i, err)
		}
	}
	b := Batch{events: append([]Event(nil), events...)}
	b.body = AppendEvents(nil, b.events)
	return b, nil
}

// Split puts the entries into as few batches as they need, in their order.
func Split(events []Event) ([]Batch, error) {
	var batches []Batch
	for len(events) > 0 {
		n := min(len(events), MaxBatch)
		b, err := NewBatch(events[:n]...)
		if err != nil {
			return nil, err
		}
		batches = append(batches, b)
		events = events[n:]
	}
	return batches, nil
}

// Len is the number of entries.
func (b Batch) Len() int { return len(b.events) }

// Events are the batch's entries, in their order on the wire.
func (b Batch) Events() []Event { return append([]Event(nil), b.events...) }

// Body is the JSON array as it goes over the wire. It must not be changed.
func (b Batch) Body() []byte { return b.body }
