package service_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/internal/strict"
	"github.com/ctxpush/ctxpush/mocksender/service"
)

// What a service tells of many messages' lives is what it knows of them, with
// and without faults, and all of it holds to the contract.
func TestLives(t *testing.T) {
	for name, faults := range map[string]service.Faults{
		"calm":  {},
		"storm": {Duplicate: 0.2, Reorder: 0.3, Drop: 0.3, LostAck: 0.1, Slow: 0.05, Reset: 0.05},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { live(t, faults) })
		})
	}
}

func live(t *testing.T, faults service.Faults) {
	r := newReceiver(t)
	r.cuts = faults.Reset > 0
	s := start(t, r, service.Config{Seed: 7, Faults: &faults})
	const n = 300
	for i := range n {
		if i%10 == 3 {
			devices := []service.Device{{Token: "alive" + fmt.Sprint(i)}, {Token: "dead" + fmt.Sprint(i), Dead: true}}
			if err := s.SetDevices(t.Context(), fmt.Sprintf("user-%d", i), devices[i/10%2:]); err != nil {
				t.Fatal(err)
			}
		}
		m := schedule(t, s, request(i))
		if i%7 == 0 && m.PlannedDeliveryMethod == mocksender.ContextAware {
			time.Sleep(time.Second)
			if _, err := s.Cancel(t.Context(), m.Key()); err != nil {
				t.Fatal(err)
			}
		}
	}
	time.Sleep(10 * time.Hour)
	synctest.Wait()

	seen := map[mocksender.DeliveryStatus]int{}
	told := r.final()
	all, err := s.Store().Messages(service.Query{})
	if err != nil || len(all) != n {
		t.Fatalf("%d messages, %v: want %d", len(all), err, n)
	}
	for _, m := range all {
		seen[m.DeliveryStatus]++
		k := m.Key()
		if m.DeliveryStatus != mocksender.Cancelled {
			for _, d := range m.Devices {
				k.DeviceToken = d.DeviceToken
				if told[k] != string(d.DeliveryStatus) {
					t.Errorf("%s is %s, the webhook was told %q", k, d.DeliveryStatus, told[k])
				}
			}
		} else if told[k] != "cancelled" {
			t.Errorf("%s is cancelled, the webhook was told %q", k, told[k])
		}
		if m.Waiting() != 0 || !m.Next.IsZero() {
			t.Errorf("%s: %d entries wait, next step %v: want an end", k, m.Waiting(), m.Next)
		}
		if m.PlannedDeliveryMethod == mocksender.ContextAware && m.Devices[0].Timestamp.Sub(m.ScheduledAt) > 6*time.Hour {
			t.Errorf("%s: changed %v after it was scheduled", k, m.Devices[0].Timestamp.Sub(m.ScheduledAt))
		}
	}
	for _, status := range []mocksender.DeliveryStatus{mocksender.Delivered, mocksender.Opened, mocksender.Cancelled, mocksender.Failed} {
		if seen[status] == 0 {
			t.Errorf("no message is %s: %v", status, seen)
		}
	}
	for _, attempts := range r.attempts {
		if faults == (service.Faults{}) {
			if err := strict.Attempts(attempts, false); err != nil {
				t.Error(err)
			}
		}
	}
	stop(t, s, r)
}

// A webhook that never answers 2xx gets eleven attempts over two hours, each at
// its time, and no more.
func TestRetries(t *testing.T) {
	for _, profile := range []mocksender.Profile{mocksender.Profile2025, mocksender.Profile2026} {
		t.Run(string(profile), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReceiver(t)
				r.answer = func(int) int { return 503 }
				s := start(t, r, service.Config{Seed: 1, OpenRate: -1, Setup: func(s *mocksender.Sender) { s.Profile = profile }})
				schedule(t, s, request(1))
				time.Sleep(24 * time.Hour)
				checkDropped(t, s, r)
				stop(t, s, r)
			})
		})
	}
}

// checkDropped sees that all deliveries were dropped after the contract's
// attempts at the contract's times.
func checkDropped(t *testing.T, s *service.Service, r *receiver) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	deliveries, err := s.Store().Deliveries(service.DeliveryQuery{Outcome: service.Dropped})
	if err != nil || len(deliveries) == 0 || len(deliveries) != len(r.attempts) {
		t.Fatalf("%d deliveries are dropped, %d came (%v): want as many, some", len(deliveries), len(r.attempts), err)
	}
	for _, attempts := range r.attempts {
		if err := errors.Join(strict.Attempts(attempts, true), strict.OnTime(attempts)); err != nil {
			t.Error(err)
		}
	}
	for _, d := range deliveries {
		for i, a := range d.Attempts {
			if a.Number != i+1 || a.Status != 503 || a.Running {
				t.Errorf("attempt %d: %+v", i+1, a)
			}
		}
	}
}

// A service that ends in the middle goes on where it was: no attempt number
// comes twice, and retries come at their due time.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		r.answer = func(int) int { return 503 }
		store := service.Memory()
		for _, life := range []time.Duration{100 * time.Millisecond, 3 * time.Second, time.Minute, 4 * time.Hour, 24 * time.Hour} {
			s := start(t, r, service.Config{Seed: 1, OpenRate: -1, Store: store})
			schedule(t, s, request(1)) // the same each time: it changes nothing
			time.Sleep(life)
			synctest.Wait()
			if life == 24*time.Hour {
				checkDropped(t, s, r)
			}
			stop(t, s, r)
		}
	})
}

// A service that was down longer than a batch's two hours has dropped it.
func TestLapsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		r.answer = func(int) int { return 500 }
		store := service.Memory()
		s := start(t, r, service.Config{OpenRate: -1, Store: store})
		q := request(1)
		q.DeliveryMethod = mocksender.Traditional
		schedule(t, s, q)
		time.Sleep(20 * time.Second)
		stop(t, s, r)
		time.Sleep(3 * time.Hour)
		s = start(t, r, service.Config{OpenRate: -1, Store: store})
		time.Sleep(time.Hour)
		for _, a := range r.attempts {
			if len(a) != 2 {
				t.Errorf("%d attempts: want 2", len(a))
			}
		}
		waiting, err := store.Deliveries(service.DeliveryQuery{Outcome: service.Waiting})
		if err != nil || len(waiting) > 0 {
			t.Errorf("%d deliveries wait (%v): want none", len(waiting), err)
		}
		stop(t, s, r)
	})
}

// An advance makes everything on its way happen, each at its own time.
func TestAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		r.answer = func(int) int { return 503 }
		s := start(t, r, service.Config{OpenRate: 1})
		begin := time.Now()
		q := request(1)
		q.DeliverWithinHours = 1
		schedule(t, s, q)
		if err := s.Advance(t.Context(), 5*time.Hour); err != nil {
			t.Fatal(err)
		}
		if real := time.Since(begin); real > time.Second {
			t.Errorf("the advance took %v", real)
		}
		deliveries, err := s.Store().Deliveries(service.DeliveryQuery{Outcome: service.Dropped})
		if err != nil || len(deliveries) < 2 {
			t.Fatalf("%d deliveries dropped (%v): want at least 2", len(deliveries), err)
		}
		for _, d := range deliveries {
			first, last := d.Attempts[0].Start, d.Attempts[len(d.Attempts)-1].Start
			if len(d.Attempts) != 11 || (last.Sub(first)-2*time.Hour).Abs() > time.Millisecond {
				t.Errorf("%d attempts in %v: want 11 in 2h", len(d.Attempts), last.Sub(first))
			}
		}
		m, err := s.Message(q.Key())
		if err != nil || m.DeliveryStatus != mocksender.Opened {
			t.Errorf("%v, %v: want an opened message", m, err)
		}
		settings, err := s.Settings(t.Context())
		if off := settings.Now.Sub(begin) - 5*time.Hour; err != nil || off < 0 || off > time.Second {
			t.Errorf("the time is %v off (%v)", off, err)
		}
		stop(t, s, r)
	})
}

// A held queue is released in the order that is asked for, a request each.
func TestRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		s := start(t, r, service.Config{OpenRate: -1})
		if err := errors.Join(s.Hold(t.Context()), s.SetDevices(t.Context(), "user-1", []service.Device{{Token: "a"}})); err != nil {
			t.Fatal(err)
		}
		m := schedule(t, s, request(1))
		if _, err := s.Open(t.Context(), m.Key()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		entries, total, err := s.Queue(t.Context(), 10)
		if err != nil || total != 3 || len(r.entries()) != 0 {
			t.Fatalf("%d entries wait (%v), %d came: want 3 and none", total, err, len(r.entries()))
		}
		slices.Reverse(entries)
		if _, err := s.Release(t.Context(), entries, 1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var order []string
		for _, e := range r.entries() {
			order = append(order, e.DeliveryStatus)
		}
		if want := []string{"opened", "delivered", "pending"}; !slices.Equal(order, want) || len(r.requests) != 3 {
			t.Errorf("%v came in %d requests: want %v in 3", order, len(r.requests), want)
		}
		stop(t, s, r)
	})
}

// The last request under a key is the one that is processed.
func TestSameKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		s := start(t, r, service.Config{OpenRate: -1})
		q := request(1)
		q.DeliveryMethod = mocksender.ContextAware
		first := schedule(t, s, q)
		time.Sleep(time.Millisecond)
		other := q
		other.Content = []byte(`{"title":"another","body":"text"}`)
		second := schedule(t, s, other)
		if second.ID != first.ID || string(second.Content) != string(other.Content) {
			t.Errorf("message %d with %s: want %d with the last request's", second.ID, second.Content, first.ID)
		}
		time.Sleep(5 * time.Hour)
		for _, e := range r.entries() {
			if string(e.Content) != string(other.Content) {
				t.Errorf("%s has the content %s", e.DeliveryStatus, e.Content)
			}
		}
		var refused *service.Error
		if again := schedule(t, s, other); again.DeliveryStatus != mocksender.Delivered {
			t.Errorf("the same again is %s", again.DeliveryStatus)
		}
		if _, err := s.Schedule(t.Context(), q); !errors.As(err, &refused) || refused.Code != 409 || refused.Field != "idempotency_key" {
			t.Errorf("another request after the delivery: %v: want a 409", err)
		}
		if _, err := s.Cancel(t.Context(), q.Key()); !errors.As(err, &refused) || refused.Code != 409 {
			t.Errorf("a cancel after the delivery: %v: want a 409", err)
		}
		time.Sleep(mocksender.KeyLifetime)
		if later := schedule(t, s, q); later.ID == first.ID {
			t.Error("30 days later the key names the same message")
		}
		time.Sleep(5 * time.Hour)
		stop(t, s, r)
	})
}

// A user without devices: the message waits, and can be cancelled.
func TestNoDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		s := start(t, r, service.Config{})
		if err := s.SetDevices(t.Context(), "user-1", nil); err != nil {
			t.Fatal(err)
		}
		m := schedule(t, s, request(1))
		time.Sleep(10 * time.Hour)
		if n := len(r.entries()); n != 0 {
			t.Errorf("%d entries came", n)
		}
		if m, err := s.Cancel(t.Context(), m.Key()); err != nil || m.DeliveryStatus != mocksender.Cancelled {
			t.Errorf("%v, %v: want a cancelled message", m, err)
		}
		time.Sleep(time.Minute)
		if e := r.entries(); len(e) != 1 || e[0].DeliveryStatus != "cancelled" {
			t.Errorf("%v came: want one cancelled entry", e)
		}
		stop(t, s, r)
	})
}

// An outage ends, and everything arrives.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		s := start(t, r, service.Config{OpenRate: -1, Faults: &service.Faults{OutageUntil: time.Now().Add(30 * time.Minute)}})
		q := request(1)
		q.DeliveryMethod = mocksender.Traditional
		schedule(t, s, q)
		time.Sleep(29 * time.Minute)
		if n := len(r.entries()); n != 0 {
			t.Errorf("%d entries came in the outage", n)
		}
		time.Sleep(time.Hour)
		if n := len(r.entries()); n == 0 {
			t.Error("nothing came after the outage")
		}
		stop(t, s, r)
	})
}
