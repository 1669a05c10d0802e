package service

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/ctxpush/ctxpush/mocksender"
)

// flushQueue sends what has waited long enough, and full requests at once.
func (t *tx) flushQueue() error {
	if t.settings.Held || len(t.queue) == 0 {
		return nil
	}
	flush, n := t.s.loop.flush, min(len(t.queue), maxGroup)
	if t.s.config.Flush > 0 && !t.flush && (flush.IsZero() || flush.After(t.now)) {
		n -= n % mocksender.MaxBatch
	}
	refs, err := t.strike(t.queue[:n])
	if err != nil {
		return err
	}
	t.queue = t.queue[n:]
	for group := range slices.Chunk(refs, mocksender.MaxBatch) {
		d, err := t.deliverEntries(group)
		if err != nil {
			return err
		}
		t.ready = append(t.ready, d.ID)
	}
	return nil
}

// strike plays the faults of entries: it returns those that are sent now.
func (t *tx) strike(queue []ref) ([]Ref, error) {
	f := t.settings.Faults
	var now []Ref
	for _, r := range queue {
		m, err := t.message(r.message)
		if err != nil {
			return nil, err
		}
		if m == nil || m.History[r.change].Waiting == 0 {
			continue // withdrawn
		}
		c := &m.History[r.change]
		draw := func(what string) float64 {
			return t.s.draw(what, strconv.FormatUint(r.message, 10), strconv.Itoa(int(r.change)))
		}
		later := t.now.Add(time.Duration((1 + 2*draw("later")) * float64(max(t.s.config.Flush, traditionalDelay))))
		struck := r
		struck.struck = true
		switch {
		case r.struck:
		case draw("drop") < f.Drop && !m.isLast(int(r.change), t.s.opener(m)):
			c.Waiting--
			c.Dropped = true
			continue
		case draw("reorder") < f.Reorder:
			t.after(later, entryDue, struck)
			continue
		case draw("duplicate") < f.Duplicate:
			c.Waiting++
			t.after(later, entryDue, struck)
		}
		now = append(now, r.public())
	}
	return now, nil
}

// isLast tells whether nothing will certainly follow the i-th change on its
// device. opener is where the message will be opened, if it will.
func (m *Message) isLast(i int, opener string) bool {
	c := m.History[i]
	for _, later := range m.History[i+1:] {
		if later.DeviceToken == c.DeviceToken || later.DeviceToken == "" {
			return false
		}
	}
	if m.Next.IsZero() {
		return true
	}
	opens := c.DeliveryStatus == mocksender.Delivered && c.DeviceToken == opener
	return c.DeliveryStatus != mocksender.Pending && !opens
}

// deliverEntries makes one request of the entries, and takes them out of the
// queue where they wait in it.
func (t *tx) deliverEntries(refs []Ref) (*Delivery, error) {
	events := make([]mocksender.Event, len(refs))
	messages := make([]*Message, len(refs))
	for i, r := range refs {
		m, err := t.message(r.Message)
		if err != nil {
			return nil, err
		}
		if m == nil || r.Change < 0 || r.Change >= len(m.History) {
			return nil, refusal(http.StatusNotFound, "entries", r.String(), "there is no entry %s", r)
		}
		events[i], messages[i] = m.Entry(r.Change), m
	}
	b, err := mocksender.NewBatch(events...)
	if err != nil {
		return nil, err
	}
	t.settings.LastDelivery++
	d := &Delivery{
		ID: t.settings.LastDelivery, Outcome: Waiting, Entries: slices.Clone(refs), Body: b.Body(),
		CreatedAt: t.now.UTC(), Due: t.now.UTC(),
	}
	if t.s.sender.Profile == mocksender.Profile2026 {
		d.RequestID = t.s.key(d.ID, t.now)
	}
	for i, m := range messages {
		c := &m.History[refs[i].Change]
		c.Waiting = max(0, c.Waiting-1)
		c.Deliveries = append(slices.Clip(c.Deliveries), d.ID)
	}
	t.deliveries[d.ID] = d
	return d, nil
}

// key is a UUID that follows from the seed, and is not made twice.
func (s *Service) key(id uint64, now time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, s.config.Seed)
	b = binary.BigEndian.AppendUint64(b, id)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(now.UnixNano())))
	u, _ := uuid.FromBytes(sum[:16]) // the length is right
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}

// startReady begins the next attempts, as many as there are connections.
func (t *tx) startReady() error {
	slots := t.s.sender.MaxConns - t.s.loop.running + t.ended
	for len(t.ready) > 0 && slots > 0 {
		d, err := t.delivery(t.ready[0])
		if err != nil {
			return err
		}
		t.ready = t.ready[1:]
		if d == nil || d.Outcome != Waiting || d.isRunning() {
			continue
		}
		slots--
		t.start(d)
	}
	return nil
}

func (t *tx) start(d *Delivery) {
	n := len(d.Attempts) + 1
	lost := t.settings.Faults.LoseNextAck
	fault := t.settings.Faults.of(t.s.draw("fault", strconv.FormatUint(d.ID, 10), strconv.Itoa(n)), t.now)
	t.other = t.other || lost != t.settings.Faults.LoseNextAck
	a := Attempt{Number: n, Start: t.now.UTC(), Running: true}
	if fault != nil {
		a.Fault = fault.Name()
	}
	d.Attempts = append(d.Attempts, a)
	t.starts = append(t.starts, start{d.ID, n, t.s.request(d), fault})
}

// request is what the delivery's attempts send.
func (s *Service) request(d *Delivery) mocksender.Request {
	q := s.sender.Request(mocksender.Batch{})
	q.Body = d.Body
	if d.RequestID != "" {
		q.Set("X-Idempotency-Key", d.RequestID)
	}
	return q
}

// attempt makes one attempt, and has what came of it kept.
func (s *Service) attempt(x start) {
	defer s.loop.attempts.Done()
	a := s.sender.Attempt(s.loop.ctx, x.request, x.fault)
	for {
		err := s.do(context.Background(), func(t *tx) error { return t.ends(x, a) })
		var failed *StoreError
		if !errors.As(err, &failed) || s.config.Clock.Sleep(s.loop.ctx, storePause) != nil {
			return
		}
	}
}

func (t *tx) ends(x start, a mocksender.Attempt) error {
	d, err := t.delivery(x.delivery)
	if err != nil {
		return &StoreError{err}
	}
	t.ended++
	if d == nil {
		return nil // reset meanwhile
	}
	if t.s.loop.ctx.Err() != nil && !a.Acknowledged() {
		a.Err = errors.New(interrupted)
	}
	if mocksender.Local(a.Err) != nil { // it says nothing of the receiver, and costs no attempt
		d.Attempts, d.Due = d.Attempts[:len(d.Attempts)-1], t.now.Add(storePause)
		t.after(d.Due, attemptDue, ref{message: d.ID})
		return nil
	}
	d.end(a, t.s.waits)
	if d.Outcome == Waiting {
		t.after(d.Due, attemptDue, ref{message: d.ID})
	}
	if next, ok := t.s.loop.chain[d.ID]; ok && x.number == 1 {
		t.ready = append(t.ready, next)
	}
	return nil
}

// Preview is the delivery's request as it may be shown: without the secret, and
// as a command for a shell. Nothing is sent.
func (s *Service) Preview(d *Delivery) mocksender.Attempt { return s.sender.Preview(s.request(d)) }

// Resend sends the delivery's request again, under a new id.
func (s *Service) Resend(ctx context.Context, delivery uint64) (*Delivery, error) {
	var again *Delivery
	err := s.do(ctx, func(t *tx) error {
		old, err := t.delivery(delivery)
		if err != nil {
			return err
		}
		if old == nil {
			return refusal(http.StatusNotFound, "delivery", delivery, "there is no delivery %d", delivery)
		}
		t.settings.LastDelivery++
		again = &Delivery{ID: t.settings.LastDelivery, Outcome: Waiting, Entries: old.Entries, Body: old.Body,
			CreatedAt: t.now.UTC(), Due: t.now.UTC()}
		if old.RequestID != "" {
			again.RequestID = t.s.key(again.ID, t.now)
		}
		t.deliveries[again.ID] = again
		for _, r := range old.Entries {
			if m, err := t.message(r.Message); err == nil && m != nil && r.Change < len(m.History) {
				c := &m.History[r.Change]
				c.Deliveries = append(slices.Clip(c.Deliveries), again.ID)
			}
		}
		t.ready = append(t.ready, again.ID)
		again = again.clone()
		return nil
	})
	return again, err
}

// Send sends the entries in requests as given, each request's first attempt
// after the former one's, whether they wait in the queue or were sent before.
func (s *Service) Send(ctx context.Context, requests [][]Ref) ([]*Delivery, error) {
	var sent []*Delivery
	for i, r := range requests {
		if len(r) < 1 || len(r) > mocksender.MaxBatch {
			return nil, refusal(http.StatusBadRequest, fmt.Sprintf("requests[%d]", i), len(r),
				"request %d has %d entries: want 1 to %d", i+1, len(r), mocksender.MaxBatch)
		}
	}
	err := s.do(ctx, func(t *tx) error {
		if err := t.exist(requests); err != nil {
			return err
		}
		out := map[ref]int{}
		t.chain = map[uint64]uint64{}
		for i, refs := range requests {
			d, err := t.deliverEntries(refs)
			if err != nil {
				return err
			}
			if i == 0 {
				t.ready = append(t.ready, d.ID)
			} else {
				d.After = sent[i-1].ID
				t.chain[d.After] = d.ID
			}
			sent = append(sent, d)
			for _, r := range refs {
				out[ref{r.Message, uint32(r.Change), false}]++
			}
		}
		t.queue = slices.DeleteFunc(slices.Clone(t.queue), func(r ref) bool {
			r.struck = false
			out[r]--
			return out[r] >= 0
		})
		for i := range sent {
			sent[i] = sent[i].clone()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sent, nil
}

// exist is the refusal of an entry that is not there.
func (t *tx) exist(requests [][]Ref) error {
	for _, refs := range requests {
		for _, r := range refs {
			m, err := t.message(r.Message)
			if err != nil {
				return err
			}
			if m == nil || r.Change < 0 || r.Change >= len(m.History) {
				return refusal(http.StatusNotFound, "entries", r.String(), "there is no entry %s", r)
			}
		}
	}
	return nil
}

// Queue are the entries that wait, in the order in which they will be sent; at
// most limit of them, and how many there are.
func (s *Service) Queue(ctx context.Context, limit int) (entries []Ref, total int, err error) {
	err = s.do(ctx, func(t *tx) error {
		total = len(t.queue)
		for _, r := range t.queue[:min(limit, total)] {
			entries = append(entries, r.public())
		}
		return nil
	})
	return entries, total, err
}

// Hold keeps entries in the queue until Release; those of before and new ones.
func (s *Service) Hold(ctx context.Context) error {
	return s.do(ctx, func(t *tx) error {
		t.settings.Held, t.other = true, true
		return nil
	})
}

// Release ends a hold: what waits is sent, the named entries first and in their
// order, up to batch entries a request; 0 is MaxBatch. Each request's first
// attempt comes after the former one's.
func (s *Service) Release(ctx context.Context, first []Ref, batch int) ([]*Delivery, error) {
	if batch < 0 || batch > mocksender.MaxBatch {
		return nil, refusal(http.StatusBadRequest, "batch", batch,
			"batch is %d: want 1 to %d", batch, mocksender.MaxBatch)
	}
	if batch == 0 {
		batch = mocksender.MaxBatch
	}
	entries, total, err := s.Queue(ctx, maxQueue)
	if err != nil {
		return nil, err
	}
	if total > maxQueue {
		batch = mocksender.MaxBatch // the rest goes as it would have
	}
	named := map[Ref]int{}
	for _, r := range first {
		named[r]++
	}
	rest := slices.DeleteFunc(entries, func(r Ref) bool { named[r]--; return named[r] >= 0 })
	requests := slices.Collect(slices.Chunk(append(slices.Clone(first), rest...), batch))
	sent, err := s.Send(ctx, requests)
	if err != nil {
		return nil, err
	}
	return sent, s.do(ctx, func(t *tx) error {
		t.settings.Held, t.other, t.flush = false, true, true
		return nil
	})
}

// maxQueue is how many entries are released in an order of their own.
const maxQueue = 10_000
