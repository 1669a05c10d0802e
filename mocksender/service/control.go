package service

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Message is nil where there is none under the key. It must not be changed.
func (s *Service) Message(k mocksender.Key) (*Message, error) { return s.store.Find(k.Message()) }

// Store is where messages and deliveries are read. Only the service commits.
func (s *Service) Store() Store { return s.store }

// Deliver delivers a pending message now.
func (s *Service) Deliver(ctx context.Context, k mocksender.Key) (*Message, error) {
	return s.act(ctx, k, func(t *tx, m *Message) error {
		if !m.isPending() || len(m.Devices) == 0 {
			return settled(m, "delivered")
		}
		return t.deliver(m, t.now)
	})
}

// Open opens a message now on a device; one that is pending is delivered before.
// An empty device is any.
func (s *Service) Open(ctx context.Context, k mocksender.Key) (*Message, error) {
	return s.act(ctx, k, func(t *tx, m *Message) error {
		if len(m.Devices) == 0 || m.DeliveryStatus == mocksender.Cancelled || m.DeliveryStatus == mocksender.Failed {
			return settled(m, "opened")
		}
		if m.isPending() {
			if err := t.deliver(m, t.now); err != nil {
				return err
			}
		}
		m.Next = time.Time{}
		for _, d := range m.Devices {
			if d.DeliveryStatus == mocksender.Delivered && (k.DeviceToken == d.DeviceToken || k.DeviceToken == "") {
				t.enqueue(m, m.change(d.DeviceToken, mocksender.Opened, d.DeliveryMethod, t.now))
				return nil
			}
		}
		return settled(m, "opened")
	})
}

// Fail lets a pending message fail now on a device; an empty one is all.
func (s *Service) Fail(ctx context.Context, k mocksender.Key) (*Message, error) {
	return s.act(ctx, k, func(t *tx, m *Message) error {
		failed := false
		for _, d := range m.Devices {
			if d.DeliveryStatus == mocksender.Pending && (k.DeviceToken == d.DeviceToken || k.DeviceToken == "") {
				t.enqueue(m, m.change(d.DeviceToken, mocksender.Failed, d.DeliveryMethod, t.now))
				failed = true
			}
		}
		if !failed {
			return settled(m, "failed")
		}
		return t.goOn(m)
	})
}

// goOn delivers the message on the devices that are left, once one has failed.
func (t *tx) goOn(m *Message) error {
	for _, d := range m.Devices {
		if d.DeliveryStatus == mocksender.Pending {
			return t.deliver(m, t.now)
		}
	}
	m.Next = time.Time{}
	return nil
}

func settled(m *Message, what string) error {
	return refusal(http.StatusConflict, "delivery_status", string(m.DeliveryStatus),
		"message %q is %s on %d devices: it can't be %s there",
		shown(m.IdempotencyKey), m.DeliveryStatus, len(m.Devices), what)
}

// Faults are what goes wrong on purpose at present.
func (s *Service) Faults(ctx context.Context) (f Faults, err error) {
	settings, err := s.Settings(ctx)
	return settings.Faults, err
}

// SetFaults holds from now on.
func (s *Service) SetFaults(ctx context.Context, f Faults) error {
	if err := f.Validate(); err != nil {
		return refusal(http.StatusBadRequest, "faults", nil, "%v", err)
	}
	return s.do(ctx, func(t *tx) error {
		t.settings.Faults, t.other = f, true
		return nil
	})
}

// Settings are those that hold, and the service's time.
func (s *Service) Settings(ctx context.Context) (c Settings, err error) {
	err = s.do(ctx, func(t *tx) error {
		c = t.settings
		c.Now = t.now
		return nil
	})
	return c, err
}

// Devices are a user's devices.
func (s *Service) Devices(user string) ([]Device, error) {
	devices, ok, err := s.store.Devices(user)
	if ok || err != nil {
		return devices, err
	}
	return s.madeUp(user), nil
}

// SetDevices gives a user these devices from now on, or none. Messages that are
// scheduled keep theirs; whether a token is dead is seen when they are delivered.
func (s *Service) SetDevices(ctx context.Context, user string, devices []Device) error {
	if user == "" {
		return refusal(http.StatusBadRequest, "user_id", user, "user_id is empty: want a text")
	}
	if err := checkID("user_id", user); err != nil {
		return err
	}
	if len(devices) > mocksender.MaxBatch {
		return refusal(http.StatusBadRequest, "devices", len(devices),
			"%d devices: want at most %d", len(devices), mocksender.MaxBatch)
	}
	seen := map[string]bool{}
	for i, d := range devices {
		field := fmt.Sprintf("devices[%d].device_token", i)
		if d.Token == "" || seen[d.Token] {
			return refusal(http.StatusBadRequest, field, d.Token,
				"%s is %q: want a token that no other device has", field, shown(d.Token))
		}
		if err := checkID(field, d.Token); err != nil {
			return err
		}
		seen[d.Token] = true
	}
	return s.do(ctx, func(t *tx) error {
		t.devices[user] = append([]Device{}, devices...)
		t.other = true
		return nil
	})
}

// latest is the last time that the clock can be advanced to: timestamps have
// years of four digits.
var latest = time.Date(9990, 1, 1, 0, 0, 0, 0, time.UTC)

// Advance moves the service's time on by d, and returns when all that came due
// on the way has happened, each at its time, retries included.
func (s *Service) Advance(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return refusal(http.StatusBadRequest, "by", d.String(), "by is %v: want a time above 0, such as 2h", d)
	}
	over := make(chan error, 1)
	err := s.do(ctx, func(t *tx) error {
		to := t.now.Add(d)
		if to.After(latest) {
			return refusal(http.StatusBadRequest, "by", d.String(),
				"by is %v: want a time that ends before %d", d, latest.Year())
		}
		if t.s.loop.leap != nil || t.leap != nil {
			return refusal(http.StatusConflict, "by", d.String(),
				"the clock is advancing already: want one advance at a time")
		}
		t.leap, t.other = &leap{to, over}, true
		return nil
	})
	if err != nil {
		return err
	}
	select {
	case err := <-over:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reset forgets all messages, deliveries, devices, faults and holds. The clock
// goes on, and ids are not given again.
func (s *Service) Reset(ctx context.Context) error {
	return s.do(ctx, func(t *tx) error {
		t.clear()
		t.reset, t.queue, t.ready, t.dues, t.starts = true, nil, nil, nil, nil
		t.settings.Held, t.settings.Faults = false, Faults{}
		return nil
	})
}
