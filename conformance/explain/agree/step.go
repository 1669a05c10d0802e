package agree

import (
	"slices"

	"github.com/ctxpush/ctxpush/fixtures/model"
)

// maxStates is how many states a cell may be in before nothing is said of it
// any more.
const maxStates = 48

// states are those that a cell may be in. The nil states are any: so much
// happened at once that nothing can be said.
type states []model.Cell

var nothing = states{{}}

func (s states) with(c model.Cell) states {
	for i := range s {
		if s[i].Equal(&c) {
			return s
		}
	}
	return append(s, c)
}

func (s states) union(t states) states {
	s = slices.Clip(s)
	for _, c := range t {
		s = s.with(c)
	}
	return s
}

// meet is what a cell may be in after a meeting.
func (x *Engine) meet(m *model.Model, s states, meeting []part) states {
	if s == nil {
		return nil
	}
	if m.Later != nil {
		s = s.union(each(s, m.Idle)) // its jobs may have run, or not yet
	}
	if len(meeting) == 1 && len(meeting[0].ways) == 1 && !x.optional(m, s, meeting[0]) {
		return x.one(m, s, &meeting[0])
	}
	var all states
	for w := range meeting[0].ways {
		t := x.mingle(m, s, meeting, w)
		if t == nil {
			return nil
		}
		all = all.union(t)
	}
	if len(all) > maxStates {
		return nil
	}
	return all
}

func each(s states, do func(model.Cell) model.Cell) states {
	var t states
	for _, c := range s {
		t = t.with(do(c))
	}
	return t
}

// one is meet for a request that meets no other.
func (x *Engine) one(m *model.Model, s states, p *part) states {
	at := int64(x.j.Requests[p.request].End)
	if len(s) == 1 {
		c := s[0]
		for _, e := range p.ways[0] {
			c = m.Step(c, e, at)
		}
		return states{c}
	}
	return each(s, func(c model.Cell) model.Cell {
		for _, e := range p.ways[0] {
			c = m.Step(c, e, at)
		}
		return c
	})
}

// optional says whether what a request has for the cell may be without effect.
func (x *Engine) optional(m *model.Model, s states, p part) bool {
	r := &x.j.Requests[p.request]
	switch {
	case r.Open:
		return true
	case x.mayRefuse(m, p.request):
		return true
	case m.Overlap.Drops == nil:
		return false
	}
	how := x.meetings[p.request]
	how.New = slices.ContainsFunc(s, func(c model.Cell) bool { return len(c.Rows) == 0 })
	return m.Overlap.Drops(how)
}

// maxPlaces is how many places the ways through a meeting may have.
const maxPlaces = 512

// mingle is what a cell may be in after the requests of a meeting, whose entries
// may mingle in every way that keeps each request's order.
func (x *Engine) mingle(m *model.Model, s states, meeting []part, way int) states {
	places := 1
	for i := range meeting {
		if places *= len(meeting[i].ways[way]) + 1; places > maxPlaces {
			return nil
		}
	}
	may := make([]bool, len(meeting))
	for i := range meeting {
		may[i] = x.optional(m, s, meeting[i])
	}
	stale := m.Overlap.Stale && len(meeting) > 1
	at := make([]states, places) // by how far each request has come, the first the lowest digit
	at[0] = s
	size := func(i int) int { return len(meeting[i].ways[way]) + 1 }
	for place := range places {
		here := at[place]
		if len(here) > maxStates {
			return nil
		}
		rest, unit := place, 1
		for i := range meeting {
			n := size(i)
			come := rest % n
			rest /= n
			if come < n-1 {
				next := place + unit
				e, time := meeting[i].ways[way][come], int64(x.j.Requests[meeting[i].request].End)
				for _, c := range here {
					at[next] = at[next].with(m.Step(c, e, time))
				}
				if may[i] {
					at[next] = at[next].union(here)
				}
				if stale {
					for _, c := range s {
						at[next] = at[next].with(m.Step(c, e, time))
					}
				}
			}
			unit *= n
		}
	}
	last := at[places-1]
	if stale { // whoever reads first may write last
		for place := range places {
			for i := range meeting {
				if n := len(meeting[i].ways[way]); n > 0 {
					for _, c := range at[place] {
						last = last.with(m.Step(c, meeting[i].ways[way][n-1], 0))
					}
				}
			}
		}
	}
	return last
}

// restart is what a cell may be in after a restart.
func (x *Engine) restart(m *model.Model, s states, restart int) states {
	if s == nil || m.Persist == nil && m.Loses == nil && m.Later == nil && !m.Logs {
		return s
	}
	r := &x.j.Restarts[restart]
	var all states
	for _, c := range s {
		for _, d := range m.Restart(c, r.Killed, int64(r.At)) {
			all = all.with(d)
		}
	}
	return all
}

// agrees says whether a look is foretold.
func (x *Engine) agrees(m *model.Model, s states, look int) bool {
	if s == nil {
		return true
	}
	l := &x.j.Looks[look]
	for _, c := range s {
		if x.j.foretells(m.Tell(c, l.Key), l) {
			return true
		}
	}
	return false
}
