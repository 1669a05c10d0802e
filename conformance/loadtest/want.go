package loadtest

import (
	"time"

	"github.com/ctxpush/ctxpush/fixtures/traffic"
	"github.com/ctxpush/ctxpush/scenarios"
)

// described is the message as the oracle reads it, its times counted from the
// epoch and its devices named by their tokens.
func described(m *traffic.Message, epoch time.Time) scenarios.Message {
	change := func(c traffic.Change) scenarios.Change {
		return scenarios.Change{Status: c.Status, Method: c.Method, At: c.At.Sub(epoch)}
	}
	d := scenarios.Message{Planned: m.Planned, Devices: make([]scenarios.Device, len(m.Devices))}
	for i, device := range m.Devices {
		history := make(scenarios.History, len(device.History))
		for j, c := range device.History {
			history[j] = change(c)
		}
		d.Devices[i] = scenarios.Device{Name: device.Token, History: history}
	}
	if m.Cancelled != nil {
		c := change(*m.Cancelled)
		d.Cancelled = &c
	}
	return d
}

// wants appends the states in which a receiver of the identity must hold the
// message, and counts those that the contract leaves open.
func wants(dst []scenarios.Want, m *traffic.Message, id scenarios.Identity, epoch time.Time) (all []scenarios.Want, open int) {
	for _, f := range scenarios.FinalState(described(m, epoch), id) {
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
