package scenarios

import (
	"encoding/json"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Want is the state in which a receiver must hold one message, or one message
// on one device, so that it can be asked for and compared.
type Want struct {
	// Message and Device are the names in the scenario.
	Message, Device string
	// Key is what the receiver is asked for.
	Key mocksender.Key
	// Status is the state; empty: the message must not be known.
	Status mocksender.DeliveryStatus
	// What is empty here is not judged.
	Method        mocksender.DeliveryMethod
	PlannedMethod mocksender.DeliveryMethod
	Timestamp     time.Time
	Content       json.RawMessage
}

// Wants are the states that the expectations mean for a receiver of that
// identity. Expectations of which the contract lets such a receiver say what it
// likes are left out: a device that was in no entry of its own, and a message
// whose device is named where the identity has none.
func (c Cast) Wants(expect []Expectation, id Identity) []Want {
	var wants []Want
	for _, e := range expect {
		m := c.scenario.Message(e.Message)
		for _, b := range c.groups[e.Message] {
			if id == ByUser {
				if e.Device == "" {
					wants = append(wants, c.want(m, b, e.Status, ""))
				}
				continue
			}
			for _, d := range m.Devices {
				if c.means(e, d.Name, expect) && (e.Status == "" || c.seen(m.Name, d.Name)) {
					wants = append(wants, c.want(m, b, e.Status, d.Name))
				}
			}
		}
	}
	return wants
}

// means says whether e is what is expected of the device: its own expectation,
// or its message's where it has none.
func (c Cast) means(e Expectation, device string, all []Expectation) bool {
	if e.Device != "" {
		return e.Device == device
	}
	for _, other := range all {
		if other.Message == e.Message && other.Device == device {
			return false
		}
	}
	return true
}

// seen says whether an entry of the device itself is ever sent that may be taken.
func (c Cast) seen(message, device string) bool {
	for _, step := range c.scenario.Steps {
		for _, batch := range append([]Step{step}, step.Together...) {
			for _, ref := range batch.Batch {
				if (batch.Answer == Acknowledge || batch.Answer == Anything) && c.sameMessage(ref.Message, message) &&
					ref.Status != mocksender.Cancelled && (ref.Device == "" || ref.Device == device) {
					return true
				}
			}
		}
	}
	return false
}

func (c Cast) sameMessage(a, b string) bool {
	return a == b || c.groups[a][0].key == c.groups[b][0].key
}

func (c Cast) want(m *Message, b member, status mocksender.DeliveryStatus, device string) Want {
	w := Want{Message: m.Name, Device: device, Key: b.key, Status: status}
	w.Key.DeviceToken = b.tokens[device]
	if status == "" {
		return w
	}
	change, sole := deciding(m, status, device)
	judge := c.scenario.Judge
	if judge.Content {
		w.Content = b.content
	}
	if judge.PlannedMethod {
		w.PlannedMethod = m.Planned
	}
	if judge.Method && sole {
		w.Method = change.Method
	}
	if judge.Timestamp && sole {
		w.Timestamp = b.scheduled.Add(change.At)
	}
	return w
}

// deciding is the change that put the message, or the device, into the state;
// sole is false where several devices' changes may have done so.
func deciding(m *Message, status mocksender.DeliveryStatus, device string) (change Change, sole bool) {
	if status == mocksender.Cancelled && m.Cancelled != nil {
		return *m.Cancelled, true
	}
	found := 0
	for _, d := range m.Devices {
		if device != "" && device != d.Name {
			continue
		}
		for _, c := range d.History {
			if c.Status == status {
				change = c
				found++
			}
		}
	}
	return change, found == 1
}
