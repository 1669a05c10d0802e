package explore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
)

// part is what a schedule has in one round: entries for the first connection and,
// where two batches are at once, for the second.
type part struct {
	bound  *bound
	events [2][]mocksender.Event
}

// send packs whole parts into requests as full as can be, and sends them.
func (w *worker) send(ctx context.Context, parts []part) error {
	for len(parts) > 0 {
		n := fitting(parts, w.room())
		if err := w.post(ctx, parts[:n]); err != nil {
			return err
		}
		parts = parts[n:]
	}
	return nil
}

// fitting is how many of the parts fit into requests of so many entries, at
// least one.
func fitting(parts []part, room int) int {
	var size [2]int
	for n, p := range parts {
		for i := range size {
			size[i] += len(p.events[i])
		}
		if n > 0 && max(size[0], size[1]) > room {
			return n
		}
	}
	return len(parts)
}

func (t *tally) room() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.limit
}

// batches are the parts' entries, for each connection.
func batches(parts []part) (events [2][]mocksender.Event) {
	for _, p := range parts {
		for i := range events {
			events[i] = append(events[i], p.events[i]...)
		}
	}
	return events
}

// post sends the parts in one request, or in two at once: each request's last
// byte is held back until the other is there, too.
func (w *worker) post(ctx context.Context, parts []part) error {
	events := batches(parts)
	connections := len(events)
	var gate mocksender.Fault
	if len(events[1]) == 0 {
		connections = 1
	} else {
		gate = mocksender.NewGate(connections)
	}
	var requests [2]mocksender.Request
	for i := range connections {
		var err error
		if requests[i], err = w.requestOf(i, events[i]); err != nil {
			return err
		}
	}
	before := w.subject.Revivals()
	var deliveries [2]mocksender.Delivery
	var all sync.WaitGroup
	if connections > 1 && w.subject.Target.Limits.Connections == 1 {
		for i := range connections { // one after the other is an order, too
			deliveries[i] = w.transmit(ctx, i, requests[i], len(events[i]), nil)
		}
	} else {
		for i := 1; i < connections; i++ {
			all.Go(func() { deliveries[i] = w.transmit(ctx, i, requests[i], len(events[i]), gate) })
		}
		deliveries[0] = w.transmit(ctx, 0, requests[0], len(events[0]), gate)
	}
	all.Wait()
	for i, d := range deliveries[:connections] {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case mocksender.Local(d.Last().Err) != nil:
			return mocksender.Local(d.Last().Err)
		case d.Acknowledged():
			w.taken(parts, i)
		case d.TooMany():
			return state.ErrTooMany
		case w.subject.Revivals() > before:
			// The receiver ended while another worker's request was there.
			w.drop(boundOf(parts)...)
		default:
			if err := w.refused(ctx, i, parts, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// requestOf is the request with the entries.
func (w *worker) requestOf(connection int, events []mocksender.Event) (mocksender.Request, error) {
	b, err := mocksender.NewBatch(events...)
	if err != nil {
		return mocksender.Request{}, fmt.Errorf("check %s: %w", w.Of.Check.ID, err)
	}
	return w.senders[connection].Request(b), nil
}

// transmit sends a request with all its retries. Once the receiver is known to
// refuse what is right there is one attempt only, which is enough to find the
// next culprit, as whoever is new to it is given all of them then.
func (w *worker) transmit(ctx context.Context, connection int, r mocksender.Request, events int, fault mocksender.Fault) mocksender.Delivery {
	s := w.senders[connection]
	var d mocksender.Delivery
	if w.has(func(s state.Symptom) bool { return s.Kind == event.Refused }) {
		d = attempt(ctx, s, r, fault)
	} else {
		d = s.DeliverRequest(ctx, r, fault)
	}
	w.add(d, events)
	return d
}

func attempt(ctx context.Context, s *mocksender.Sender, r mocksender.Request, fault mocksender.Fault) mocksender.Delivery {
	a := s.Attempt(ctx, r, fault)
	d := mocksender.Delivery{Attempts: []mocksender.Attempt{a}, Outcome: mocksender.Dropped}
	if a.Acknowledged() {
		d.Outcome = mocksender.Acknowledged
	}
	return d
}

// add adds a delivery to what was sent.
func (w *worker) add(d mocksender.Delivery, events int) {
	w.sent(d, events)
	if d.Acknowledged() {
		w.mu.Lock()
		w.acked = time.Now()
		w.mu.Unlock()
	}
}

func boundOf(parts []part) []*bound {
	all := make([]*bound, len(parts))
	for i, p := range parts {
		all[i] = p.bound
	}
	return all
}
