package load

import (
	"time"

	"github.com/ctxpush/ctxpush/fixtures/traffic"
	"github.com/ctxpush/ctxpush/scenarios"
)

// describer makes descriptions. It holds one at a time.
type describer struct {
	devices []scenarios.Device
	changes []scenarios.Change
}

// described is the message as the oracle reads it, its times counted from the
// epoch and its devices named by their tokens.
func (r *describer) described(m *traffic.Message, epoch time.Time) scenarios.Message {
	change := func(c traffic.Change) scenarios.Change {
		return scenarios.Change{Status: c.Status, Method: c.Method, At: c.At.Sub(epoch)}
	}
	r.devices, r.changes = r.devices[:0], r.changes[:0]
	for _, device := range m.Devices {
		from := len(r.changes)
		for _, c := range device.History {
			r.changes = append(r.changes, change(c))
		}
		// Where changes moves, what earlier devices have stays as it was.
		r.devices = append(r.devices, scenarios.Device{Name: device.Token, History: r.changes[from:len(r.changes):len(r.changes)]})
	}
	d := scenarios.Message{Planned: m.Planned, Devices: r.devices}
	if m.Cancelled != nil {
		c := change(*m.Cancelled)
		d.Cancelled = &c
	}
	return d
}

// wants appends the states in which a receiver of the identity must hold the
// message, and counts those that the contract leaves open.
func (r *describer) wants(dst []scenarios.Want, m *traffic.Message, id scenarios.Identity, epoch time.Time) (all []scenarios.Want, open int) {
	for _, f := range scenarios.FinalState(r.described(m, epoch), id) {
		if f.Open != "" {
			open++
			continue
		}
		w := scenarios.Want{Key: m.Key, Device: f.Device, Status: f.Change.Status}
		w.Key.DeviceToken = f.Device
		// Where two devices have the same say, which of them the state shows is the
		// receiver's choice.
		if f.Sole {
			w.Method, w.PlannedMethod, w.Content = f.Change.Method, m.Planned, m.Content
			w.Timestamp = epoch.Add(f.Change.At)
		}
		dst = append(dst, w)
	}
	return dst, open
}
