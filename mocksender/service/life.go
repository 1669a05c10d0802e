package service

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

const (
	// traditionalDelay is how long a push takes that goes out at once.
	traditionalDelay = 100 * time.Millisecond
	// openWithin is the time after a delivery in which messages are opened.
	openWithin = time.Hour
	// fallback is the share of planned context_aware messages that find no good
	// moment.
	fallback = 0.1
	// maxMadeUp is the most devices that a made-up user has.
	maxMadeUp = 3
)

// draw is a number in [0, 1) that follows from the seed and what it is for.
func (s *Service) draw(what string, parts ...string) float64 {
	h := fnv.New64a()
	h.Write(binary.BigEndian.AppendUint64(nil, s.config.Seed))
	for _, p := range append(parts, what) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write([]byte(p))
	}
	// FNV leaves the high bits of short texts alike; the finalizer of SplitMix64
	// spreads them.
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

func (s *Service) drawFor(what string, m *Message) float64 {
	return s.draw(what, m.CampaignID, m.UserID, m.IdempotencyKey, m.ScheduledAt.Format(time.RFC3339Nano))
}

// madeUp are the devices of a user who was given none: one to three.
func (s *Service) madeUp(user string) []Device {
	devices := make([]Device, 1+int(s.draw("devices", user)*maxMadeUp))
	for i := range devices {
		seed := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.config.Seed), uint64(i))
		token := sha256.Sum256(append(seed, user...))
		devices[i].Token = hex.EncodeToString(token[:])
	}
	return devices
}

// method is what a message is planned as where its request leaves it open.
func (s *Service) method(user string) mocksender.DeliveryMethod {
	if s.draw("method", user) < 0.5 {
		return mocksender.ContextAware
	}
	return mocksender.Traditional
}

// moment is when a message is delivered that is scheduled now.
func (s *Service) moment(m *Message) time.Time {
	within := time.Duration(m.DeliverWithinHours * float64(time.Hour))
	switch {
	case m.PlannedDeliveryMethod == mocksender.Traditional || within < traditionalDelay:
		return m.ScheduledAt.Add(traditionalDelay)
	case s.fallsBack(m):
		return m.ScheduledAt.Add(within)
	}
	return m.ScheduledAt.Add(traditionalDelay + time.Duration(s.drawFor("moment", m)*float64(within-traditionalDelay)))
}

func (s *Service) fallsBack(m *Message) bool { return s.drawFor("fallback", m) < fallback }

// step does a message's next step, if it is still the one that was due.
func (t *tx) step(d due) error {
	m, err := t.message(d.message)
	if err != nil || m == nil || !m.Next.Equal(d.at()) {
		return err
	}
	if m.isPending() {
		return t.deliver(m, d.at())
	}
	for _, state := range m.Devices {
		if state.DeliveryStatus == mocksender.Delivered && state.DeviceToken == t.s.opener(m) {
			t.enqueue(m, m.change(state.DeviceToken, mocksender.Opened, state.DeliveryMethod, d.at()))
		}
	}
	m.Next = time.Time{}
	return nil
}

// deliver sends the message to each device on which it is pending.
func (t *tx) deliver(m *Message, at time.Time) error {
	devices, err := t.devicesOf(m.UserID)
	if err != nil {
		return err
	}
	dead := map[string]bool{}
	for _, d := range devices {
		dead[d.Token] = d.Dead
	}
	by := m.PlannedDeliveryMethod
	if by == mocksender.ContextAware && t.s.fallsBack(m) {
		by = mocksender.Traditional
	}
	m.Next = time.Time{}
	for _, state := range m.Devices {
		if state.DeliveryStatus != mocksender.Pending {
			continue
		}
		status := mocksender.Delivered
		if dead[state.DeviceToken] {
			status = mocksender.Failed
		}
		t.enqueue(m, m.change(state.DeviceToken, status, by, at))
	}
	if m.DeliveryStatus == mocksender.Delivered && t.s.drawFor("open", m) < t.s.config.OpenRate {
		m.Next = at.Add(time.Second + time.Duration(t.s.drawFor("opened", m)*float64(openWithin))).Truncate(time.Millisecond)
		t.after(m.Next, stepDue, ref{message: m.ID})
	}
	return nil
}

// opener is the device on which a message would be opened.
func (s *Service) opener(m *Message) string {
	var alive []string
	for _, d := range m.Devices {
		if d.DeliveryStatus == mocksender.Delivered {
			alive = append(alive, d.DeviceToken)
		}
	}
	if len(alive) == 0 {
		return ""
	}
	return alive[int(s.drawFor("opener", m)*float64(len(alive)))]
}
