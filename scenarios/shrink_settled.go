package scenarios

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ctxpush/ctxpush/mocksender"
)

// sound is s without what has lost its meaning: empty batches, messages and
// members of which nothing is sent, and expectations that do not follow from
// what is sent, or that the contract leaves open.
func sound(s Scenario, id Identity) Scenario {
	s = clone(s)
	s.Steps = slices.DeleteFunc(s.Steps, func(step Step) bool {
		return step.Batch != nil && len(step.Batch) == 0
	})
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Together == nil {
			continue
		}
		step.Together = slices.DeleteFunc(step.Together, func(b Step) bool { return b.Batch != nil && len(b.Batch) == 0 })
		if len(step.Together) == 1 && step.Restart == "" && step.Outage == "" {
			*step = step.Together[0]
		}
	}
	s.Steps = slices.DeleteFunc(s.Steps, func(step Step) bool { return step.Together != nil && len(step.Together) == 0 })
	s = unused(s)
	supported := func(until []Step, expect []Expectation) []Expectation {
		return slices.DeleteFunc(expect, func(e Expectation) bool { return !supports(s, until, expect, e, id) })
	}
	for i := range s.Steps {
		if s.Steps[i].Expect != nil {
			s.Steps[i].Expect = supported(s.Steps[:i], slices.Clone(s.Steps[i].Expect))
		}
	}
	s.Expect = supported(s.Steps, s.Expect)
	s.Steps = slices.DeleteFunc(s.Steps, func(step Step) bool {
		return step.Expect != nil && len(step.Expect) == 0 || step.Provided != nil && len(step.Provided) == 0
	})
	return s
}

// unused is s without the messages, and the members of groups, of which nothing
// is sent. Members are counted anew. Steps are entry by entry here.
func unused(s Scenario) Scenario {
	used := map[string]map[int]bool{}
	for _, step := range s.sends() {
		for _, ref := range step.Batch {
			if used[ref.Message] == nil {
				used[ref.Message] = map[int]bool{}
			}
			used[ref.Message][ref.From] = true
		}
	}
	liked := map[string]bool{}
	for i := len(s.Messages) - 1; i >= 0; i-- { // a message is like one above it
		m := s.Messages[i]
		switch {
		case used[m.Name] == nil && !liked[m.Name] && len(s.Messages) > 1:
			s.Messages = slices.Delete(s.Messages, i, i+1)
			s.Expect = without(s.Expect, m.Name)
			for j := range s.Steps {
				s.Steps[j].Expect = without(s.Steps[j].Expect, m.Name)
				s.Steps[j].Provided = without(s.Steps[j].Provided, m.Name)
			}
		case m.Like != "":
			liked[m.Like] = true
		}
	}
	for i := range s.Messages {
		// Members of messages that are alike belong together by their places.
		if m := &s.Messages[i]; m.Count > 1 && m.Like == "" && !liked[m.Name] {
			members := slices.Sorted(maps.Keys(used[m.Name]))
			renumber(&s, m.Name, members)
			m.Count = max(1, len(members))
		}
	}
	return s
}

// without is expect without the message's; nil stays nil.
func without(expect []Expectation, message string) []Expectation {
	return slices.DeleteFunc(expect, func(e Expectation) bool { return e.Message == message })
}

func renumber(s *Scenario, message string, members []int) {
	for _, step := range s.sends() {
		for i := range step.Batch {
			if ref := &step.Batch[i]; ref.Message == message {
				place, _ := slices.BinarySearch(members, ref.From)
				ref.From, ref.To = place+1, place+1
			}
		}
	}
}

// arrived is what the receiver was told of one message.
type arrived struct {
	last      map[string]int // by device: the place of the last change sent, in its history
	cancelled bool
}

// supports tells whether what is sent in the steps settles the expectation, for
// each member of its message.
func supports(s Scenario, steps []Step, expect []Expectation, e Expectation, id Identity) bool {
	m := s.Message(e.Message)
	took, may := taken(*m, steps, Acknowledge), taken(*m, steps, Anything)
	if e.Status == "" {
		return len(took) == 0 && len(may) == 0
	}
	for member := 1; member <= m.Count; member++ {
		// What may have been taken or not must not matter.
		if !may[member].within(took[member]) || !follows(s, *m, took[member], expect, e, id) {
			return false
		}
	}
	return true
}

func (a arrived) within(b arrived) bool {
	for device, last := range a.last {
		if most, ok := b.last[device]; !ok || last > most {
			return false
		}
	}
	return !a.cancelled || b.cancelled
}

// taken is what the steps with that answer tell of the members of m, by their
// places; those of which nothing is told are left out.
func taken(m Message, steps []Step, answer Answer) map[int]arrived {
	all := map[int]arrived{}
	s := Scenario{Steps: steps}
	for _, step := range s.sends() {
		if cmp.Or(step.Answer, Acknowledge) != answer {
			continue
		}
		for _, ref := range step.Batch {
			if ref.Message != m.Name {
				continue
			}
			a, ok := all[ref.From]
			if !ok {
				a.last = map[string]int{}
			}
			if ref.Status == mocksender.Cancelled {
				a.cancelled = true
			}
			for _, d := range m.Devices {
				for i, c := range d.History {
					if before, ok := a.last[d.Name]; ref.Device == d.Name && ref.Status == c.Status && (!ok || i > before) {
						a.last[d.Name] = i
					}
				}
			}
			all[ref.From] = a
		}
	}
	return all
}

// follows tells whether the state that e expects is the oracle's, of a message
// whose history ends with what was taken of it.
func follows(s Scenario, m Message, took arrived, expect []Expectation, e Expectation, id Identity) bool {
	if len(took.last) == 0 && !took.cancelled {
		return false
	}
	if id == ByUser && e.Device != "" {
		id = ByDevice // is not asked for, but should be right for those who ask
	}
	so := m
	so.Devices = nil
	if !took.cancelled {
		so.Cancelled = nil
	}
	c := Cast{scenario: s, groups: sameNames(s)}
	for _, d := range m.Devices {
		last, told := took.last[d.Name]
		switch {
		case told:
			so.Devices = append(so.Devices, Device{d.Name, d.History[:last+1]})
		case id == ByDevice && c.means(e, d.Name, expect) && c.seen(m.Name, d.Name):
			return false // is asked for, and nobody knows what it is by then
		case took.cancelled:
			so.Devices = append(so.Devices, Device{Name: d.Name})
		}
	}
	asked := false
	for _, f := range FinalState(so, id) {
		if _, told := took.last[f.Device]; id == ByDevice && (!told || !c.means(e, f.Device, expect)) {
			continue // is not asked for
		}
		asked = true
		if f.Open != "" || f.Change.Status != e.Status {
			return false
		}
	}
	return asked
}

// sameNames are groups of which each name has a key of its own.
func sameNames(s Scenario) map[string][]member {
	groups := make(map[string][]member, len(s.Messages))
	for _, m := range s.Messages {
		groups[m.Name] = []member{{key: mocksender.Key{IdempotencyKey: m.Name}}}
	}
	return groups
}

// hasTwins tells whether two of the scenario's names stand for one message, at
// times that a key's lifetime does not separate.
func hasTwins(s Scenario) bool {
	for _, m := range s.Messages {
		if m.isTwin() && m.After < mocksender.KeyLifetime {
			return true
		}
	}
	return false
}

// clone is a copy of which nothing is shared that Shrink changes.
func clone(s Scenario) Scenario {
	s.Messages = slices.Clone(s.Messages)
	for i := range s.Messages {
		m := &s.Messages[i]
		m.Differs, m.Lengths, m.Keys = maps.Clone(m.Differs), maps.Clone(m.Lengths), maps.Clone(m.Keys)
		m.Devices = slices.Clone(m.Devices)
		for j := range m.Devices {
			m.Devices[j].History = slices.Clone(m.Devices[j].History)
		}
		if m.Cancelled != nil {
			c := *m.Cancelled
			m.Cancelled = &c
		}
	}
	s.Steps = cloneSteps(s.Steps)
	s.Expect = slices.Clone(s.Expect)
	return s
}

func cloneSteps(steps []Step) []Step {
	steps = slices.Clone(steps)
	for i := range steps {
		step := &steps[i]
		step.Batch, step.Expect, step.Provided = slices.Clone(step.Batch), slices.Clone(step.Expect), slices.Clone(step.Provided)
		step.Faults, step.Proxy = slices.Clone(step.Faults), slices.Clone(step.Proxy)
		step.Headers, step.Add = slices.Clone(step.Headers), slices.Clone(step.Add)
		step.Together = cloneSteps(step.Together)
	}
	return steps
}
