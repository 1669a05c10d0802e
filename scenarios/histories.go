package scenarios

import (
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// The times between the changes of an explored history.
const (
	// spacingFar puts each change into a minute of its own.
	spacingFar = time.Minute
	// spacingNear puts neighbours into one second or into two, as it falls.
	spacingNear = 400 * time.Millisecond
	// spacingSame puts all changes of a message into one second. It is the
	// least: half of it, by which a second device is later, is a millisecond,
	// and within one the contract does not settle which change is the last.
	spacingSame = 2 * time.Millisecond
)

// The names in an explored message.
const (
	exploredMessage = "m"
	firstDevice     = "a"
	secondDevice    = "b"
)

// courses are what may become of a message on a device, but for a cancellation
// (the contract's final states).
var courses = [][]mocksender.DeliveryStatus{
	{mocksender.Pending},
	{mocksender.Pending, mocksender.Delivered},
	{mocksender.Pending, mocksender.Delivered, mocksender.Opened},
	{mocksender.Pending, mocksender.Failed},
}

// history is a course with its times: the changes come a spacing apart, the
// first of them late after the scheduling. What was planned context_aware is
// delivered as traditional, so that the method, too, tells which entry a
// receiver went by.
func history(course []mocksender.DeliveryStatus, planned mocksender.DeliveryMethod, spacing, late time.Duration) History {
	h := make(History, len(course))
	for i, status := range course {
		h[i] = Change{Status: status, At: late + time.Duration(i)*spacing, Method: mocksender.Traditional}
		if status == mocksender.Pending {
			h[i].Method = planned
		}
	}
	return h
}

func explored(planned mocksender.DeliveryMethod, devices ...Device) Message {
	return Message{Name: exploredMessage, Count: 1, Planned: planned, Devices: devices}
}

// oneDevice are the histories of a message on one device.
func oneDevice(spacing time.Duration) []Message {
	var all []Message
	for _, course := range courses {
		all = append(all, explored(mocksender.ContextAware,
			Device{Name: soleDevice, History: history(course, mocksender.ContextAware, spacing, 0)}))
	}
	return all
}

// traditional are the histories that only a traditional push has: without
// pending. All others it has in common with oneDevice.
func traditional(spacing time.Duration) []Message {
	var all []Message
	for _, course := range courses {
		if len(course) > 1 {
			all = append(all, explored(mocksender.Traditional,
				Device{Name: soleDevice, History: history(course[1:], mocksender.Traditional, spacing, 0)}))
		}
	}
	return all
}

// twoDevices are the histories of a message on two devices: each of one device
// beside each of the other, where the contract settles how they combine for the
// identity.
//
// The second device's changes begin when the first's are over, and between two
// of its spacings, as no two changes may lie in one millisecond. So a pair of
// histories and the same pair exchanged are two histories, not one: which device
// was the last to change differs, and a receiver that goes by the time alone is
// wrong in only one of them.
func twoDevices(spacing time.Duration, id Identity) []Message {
	var all []Message
	for _, a := range courses {
		for _, b := range courses {
			m := explored(mocksender.ContextAware,
				Device{Name: firstDevice, History: history(a, mocksender.ContextAware, spacing, 0)},
				Device{Name: secondDevice, History: history(b, mocksender.ContextAware, spacing, 5*spacing/2)})
			if settled(m, id) {
				all = append(all, m)
			}
		}
	}
	return all
}

// cancelled are the histories of a message that was cancelled before it was sent
// to its one device, or its two.
func cancelled(spacing time.Duration) []Message {
	pending := courses[0]
	end := &Change{Status: mocksender.Cancelled, At: spacing, Method: mocksender.MethodCancelled}
	one := explored(mocksender.ContextAware, Device{Name: soleDevice, History: history(pending, mocksender.ContextAware, spacing, 0)})
	two := explored(mocksender.ContextAware,
		Device{Name: firstDevice, History: history(pending, mocksender.ContextAware, spacing, 0)},
		Device{Name: secondDevice, History: history(pending, mocksender.ContextAware, spacing, spacing/2)})
	one.Cancelled, two.Cancelled = end, end
	return []Message{one, two}
}

// settled says whether the contract settles all of the message's final states.
func settled(m Message, id Identity) bool {
	for _, f := range FinalState(m, id) {
		if f.Open != "" {
			return false
		}
	}
	return true
}

// Entries are the entries that a message on its way consists of: each device's
// history, oldest first, then the cancellation. Final marks those whose arrival
// the contract guarantees: the last change of each device or, where the message
// was cancelled, the cancellation alone (clause at-least-once).
func (m Message) Entries() (entries []Ref, final []bool) {
	for _, d := range m.Devices {
		device := d.Name
		if len(m.Devices) == 1 {
			device = ""
		}
		for i, change := range d.History {
			entries = append(entries, Ref{Message: m.Name, Device: device, Status: change.Status})
			final = append(final, m.Cancelled == nil && i == len(d.History)-1)
		}
	}
	if m.Cancelled != nil {
		entries = append(entries, Ref{Message: m.Name, Status: mocksender.Cancelled})
		final = append(final, true)
	}
	return entries, final
}
