package conformance

import (
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// sketch is what the smallest delivery that fails looks like.
type sketch struct {
	finding
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

// causes are the likely causes, by the shape of the smallest delivery; the first
// that fits is taken, and the check's own where none does.
var causes = []struct {
	fits  func(s sketch) bool
	cause string
}{
	// A request is refused.
	{func(s sketch) bool { return s.refused() && s.limit(scenarios.ContentBytes) }, "body-limit"},
	{func(s sketch) bool { return s.refused() && s.limit(scenarios.Entries) }, "entry-limit"},
	{func(s sketch) bool { return s.refused() && s.limit(scenarios.Characters) }, "short-column"},
	{func(s sketch) bool {
		return s.refused() && s.entries == 1 && s.own[0].ref.Status == mocksender.Cancelled
	},
		"token-required"},
	{func(s sketch) bool { return s.refused() && s.requests == 1 && len(s.own) == 2 && s.entries == 2 },
		"batch-twice"},
	{func(s sketch) bool { return s.refused() && s.copies() }, "copy-refused"},

	// A state is another message's or device's.
	{func(s sketch) bool { return s.differs(scenarios.CampaignID, scenarios.Other) }, "no-campaign"},
	{func(s sketch) bool { return s.differs(scenarios.UserID, scenarios.Other) }, "no-user"},
	{func(s sketch) bool { return s.differs(scenarios.IdempotencyKey, scenarios.Other) }, "no-key"},
	{func(s sketch) bool { return s.differsAs(scenarios.Case) }, "ignores-case"},
	{func(s sketch) bool { return s.differsAs(scenarios.LastCharacter) }, "cut-key"},
	{func(s sketch) bool {
		return s.state() && s.id == scenarios.ByDevice && len(s.own) == 1 && len(s.others) == 1
	},
		"no-device"},
	{func(s sketch) bool { return s.state() && s.id == scenarios.ByUser && s.devices() },
		"devices-combined"},

	// A state is an earlier one of the same message.
	{func(s sketch) bool {
		return s.plain && s.failure.Kind == event.Lost && s.requests == 1 && s.entries == 1 && s.own[0].place > 0
	},
		"only-successor"},
	{func(s sketch) bool { return s.backwards() && s.quick }, "same-second-last"},
	{func(s sketch) bool { return s.backwards() && s.apart() }, "last-arrival-wins"},
	{func(s sketch) bool { return s.backwards() }, "last-of-batch-wins"},
	{func(s sketch) bool { return s.forwards() && s.quick }, "same-second-first"},
	{func(s sketch) bool { return s.forwards() && s.apart() }, "first-arrival-wins"},
	{func(s sketch) bool { return s.forwards() }, "first-of-batch-wins"},
	{func(s sketch) bool { return s.late() },
		"late-fields"},
	{func(s sketch) bool { return s.state() && s.requests == 2 && s.together() },
		"no-lock"},
}

// cause is the likely cause; otherwise where the delivery says no more.
func (f finding) cause(otherwise string) string {
	s := f.sketch()
	for _, c := range causes {
		if c.fits(s) {
			return c.cause
		}
	}
	return otherwise
}

func (f finding) sketch() sketch {
	s := sketch{finding: f, id: f.play.run.cfg.Target.Identity, plain: true}
	of := f.failure.Message
	for n := 1; f.Scenario.Request(n) != nil; n++ {
		step := f.Scenario.Request(n)
		s.requests++
		s.plain = s.plain && step.Raw == nil && len(step.Faults)+len(step.Proxy)+len(step.Headers)+len(step.Add) == 0 && step.Acknowledged()
		for _, ref := range scenarios.EntryRefs(f.Scenario, step.Batch) {
			s.entries++
			events := f.play.cast.Events([]scenarios.Ref{ref})
			if len(events) != 1 || events[0].Key().Message() != of.Message() {
				continue
			}
			e := sent{ref, n, placeOf(f.Scenario.Message(ref.Message), ref)}
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

// placeOf is where the entry's change stands in its message's history.
func placeOf(m *scenarios.Message, ref scenarios.Ref) int {
	longest := 0
	for _, d := range m.Devices {
		if d.Name == ref.Device {
			return slices.IndexFunc(d.History, func(c scenarios.Change) bool { return c.Status == ref.Status })
		}
		longest = max(longest, len(d.History))
	}
	return longest // it was cancelled
}

func (s sketch) refused() bool { return s.failure.Kind == event.Refused && len(s.own) > 0 }

// state tells whether a state, and its status, is wrong.
func (s sketch) state() bool {
	switch s.failure.Kind {
	case event.Stale, event.Merged, event.Invented, event.Lost, event.Reverted:
		return len(s.own) > 0 && s.failure.Field == state.Status
	}
	return false
}

func (s sketch) limit(q scenarios.Quantity) bool {
	return slices.ContainsFunc(s.Limits, func(l scenarios.Limit) bool { return l.What == q })
}

// copies tells whether the delivery is one entry, twice.
func (s sketch) copies() bool {
	return s.entries == 2 && len(s.own) == 2 && s.own[0].ref == s.own[1].ref
}

// differs tells whether a state is that of a message whose key differs in that
// part alone, in that way.
func (s sketch) differs(part scenarios.KeyPart, how scenarios.Difference) bool {
	return s.state() && slices.ContainsFunc(s.Scenario.Messages, func(m scenarios.Message) bool {
		return m.Like != "" && len(m.Differs) == 1 && m.Differs[part] == how
	})
}

func (s sketch) differsAs(how scenarios.Difference) bool {
	return slices.ContainsFunc(scenarios.KeyParts, func(p scenarios.KeyPart) bool { return s.differs(p, how) })
}

// devices tells whether entries of several devices are needed.
func (s sketch) devices() bool {
	return slices.ContainsFunc(s.own, func(e sent) bool { return e.ref.Device != s.own[0].ref.Device })
}

// pair tells whether two entries of one device do it, sent one after the other.
func (s sketch) pair() bool {
	return s.plain && s.entries == 2 && len(s.own) == 2 && (s.own[0].ref.Device == s.own[1].ref.Device || s.id == scenarios.ByDevice || s.whole())
}

// whole tells whether one of the entries is of the message on all its devices.
func (s sketch) whole() bool { return s.own[0].ref.Device == "" || s.own[1].ref.Device == "" }

// apart tells whether the two are in requests of their own.
func (s sketch) apart() bool { return s.own[0].request != s.own[1].request }

// backwards: the later change comes first, and the earlier one stays.
func (s sketch) backwards() bool {
	return s.state() && s.pair() && s.own[0].place > s.own[1].place && s.got(s.own[1])
}

// forwards: the changes come in their order, and the earlier one stays.
func (s sketch) forwards() bool {
	return s.state() && s.pair() && s.own[0].place < s.own[1].place && s.got(s.own[0])
}

// late: the later change comes first and stays, but for what else is kept of it.
func (s sketch) late() bool {
	return s.failure.Kind == event.Stale && s.failure.Field != state.Status && s.pair() && s.own[0].place > s.own[1].place
}

func (s sketch) got(e sent) bool { return s.failure.Got.Status() == e.ref.Status }

func (s sketch) together() bool {
	return slices.ContainsFunc(s.Scenario.Steps, func(step scenarios.Step) bool { return step.Together != nil })
}
