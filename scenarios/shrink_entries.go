package scenarios

import "slices"

// apart is the scenario's steps with their batches entry by entry: each
// reference names one change of one message on one device.
func apart(s Scenario) []Step {
	steps := cloneSteps(s.Steps)
	split := Scenario{Messages: s.Messages, Steps: steps}
	for _, step := range split.sends() {
		if step.Batch != nil {
			step.Batch = EntryRefs(s, step.Batch)
		}
	}
	return steps
}

// EntryRefs are references to the same entries in the same order as refs, each
// to one entry.
func EntryRefs(s Scenario, refs []Ref) []Ref {
	single := []Ref{}
	for _, ref := range refs {
		m := s.Message(ref.Message)
		from, to := ref.From, ref.To
		if from == 0 {
			from, to = 1, m.Count
		}
		for member := from; member <= to; member++ {
			one := Ref{Message: ref.Message, From: member, To: member}
			for _, d := range m.Devices {
				if ref.Device != "" && ref.Device != d.Name {
					continue
				}
				for _, c := range d.History {
					if ref.Status == "" || ref.Status == c.Status {
						one.Device, one.Status = d.Name, c.Status
						single = append(single, one)
					}
				}
			}
			if c := m.Cancelled; c != nil && ref.Device == "" && (ref.Status == "" || ref.Status == c.Status) {
				one.Device, one.Status = "", c.Status
				single = append(single, one)
			}
		}
	}
	return single
}

// grouped is the scenario's steps, which are entry by entry, as people write
// them: neighbours of one group as a span, and no more of a name than it needs.
func grouped(s Scenario) []Step {
	steps := cloneSteps(s.Steps)
	short := Scenario{Messages: s.Messages, Steps: steps}
	for _, step := range short.sends() {
		if step.Batch != nil {
			step.Batch = GroupRefs(s, step.Batch)
		}
	}
	return steps
}

// GroupRefs is the opposite of EntryRefs.
func GroupRefs(s Scenario, refs []Ref) []Ref {
	short := []Ref{}
	for _, ref := range refs {
		m := s.Message(ref.Message)
		if n := len(short); n > 0 && ref.From > 0 {
			last := short[n-1]
			next := Ref{ref.Message, last.From, last.To, ref.Device, ref.Status}
			if last == next && ref.From == last.To+1 && entriesOfOne(m, ref) == 1 {
				short[n-1].To = ref.To
				continue
			}
		}
		short = append(short, ref)
	}
	for i := range short {
		ref := &short[i]
		m := s.Message(ref.Message)
		if ref.From == 1 && ref.To == m.Count {
			ref.From, ref.To = 0, 0
		}
		if len(m.Devices) == 1 {
			ref.Device = ""
		}
	}
	return short
}

// entriesOfOne is how many entries of one member the reference stands for.
func entriesOfOne(m *Message, ref Ref) int {
	ref.From, ref.To = 1, 1
	return ref.entries(m)
}

// steps takes steps away, then batches of those that go together.
func (k *shrinker) steps() {
	base := k.best
	fewer(len(base.Steps), func(keep []int) bool {
		c := base
		c.Steps = pick(base.Steps, keep)
		return k.try(c)
	})
	for i := range k.best.Steps {
		base := k.best
		if i >= len(base.Steps) || base.Steps[i].Together == nil {
			continue
		}
		fewer(len(base.Steps[i].Together), func(keep []int) bool {
			c := clone(base)
			c.Steps[i].Together = pick(base.Steps[i].Together, keep)
			return k.try(c)
		})
	}
}

func pick[T any](from []T, keep []int) []T {
	picked := make([]T, len(keep))
	for i, at := range keep {
		picked[i] = from[at]
	}
	return picked
}

// keepRefs is base without the references that are not to be kept.
func keepRefs(base Scenario, keep func(Ref) bool) Scenario {
	c := clone(base)
	for _, step := range c.sends() {
		if step.Batch != nil {
			step.Batch = slices.DeleteFunc(step.Batch, func(r Ref) bool { return !keep(r) })
		}
	}
	return c
}

// messages takes whole messages away.
func (k *shrinker) messages() {
	base := k.best
	fewer(len(base.Messages), func(keep []int) bool {
		kept := map[string]bool{}
		for _, i := range keep {
			kept[base.Messages[i].Name] = true
		}
		return k.try(keepRefs(base, func(r Ref) bool { return kept[r.Message] }))
	})
}

// members takes members of groups away, with all that is sent of them.
func (k *shrinker) members() {
	for _, m := range k.best.Messages {
		if m.Count == 1 {
			continue
		}
		base := k.best
		if base.Message(m.Name) == nil {
			continue
		}
		alike := relatives(base, m.Name)
		fewer(base.Message(m.Name).Count, func(keep []int) bool {
			kept := map[int]bool{}
			for _, i := range keep {
				kept[i+1] = true
			}
			c := keepRefs(base, func(r Ref) bool { return !alike[r.Message] || kept[r.From] })
			for i := range c.Messages {
				// Where messages are alike the first of them stay, whose places stay
				// the same.
				if r := &c.Messages[i]; len(alike) > 1 && alike[r.Name] && keep[len(keep)-1] == len(keep)-1 {
					r.Count = len(keep)
				}
			}
			return k.try(c)
		})
	}
}

// relatives are the message and all groups of the same count whose keys hang
// together with its key.
func relatives(s Scenario, name string) map[string]bool {
	found := map[string]bool{name: true}
	count := s.Message(name).Count
	for range s.Messages {
		for _, m := range s.Messages {
			if m.Like == "" || m.Count != count || s.Message(m.Like).Count != count {
				continue
			}
			if found[m.Name] || found[m.Like] {
				found[m.Name], found[m.Like] = true, true
			}
		}
	}
	return found
}

// devices takes devices of messages away, with all that is sent of them.
func (k *shrinker) devices() {
	for _, m := range k.best.Messages {
		for _, d := range m.Devices {
			base := k.best
			now := base.Message(m.Name)
			if now == nil || len(now.Devices) < 2 {
				continue
			}
			c := keepRefs(base, func(r Ref) bool { return r.Message != m.Name || r.Device != d.Name })
			gone := func(e Expectation) bool { return e.Message == m.Name && e.Device == d.Name }
			left := c.Message(m.Name)
			left.Devices = slices.DeleteFunc(left.Devices, func(o Device) bool { return o.Name == d.Name })
			c.Expect = slices.DeleteFunc(c.Expect, gone)
			for i := range c.Steps {
				if c.Steps[i].Expect != nil {
					c.Steps[i].Expect = slices.DeleteFunc(c.Steps[i].Expect, gone)
				}
			}
			k.try(c)
		}
	}
}

// entries takes single entries away, batch by batch.
func (k *shrinker) entries() {
	for i := range k.best.sends() {
		base := k.best
		sends := base.sends()
		if i >= len(sends) || len(sends[i].Batch) < 2 {
			continue
		}
		fewer(len(sends[i].Batch), func(keep []int) bool {
			c := clone(base)
			c.sends()[i].Batch = pick(sends[i].Batch, keep)
			return k.try(c)
		})
	}
}
