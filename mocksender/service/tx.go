package service

import (
	"container/heap"
	"maps"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// tx is one commit in the making: what it reads it has read of the store or has
// changed itself. What it changes in the loop, it changes once it is committed.
type tx struct {
	s        *Service
	now      time.Time
	settings Settings
	reset    bool

	messages   map[uint64]*Message
	deliveries map[uint64]*Delivery
	fresh      map[mocksender.Key]uint64 // messages that this commit made
	devices    map[string][]Device

	queue  []ref
	dues   []due
	flush  bool // at once, whatever waits
	ready  []uint64
	starts []start
	chain  map[uint64]uint64
	leap   *leap
	ended  int
	other  bool // settings changed, which is told
}

// start is an attempt that is made after the commit.
type start struct {
	delivery uint64
	number   int
	request  mocksender.Request
	fault    mocksender.Fault
}

func newTx(s *Service) *tx {
	l := &s.loop
	t := &tx{s: s, now: l.now(s), settings: l.settings, queue: l.queue, ready: l.ready}
	t.clear()
	return t
}

func (t *tx) clear() {
	t.messages, t.deliveries = map[uint64]*Message{}, map[uint64]*Delivery{}
	t.fresh, t.devices = map[mocksender.Key]uint64{}, map[string][]Device{}
}

// message is one to be changed; nil where there is none.
func (t *tx) message(id uint64) (*Message, error) {
	if m := t.messages[id]; m != nil {
		return m, nil
	}
	if t.reset {
		return nil, nil
	}
	m, err := t.s.store.Message(id)
	if m == nil || err != nil {
		return nil, err
	}
	t.messages[id] = m.clone()
	return t.messages[id], nil
}

// find is the message under the key, nil where there is none.
func (t *tx) find(k mocksender.Key) (*Message, error) {
	if id, ok := t.fresh[k]; ok {
		return t.messages[id], nil
	}
	if t.reset {
		return nil, nil
	}
	m, err := t.s.store.Find(k)
	if m == nil || err != nil {
		return nil, err
	}
	return t.message(m.ID)
}

func (t *tx) delivery(id uint64) (*Delivery, error) {
	if d := t.deliveries[id]; d != nil {
		return d, nil
	}
	if t.reset {
		return nil, nil
	}
	d, err := t.s.store.Delivery(id)
	if d == nil || err != nil {
		return nil, err
	}
	t.deliveries[id] = d.clone()
	return t.deliveries[id], nil
}

// devicesOf are a user's devices: those that were set, or made up.
func (t *tx) devicesOf(user string) ([]Device, error) {
	if d, ok := t.devices[user]; ok {
		return d, nil
	}
	if t.reset {
		return t.s.madeUp(user), nil
	}
	return t.s.Devices(user)
}

// enqueue puts a message's change into the queue.
func (t *tx) enqueue(m *Message, change int) {
	t.queue = append(t.queue, ref{m.ID, uint32(change), false})
}

func (t *tx) after(at time.Time, kind dueKind, r ref) { t.dues = append(t.dues, dueAt(at, kind, r)) }

// steps does what is due, then sends what has waited long enough.
func (t *tx) steps(popped []due) error {
	for _, d := range popped {
		var err error
		switch d.kind {
		case stepDue:
			err = t.step(d)
		case attemptDue:
			t.ready = append(t.ready, d.message)
		case entryDue:
			t.queue = append(t.queue, d.ref())
		}
		if err != nil {
			return err
		}
	}
	if err := t.flushQueue(); err != nil {
		return err
	}
	return t.startReady()
}

func (t *tx) commit() error {
	t.settings.Now = t.now
	c := &Commit{Reset: t.reset, Devices: t.devices, Settings: t.settings}
	if len(t.messages) == 0 && len(t.deliveries) == 0 && len(t.devices) == 0 && !t.reset && !t.other {
		return nil
	}
	for _, m := range t.messages {
		c.Messages = append(c.Messages, m)
	}
	for _, d := range t.deliveries {
		c.Deliveries = append(c.Deliveries, d)
	}
	slices.SortFunc(c.Messages, func(a, b *Message) int { return int(int64(a.ID) - int64(b.ID)) })
	slices.SortFunc(c.Deliveries, func(a, b *Delivery) int { return int(int64(a.ID) - int64(b.ID)) })
	if err := t.s.store.Commit(c); err != nil {
		return err
	}
	t.tell(c)
	return nil
}

func (t *tx) tell(c *Commit) {
	var events []Event
	if t.reset {
		events = append(events, Event{Kind: ResetDone})
	}
	for _, m := range c.Messages {
		events = append(events, Event{Kind: MessageChanged, ID: m.ID})
	}
	for _, d := range c.Deliveries {
		events = append(events, Event{Kind: DeliveryChanged, ID: d.ID})
	}
	if t.other {
		events = append(events, Event{Kind: SettingsChanged})
	}
	t.s.feed.add(events)
}

// apply changes the loop as the commit has it.
func (t *tx) apply() {
	l := &t.s.loop
	if t.reset {
		l.due, l.flush = nil, time.Time{}
		clear(l.chain)
	}
	if t.leap != nil {
		l.leap = t.leap
	}
	l.settings = t.settings
	l.queue, l.ready = t.queue, t.ready
	for _, d := range t.dues {
		heap.Push(&l.due, d)
	}
	switch {
	case len(l.queue) == 0 || l.settings.Held:
		l.flush = time.Time{}
	case len(l.queue) >= mocksender.MaxBatch:
		l.flush = t.now
	case l.flush.IsZero() || !l.flush.After(t.now):
		l.flush = t.now.Add(t.s.config.Flush)
	}
	maps.Copy(l.chain, t.chain)
	l.running += len(t.starts) - t.ended
	for _, x := range t.starts {
		l.attempts.Add(1)
		go t.s.attempt(x)
	}
}
