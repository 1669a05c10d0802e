package scenarios

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
)

// shortest is the fewest characters of a key's part that Shrink asks for: all
// made-up ids are shorter, so that none is cut and taken for another.
const shortest = 64

// extras takes away or makes plain, one after the other, what is neither a
// request nor an entry.
func (k *shrinker) extras() {
	for i := range k.best.sends() {
		k.each(i, func(step *Step) int { return len(step.Faults) }, func(step *Step, at int) { step.Faults = slices.Delete(step.Faults, at, at+1) })
		k.each(i, func(step *Step) int { return len(step.Proxy) }, func(step *Step, at int) { step.Proxy = slices.Delete(step.Proxy, at, at+1) })
		k.each(i, func(step *Step) int { return len(step.Headers) }, func(step *Step, at int) { step.Headers = slices.Delete(step.Headers, at, at+1) })
		k.each(i, func(step *Step) int { return len(step.Add) }, func(step *Step, at int) { step.Add = slices.Delete(step.Add, at, at+1) })
	}
	for i := len(k.best.Steps) - 1; i >= 0; i-- {
		step := k.best.Steps[i]
		if step.Together == nil {
			continue
		}
		base := k.best
		backwards := slices.Clone(step.Together)
		slices.Reverse(backwards)
		for _, inTurn := range [][]Step{step.Together, backwards} { // one after the other
			c := base
			c.Steps = slices.Concat(base.Steps[:i], inTurn, base.Steps[i+1:])
			if k.try(c) {
				break
			}
		}
	}
	base := k.best
	fewer(len(base.Expect), func(keep []int) bool {
		c := base
		c.Expect = pick(base.Expect, keep)
		return k.try(c)
	})
	k.change(func(s *Scenario) { s.Judge.Method = false })
	k.change(func(s *Scenario) { s.Judge.PlannedMethod = false })
	k.change(func(s *Scenario) { s.Judge.Timestamp = false })
	k.change(func(s *Scenario) { s.Judge.Content = false })
	for _, m := range k.best.Messages {
		k.plainer(m.Name)
	}
}

// each tries to take the values of a list of send i away, one by one. Only what
// goes with an acknowledged batch is touched: another one is refused, or not,
// because of it.
func (k *shrinker) each(i int, count func(*Step) int, remove func(step *Step, at int)) {
	for at := 0; ; {
		c := clone(k.best)
		sends := c.sends()
		if i >= len(sends) || sends[i].Answer != "" && sends[i].Answer != Acknowledge || at >= count(sends[i]) {
			return
		}
		if remove(sends[i], at); !k.try(c) {
			at++
		}
	}
}

// change tries the best scenario with one change.
func (k *shrinker) change(f func(*Scenario)) bool {
	c := clone(k.best)
	f(&c)
	return k.try(c)
}

// plainer makes a message more like one of which nothing is said but its
// history.
func (k *shrinker) plainer(name string) {
	change := func(f func(m *Message)) {
		k.change(func(s *Scenario) {
			if m := s.Message(name); m != nil {
				f(m)
			}
		})
	}
	m := k.best.Message(name)
	if m == nil {
		return
	}
	change(func(m *Message) {
		m.Like, m.Differs = "", nil
	})
	for _, part := range KeyParts {
		change(func(m *Message) {
			if len(m.Differs) > 1 { // with none it would be the same message
				delete(m.Differs, part)
			}
		})
		change(func(m *Message) { delete(m.Lengths, part) })
		k.length(name, part)
	}
	change(func(m *Message) {
		if m.Like == "" || !m.isTwin() { // else it is what tells two messages apart
			m.After = 0
		}
	})
	change(func(m *Message) { m.When = When{} })
	change(setUsualTimes)
	change(setUsualMethods)
	change(func(m *Message) {
		for _, d := range m.Devices {
			if len(d.History) > 0 && d.History[0].Status != next[""][0] {
				return // begins in a way that only a traditional push does
			}
		}
		m.Planned = mocksender.ContextAware
		setUsualMethods(m)
	})
}

// length looks for the length at which a part of a message's key begins to fail.
func (k *shrinker) length(name string, part KeyPart) {
	m := k.best.Message(name)
	if m == nil || m.Lengths[part] <= shortest {
		return
	}
	base := clone(k.best)
	with := func(n int) Scenario {
		c := clone(base)
		c.Message(name).Lengths[part] = n
		return c
	}
	if n := bisect(shortest, m.Lengths[part], func(n int) bool { return k.try(with(n)) }); n > shortest {
		k.limit(Characters, k.best, with(n-1))
	}
}

// limit remembers a limit that was found: s fails, and below does not.
func (k *shrinker) limit(q Quantity, s, below Scenario) {
	below = sound(below, k.id)
	if k.play(below) || k.ctx.Err() != nil {
		return
	}
	below.Steps = grouped(below)
	k.limits = slices.DeleteFunc(k.limits, func(l Limit) bool { return l.What == q })
	k.limits = append(k.limits, Limit{q, quantity(s, q), below})
}

func usualTimes(m Message) bool {
	u := m
	u.Devices = clone(Scenario{Messages: []Message{m}}).Messages[0].Devices
	setUsualTimes(&u)
	same := func(a, b Device) bool { return slices.Equal(a.History, b.History) }
	return slices.EqualFunc(u.Devices, m.Devices, same) && (m.Cancelled == nil || *u.Cancelled == *m.Cancelled)
}

func setUsualTimes(m *Message) {
	longest := 0
	for _, d := range m.Devices {
		for i := range d.History {
			d.History[i].At = usualTime(i)
		}
		longest = max(longest, len(d.History))
	}
	if m.Cancelled != nil {
		c := *m.Cancelled
		c.At = usualTime(longest)
		m.Cancelled = &c
	}
}

func usualMethods(m Message) bool {
	for _, d := range m.Devices {
		for _, c := range d.History {
			if c.Method != usualMethod(m, c.Status) {
				return false
			}
		}
	}
	return true
}

func setUsualMethods(m *Message) {
	for _, d := range m.Devices {
		for i, c := range d.History {
			d.History[i].Method = usualMethod(*m, c.Status)
		}
	}
}

// contents makes the messages' contents plain, or small.
func (k *shrinker) contents() {
	for _, m := range k.best.Messages {
		now := k.best.Message(m.Name)
		if now == nil || now.Content == (Content{}) {
			continue
		}
		base := clone(k.best)
		with := func(c Content) Scenario {
			s := clone(base)
			s.Message(m.Name).Content = c
			return s
		}
		if k.try(with(Content{})) {
			continue
		}
		size := now.Content.Size
		if now.Content.Kind != "" {
			if raw, err := contentNamed(now.Content.Kind); err == nil {
				k.json(raw, with)
				if n := len(raw); n >= fixtures.MinContent && n <= fixtures.MaxContent && k.try(with(Content{Size: n})) {
					size = n
				}
			}
		} else if now.Content.JSON != "" {
			k.json(json.RawMessage(now.Content.JSON), with)
		}
		if size > 0 {
			k.sized(size, func(n int) Scenario { return with(Content{Size: n}) })
		}
	}
}

// sized looks for the size of contents at which a batch begins to fail. Where it
// has many entries their made-up keys make a body a little longer or shorter
// each time, so the size is found in coarse steps, and a step more is taken, to
// be well above the limit.
func (k *shrinker) sized(size int, with func(n int) Scenario) {
	const lowest = fixtures.MinContent
	step := 1
	if quantity(k.best, Entries) > 1 {
		step = 64
	}
	at := func(i int) Scenario { return with(min(lowest+i*step, size)) }
	most := (size - lowest + step - 1) / step
	i := bisect(0, most, func(i int) bool { return k.try(at(i)) })
	if i == 0 {
		return
	}
	below := at(i - 1)
	if above := sound(at(i+1), k.id); step > 1 && i < most && k.play(above) {
		k.best = above
	}
	k.limit(ContentBytes, k.best, below)
}

// json takes members, elements and characters of a content away.
func (k *shrinker) json(raw json.RawMessage, with func(Content) Scenario) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return
	}
	content := func(v any) Content {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v) // what was decoded has a JSON form
		return Content{JSON: string(bytes.TrimSpace(b.Bytes()))}
	}
	// It fails as it was spelled; what follows starts from how it is spelled here.
	if first := content(v); first.JSON != string(raw) && !k.try(with(first)) {
		return
	}
	smaller(v, func(v any) bool { return k.try(with(content(v))) })
}

// smaller looks for a small part of a JSON value that passes the test, and is
// what it found.
func smaller(v any, test func(any) bool) any {
	found := v
	keep := func(v any) bool {
		if !test(v) {
			return false
		}
		found = v
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		if len(names) > 0 && keep(map[string]any{}) {
			return found
		}
		fewer(len(names), func(at []int) bool {
			part := map[string]any{}
			for _, name := range pick(names, at) {
				part[name] = v[name]
			}
			return keep(part)
		})
		part := maps.Clone(found.(map[string]any))
		for _, name := range slices.Sorted(maps.Keys(part)) {
			part[name] = smaller(part[name], func(inner any) bool {
				c := maps.Clone(part)
				c[name] = inner
				return test(c)
			})
		}
		return part
	case []any:
		if len(v) > 0 && keep([]any{}) {
			return found
		}
		fewer(len(v), func(at []int) bool { return keep(pick(v, at)) })
		part := slices.Clone(found.([]any))
		for i := range part {
			part[i] = smaller(part[i], func(inner any) bool {
				c := slices.Clone(part)
				c[i] = inner
				return test(c)
			})
		}
		return part
	case string:
		if v != "" && keep("") {
			return found
		}
		runes := []rune(v)
		fewer(len(runes), func(at []int) bool { return keep(string(pick(runes, at))) })
	}
	return found
}
