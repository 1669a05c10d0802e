package explain

import (
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// shape is what the smallest delivery that fails looks like.
type shape struct {
	smallest
	id scenarios.Identity
	// own are the entries of the message, and device, that is wrong, in the order
	// in which they were sent; others those of its other devices.
	own, others []sent
	requests    int
	entries     int
	plain       bool // one request after the other, and nothing goes wrong with them
	quick       bool // only changes that lie within a second of each other fail
}

// sent is one entry on its way.
type sent struct {
	ref     scenarios.Ref
	request int
	place   int // in its message's history
}

// quickChanges is how close two changes lie that have the same second.
const quickChanges = time.Second

// byShape are the likely causes, by the shape of the smallest delivery; the first
// that fits is taken, and the check's own where none does.
var byShape = []struct {
	fits  func(s shape) bool
	cause string
}{
	// A request is refused.
	{func(s shape) bool { return s.isRefused() && s.hasLimit(scenarios.ContentBytes) }, "body-limit"},
	{func(s shape) bool { return s.isRefused() && s.hasLimit(scenarios.Entries) }, "entry-limit"},
	{func(s shape) bool { return s.isRefused() && s.hasLimit(scenarios.Characters) }, "short-column"},
	{func(s shape) bool {
		return s.isRefused() && s.entries == 1 && s.own[0].ref.Status == mocksender.Cancelled
	},
		"token-required"},
	{func(s shape) bool { return s.isRefused() && s.requests == 1 && len(s.own) == 2 && s.entries == 2 },
		"batch-twice"},
	{func(s shape) bool { return s.isRefused() && s.isCopies() }, "copy-refused"},

	// A state is another message's or device's.
	{func(s shape) bool { return s.differs(scenarios.CampaignID, scenarios.Other) }, "no-campaign"},
	{func(s shape) bool { return s.differs(scenarios.UserID, scenarios.Other) }, "no-user"},
	{func(s shape) bool { return s.differs(scenarios.IdempotencyKey, scenarios.Other) }, "no-key"},
	{func(s shape) bool { return s.differsAs(scenarios.Case) }, "ignores-case"},
	{func(s shape) bool { return s.differsAs(scenarios.LastCharacter) }, "cut-key"},
	{func(s shape) bool {
		return s.isState() && s.id == scenarios.ByDevice && len(s.own) == 1 && len(s.others) == 1
	},
		"no-device"},
	{func(s shape) bool { return s.isState() && s.id == scenarios.ByUser && s.hasDevices() },
		"devices-combined"},

	// A state is an earlier one of the same message.
	{func(s shape) bool {
		return s.plain && s.failure.Kind == event.Lost && s.requests == 1 && s.entries == 1 && s.own[0].place > 0
	},
		"only-successor"},
	{func(s shape) bool { return s.isLaterFirst() && s.quick }, "same-second-last"},
	{func(s shape) bool { return s.isLaterFirst() && s.isApart() }, "last-arrival-wins"},
	{func(s shape) bool { return s.isLaterFirst() }, "last-of-batch-wins"},
	{func(s shape) bool { return s.isEarlierFirst() && s.quick }, "same-second-first"},
	{func(s shape) bool { return s.isEarlierFirst() && s.isApart() }, "first-arrival-wins"},
	{func(s shape) bool { return s.isEarlierFirst() }, "first-of-batch-wins"},
	{func(s shape) bool { return s.isLateFields() },
		"late-fields"},
	{func(s shape) bool { return s.isState() && s.requests == 2 && s.hasOverlap() },
		"no-lock"},
}

// causeOf is the likely cause, by its id; otherwise where the delivery says no
// more.
func causeOf(f smallest, id scenarios.Identity, otherwise string) string {
	s := f.shape(id)
	for _, c := range byShape {
		if c.fits(s) {
			return c.cause
		}
	}
	return otherwise
}

// isShown tells whether a replay has shown it.
func (f smallest) isShown() bool { return len(f.play.Scenario.Steps) > 0 }

func (f smallest) shape(id scenarios.Identity) shape {
	s := shape{smallest: f, id: id, plain: true}
	of := f.failure.Message
	for n := 1; f.Scenario.Request(n) != nil; n++ {
		step := f.Scenario.Request(n)
		s.requests++
		s.plain = s.plain && step.Raw == nil && len(step.Faults)+len(step.Proxy)+len(step.Headers)+len(step.Add) == 0 && step.Acknowledged()
		for _, ref := range scenarios.EntryRefs(f.Scenario, step.Batch) {
			s.entries++
			events := f.play.Cast.Events([]scenarios.Ref{ref})
			if len(events) != 1 || events[0].Key().Message() != of.Message() {
				continue
			}
			e := sent{ref, n, f.Scenario.Message(ref.Message).Place(ref)}
			if token := events[0].DeviceToken; of.DeviceToken == "" || token == "" || token == of.DeviceToken {
				s.own = append(s.own, e)
			} else {
				s.others = append(s.others, e)
			}
		}
	}
	for _, step := range f.Scenario.Steps {
		s.plain = s.plain && step.Restart == "" && step.Together == nil && step.Wait == 0
	}
	for _, m := range f.Scenario.Messages {
		for _, d := range m.Devices {
			for i := 1; i < len(d.History); i++ {
				s.quick = s.quick || d.History[i].At-d.History[i-1].At < quickChanges
			}
		}
	}
	return s
}

func (s shape) isRefused() bool { return s.failure.Kind == event.Refused && len(s.own) > 0 }

// isState tells whether a state, and its status, is wrong.
func (s shape) isState() bool {
	switch s.failure.Kind {
	case event.Stale, event.Merged, event.Invented, event.Lost, event.Reverted:
		return len(s.own) > 0 && s.failure.Field == state.Status
	}
	return false
}

func (s shape) hasLimit(q scenarios.Quantity) bool {
	return slices.ContainsFunc(s.Limits, func(l scenarios.Limit) bool { return l.What == q })
}

// isCopies tells whether the delivery is one entry, twice.
func (s shape) isCopies() bool {
	return s.entries == 2 && len(s.own) == 2 && s.own[0].ref == s.own[1].ref
}

// differs tells whether a state is that of a message whose key differs in that
// part alone, in that way.
func (s shape) differs(part scenarios.KeyPart, how scenarios.Difference) bool {
	return s.isState() && slices.ContainsFunc(s.Scenario.Messages, func(m scenarios.Message) bool {
		return m.Like != "" && len(m.Differs) == 1 && m.Differs[part] == how
	})
}

func (s shape) differsAs(how scenarios.Difference) bool {
	return slices.ContainsFunc(scenarios.KeyParts, func(p scenarios.KeyPart) bool { return s.differs(p, how) })
}

// hasDevices tells whether entries of several devices are needed.
func (s shape) hasDevices() bool {
	return slices.ContainsFunc(s.own, func(e sent) bool { return e.ref.Device != s.own[0].ref.Device })
}

// isPair tells whether two entries of one device do it, sent one after the other.
func (s shape) isPair() bool {
	return s.plain && s.entries == 2 && len(s.own) == 2 && (s.own[0].ref.Device == s.own[1].ref.Device || s.id == scenarios.ByDevice || s.hasWhole())
}

// hasWhole tells whether one of the entries is of the message on all its devices.
func (s shape) hasWhole() bool { return s.own[0].ref.Device == "" || s.own[1].ref.Device == "" }

// isApart tells whether the two are in requests of their own.
func (s shape) isApart() bool { return s.own[0].request != s.own[1].request }

// isLaterFirst tells that the later change comes first, and the earlier one stays.
func (s shape) isLaterFirst() bool {
	return s.isState() && s.isPair() && s.own[0].place > s.own[1].place && s.hasGot(s.own[1])
}

// isEarlierFirst tells that the changes come in their order, and the earlier one stays.
func (s shape) isEarlierFirst() bool {
	return s.isState() && s.isPair() && s.own[0].place < s.own[1].place && s.hasGot(s.own[0])
}

// isLateFields tells that the later change comes first and stays, but for what else is kept of it.
func (s shape) isLateFields() bool {
	return s.failure.Kind == event.Stale && s.failure.Field != state.Status && s.isPair() && s.own[0].place > s.own[1].place
}

func (s shape) hasGot(e sent) bool { return s.failure.Got.Status() == e.ref.Status }

func (s shape) hasOverlap() bool {
	return slices.ContainsFunc(s.Scenario.Steps, func(step scenarios.Step) bool { return step.Together != nil })
}
