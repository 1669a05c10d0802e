package agree_test

import (
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
)

// message is a new message; of its parts some are given.
func (s *script) message(change func(*mocksender.Event)) mocksender.Event {
	s.n++
	made := seed.PlainMessage(1_000_000 + s.n)
	e := mocksender.Event{
		CampaignID: made.Key.CampaignID, UserID: made.Key.UserID, IdempotencyKey: made.Key.IdempotencyKey,
		DeviceToken: seed.Token(s.n), DeliveryStatus: mocksender.Delivered, DeliveryMethod: mocksender.Traditional,
		PlannedDeliveryMethod: mocksender.ContextAware,
		Timestamp:             epoch.Add(time.Duration(s.n) * time.Minute), Content: seed.Plain(s.n),
	}
	if change != nil {
		change(&e)
	}
	return e
}

func later(e mocksender.Event, s mocksender.DeliveryStatus, by time.Duration) mocksender.Event {
	e.DeliveryStatus, e.Timestamp = s, e.Timestamp.Add(by)
	switch s {
	case mocksender.Cancelled:
		e.DeviceToken, e.DeliveryMethod = "", mocksender.MethodCancelled
	case mocksender.Pending:
		e.DeliveryMethod = e.PlannedDeliveryMethod
	default:
		e.DeliveryMethod = mocksender.Traditional
	}
	return e
}

// catalogue plays what explorations do not: one group a function.
func (s *script) catalogue() {
	for _, play := range []struct {
		group string
		do    func()
	}{
		{"secret", s.secrets}, {"request", s.heads}, {"batch", s.batches}, {"content", s.contents}, {"identity", s.keys},
		{"entry", s.fields}, {"copies", s.copies}, {"retry", s.retries}, {"restart", s.restarts}, {"order", s.orders},
	} {
		s.group = play.group
		play.do()
	}
}

func (s *script) secrets() {
	for secret := model.MissingSecret; secret <= model.OtherLengthSecret; secret++ {
		e := s.message(nil)
		r := model.NewRequest(s.entries(e)...)
		r.Secret = secret
		s.send(r)
		s.look(e.Key())
		r.Secret = model.RightSecret
		s.send(r)
		s.look(e.Key())
	}
}

func (s *script) heads() {
	for _, change := range []func(*model.Request){
		func(r *model.Request) { r.SecretHeader = "x-ctx-secret" },
		func(r *model.Request) { r.ContentType = "application/json; charset=utf-8" },
		func(r *model.Request) { r.EventType = "message_status" },
		func(r *model.Request) { r.Malformed, r.Entries = true, nil },
		func(*model.Request) {},
		func(r *model.Request) { r.Pieces = true },
	} {
		e := s.message(nil)
		r := model.NewRequest(s.entries(e)...)
		change(&r)
		s.send(r)
		if !r.Malformed {
			s.look(e.Key())
		}
	}
}

func (s *script) batches() {
	for _, size := range []int{2, 49, 50, 51, 99, 100} {
		s.batch(size, nil)
	}
	s.batch(100, func(e *mocksender.Event) { e.Content = seed.ContentOfSize(s.n, 900) })
	s.batch(100, func(e *mocksender.Event) { e.Content = seed.ContentOfSize(s.n, 4000) })
	all := mocksender.Statuses
	s.batch(10, func(e *mocksender.Event) { *e = later(*e, all[s.n%uint64(len(all))], 0) })
	s.batch(10, func(e *mocksender.Event) {
		if *e = later(*e, mocksender.Pending, 0); s.n%2 == 0 {
			*e = later(*e, mocksender.Failed, 0)
		}
	})
	e := s.message(func(e *mocksender.Event) { *e = later(*e, mocksender.Pending, 0) })
	s.sendEvents(later(e, mocksender.Opened, 3*time.Minute), later(e, mocksender.Delivered, time.Minute), e)
	s.look(e.Key())
	other := e
	other.DeviceToken += "2"
	s.sendEvents(later(other, mocksender.Opened, 3*time.Minute), later(e, mocksender.Delivered, time.Minute))
	s.look(e.Key(), other.Key())
}

// batch sends so many messages in a request. One of them is known, pending, so
// that a cancelled one can be asked for.
func (s *script) batch(size int, change func(*mocksender.Event)) {
	events := make([]mocksender.Event, size)
	asked := make([]mocksender.Key, 0, size)
	for i := range events {
		events[i] = s.message(change)
		k := events[i].Key()
		if events[i].DeliveryStatus == mocksender.Cancelled {
			p := s.message(func(p *mocksender.Event) {
				p.CampaignID, p.UserID, p.IdempotencyKey = k.CampaignID, k.UserID, k.IdempotencyKey
				*p = later(*p, mocksender.Pending, -2*time.Hour)
			})
			s.sendEvents(p)
			k = p.Key()
		}
		asked = append(asked, k)
	}
	s.sendEvents(events...)
	s.look(asked...)
}

func (s *script) contents() {
	for _, named := range slices.Concat(fixtures.Contents(), fixtures.RiskyContents()) {
		a, b := s.message(func(e *mocksender.Event) { e.Content = named.JSON }), s.message(nil)
		b.CampaignID = a.CampaignID
		s.sendEvents(a)
		s.look(a.Key())
		s.sendEvents(s.message(nil), a, b)
		s.look(b.Key())
	}
}

func (s *script) keys() {
	for _, change := range []func(*mocksender.Event){
		func(e *mocksender.Event) { e.CampaignID += "2" },
		func(e *mocksender.Event) { e.UserID += "2" },
		func(e *mocksender.Event) { e.IdempotencyKey += "2" },
		func(e *mocksender.Event) { e.DeviceToken += "2" },
		func(e *mocksender.Event) {
			e.UserID = strings.ToUpper(e.UserID) + "A"
			e.UserID = e.UserID[:len(e.UserID)-1] + "a"
		},
		func(e *mocksender.Event) { e.IdempotencyKey = strings.ToUpper(e.IdempotencyKey) },
		func(e *mocksender.Event) { e.UserID += " " },
		func(e *mocksender.Event) { e.UserID = " " + e.UserID },
	} {
		s.pair(func(*mocksender.Event) {}, change)
	}
	s.pair(func(e *mocksender.Event) { e.UserID = "e-mail" }, func(e *mocksender.Event) { e.UserID = "E-mail" })
	s.pair(func(e *mocksender.Event) { e.UserID = "caf\u00e9" }, func(e *mocksender.Event) { e.UserID = "cafe\u0301" })
	s.pair(func(e *mocksender.Event) { e.UserID = "caf\u00e9" }, func(e *mocksender.Event) { e.UserID = "cafe" })
	for _, by := range []string{":", "/", "-", "_", ""} {
		s.pair(func(e *mocksender.Event) { e.CampaignID, e.UserID = "c"+by+"x", "u" },
			func(e *mocksender.Event) { e.CampaignID, e.UserID = "c", "x"+by+"u" })
	}
	for _, n := range []int{32, 64, 128, 255} {
		for _, part := range []func(*mocksender.Event) *string{
			func(e *mocksender.Event) *string { return &e.UserID },
			func(e *mocksender.Event) *string { return &e.IdempotencyKey },
		} {
			s.pair(func(e *mocksender.Event) { *part(e) = strings.Repeat("l", n) + "1" },
				func(e *mocksender.Event) { *part(e) = strings.Repeat("l", n) + "2" })
		}
	}
	a := s.message(nil)
	b, c := a, a
	b.IdempotencyKey, c.UserID = "other"+a.IdempotencyKey, "other"+a.UserID
	pending := func(e mocksender.Event) mocksender.Event { return later(e, mocksender.Pending, -time.Minute) }
	s.sendEvents(pending(a), pending(b), pending(c))
	s.sendEvents(later(a, mocksender.Cancelled, 0))
	s.look(a.Key(), b.Key(), c.Key())
}

// pair sends two messages that differ a little.
func (s *script) pair(first, second func(*mocksender.Event)) {
	a := s.message(first)
	b := a
	second(&b)
	if s.id == model.ByUser && a.Key().Message() == b.Key().Message() {
		return
	}
	a = later(a, mocksender.Pending, 0)
	b.Timestamp = b.Timestamp.Add(time.Minute)
	s.sendEvents(a)
	s.look(a.Key())
	s.sendEvents(b)
	s.look(a.Key(), b.Key())
}

func (s *script) fields() {
	for _, status := range mocksender.Statuses {
		if status == mocksender.Cancelled {
			continue
		}
		e := s.message(func(e *mocksender.Event) {
			e.Timestamp = e.Timestamp.Add(123 * time.Millisecond)
			*e = later(*e, status, 0)
		})
		s.sendEvents(later(e, mocksender.Pending, -time.Second))
		s.sendEvents(e)
		s.look(e.Key())
	}
	e := s.message(nil)
	extra := s.entries(e)
	extra[0].Extra = true
	s.send(model.NewRequest(extra...))
	s.look(e.Key())
	e = s.message(nil)
	unknown := s.entries(e, s.message(nil))
	unknown[1].Unknown = true
	s.send(model.NewRequest(unknown...))
	s.look(e.Key())
}

func (s *script) copies() {
	e := later(s.message(nil), mocksender.Pending, 0)
	for range 3 {
		s.sendEvents(e)
	}
	s.look(e.Key())
	s.sendEvents(later(e, mocksender.Cancelled, time.Minute))
	s.sendEvents(later(e, mocksender.Cancelled, time.Minute))
	s.look(e.Key())
	d := s.message(nil)
	s.sendEvents(d, d)
	s.sendEvents(later(d, mocksender.Opened, time.Minute))
	s.sendEvents(d)
	s.look(d.Key())
	r := model.NewRequest(s.entries(d)...)
	r.RequestKey = "copy"
	s.send(r)
	s.send(r)
	s.look(d.Key())
}

func (s *script) retries() {
	a, b, c := s.message(nil), s.message(nil), s.message(nil)
	r := model.NewRequest(s.entries(a, b)...)
	r.RequestKey = "lost"
	s.add(action{requests: []model.Request{r}, lost: true})
	s.send(r)
	s.look(a.Key(), b.Key())
	s.sendEvents(a, c)
	s.look(c.Key())
	d := s.message(nil)
	s.sendEvents(d, b)
	s.look(d.Key())
	x, y := s.message(nil), s.message(nil)
	cut := model.NewRequest(s.entries(x, y)...)
	cut.RequestKey = "cut"
	whole := cut
	cut.Arrived = cut.Size * 3 / 4
	s.add(action{requests: []model.Request{cut}, lost: true})
	s.send(whole)
	s.look(x.Key(), y.Key())
}

func (s *script) restarts() {
	for _, killed := range []bool{false, true} {
		e := s.message(nil)
		s.sendEvents(later(e, mocksender.Pending, -time.Minute))
		s.sendEvents(later(e, mocksender.Opened, time.Minute))
		s.sendEvents(e)
		s.look(e.Key())
		s.restart(killed)
		s.look(e.Key())
		s.sendEvents(later(e, mocksender.Opened, time.Minute))
		s.sendEvents(e)
		s.look(e.Key())
	}
}

func (s *script) orders() {
	e := s.message(nil)
	s.sendEvents(later(e, mocksender.Opened, time.Minute))
	s.sendEvents(e)
	s.look(e.Key())
	reused := later(e, mocksender.Pending, 31*24*time.Hour)
	s.sendEvents(reused)
	s.look(e.Key())
	for _, by := range []time.Duration{3 * time.Millisecond, 20 * time.Millisecond, 2 * time.Second, 26 * time.Hour} {
		for _, backwards := range []bool{false, true} {
			e := s.message(func(e *mocksender.Event) { e.Timestamp = e.Timestamp.Add(101 * time.Millisecond) })
			pair := []mocksender.Event{e, later(e, mocksender.Opened, by)}
			if backwards {
				slices.Reverse(pair)
			}
			s.sendEvents(pair[0])
			s.sendEvents(pair[1])
			s.look(e.Key())
		}
	}
	e = s.message(func(e *mocksender.Event) { *e = later(*e, mocksender.Failed, 0) })
	s.sendEvents(e)
	s.sendEvents(later(e, mocksender.Pending, -time.Minute))
	s.look(e.Key())
}

// forgotten sends a copy of what came long ago.
func (s *script) forgotten() {
	s.group = "copies"
	e := s.message(nil)
	s.sendEvents(e)
	s.sendEvents(later(e, mocksender.Opened, time.Minute))
	for range 11 {
		var events []mocksender.Event
		for range 100 {
			events = append(events, s.message(nil))
		}
		s.sendEvents(events...)
	}
	s.sendEvents(e)
	s.look(e.Key())
}
