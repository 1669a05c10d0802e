package agree

import (
	"cmp"
	"slices"

	"github.com/ctxpush/ctxpush/fixtures/model"
)

// Figures are how much a mistake foretells.
type Figures struct {
	Failures int // that it foretells: of a cause, all
	// Passes are those that it foretells although the receiver had gone another
	// way than the right one by then, or might have.
	Passes int
}

// figures counts what a model that agrees with everything foretells.
func (x *Engine) figures(t *Trial) Figures {
	n := Figures{Failures: x.Failures()}
	m, right := x.model(t.Layout, t.Mistakes...), x.model(t.Layout)
	if m.Admit != nil || m.Fronted || m.Naming.Key != nil || m.Naming.Unit != nil {
		n.Passes = x.passesBefore(&m)
		return n
	}
	for _, h := range x.course.cells {
		s, r, strayed := nothing, nothing, false
		for i := range h {
			switch mo := &h[i]; {
			case mo.meeting != nil:
				s, r = x.meet(&m, s, mo.meeting), x.meet(&right, r, mo.meeting)
			case mo.restart >= 0:
				s, r = x.restart(&m, s, mo.restart), x.restart(&right, r, mo.restart)
			case strayed && !x.fails[mo.look]:
				n.Passes++
			}
			strayed = strayed || !sameRows(s, r)
		}
	}
	return n
}

func sameRows(s, t states) bool {
	return len(s) == len(t) && slices.EqualFunc(s, t, func(a, b model.Cell) bool { return slices.Equal(a.Rows, b.Rows) })
}

// passesBefore counts the passes of messages of which the model makes something
// else, on their way to what is stored, than the right receiver.
func (x *Engine) passesBefore(m *model.Model) int {
	stray := map[any]bool{}
	mem := model.Memory{}
	for _, component := range x.components {
		for _, i := range component {
			r := &x.j.Requests[i]
			entries, o := m.Front(&mem, r.Request)
			m.Done(&mem, r.Request, entries, o)
			if own := x.right[i][0]; o != own.outcome || !slices.Equal(entries, own.entries) {
				for e := range r.Entries {
					stray[r.Entries[e].Key.Message()] = true
				}
			}
		}
	}
	n := 0
	for i := range x.j.Looks {
		if k := x.j.Looks[i].Key.Message(); !x.fails[i] && (stray[k] || m.Naming.Cell(k) != k) {
			n++
		}
	}
	return n
}

// leastRate is the least rate at which a race is believed to do harm.
const leastRate = 1.0 / 1000

// narrowest are the races that agree with everything, the one that allows the
// fewest failures first. One that did harm in fewer of the meetings that allow
// it than can be believed is left out.
func (x *Engine) narrowest(trials []Trial) []Trial {
	room := make(map[*Trial]int, len(trials))
	var left []*Trial
	for i := range trials {
		t := &trials[i]
		if room[t] = x.room(t); float64(x.Failures()) >= leastRate*float64(room[t]) {
			left = append(left, t)
		}
	}
	slices.SortStableFunc(left, func(a, b *Trial) int { return cmp.Compare(room[a], room[b]) })
	found := make([]Trial, len(left))
	for i, t := range left {
		found[i] = *t
	}
	return found
}

// room is how many looks a model allows to fail.
func (x *Engine) room(t *Trial) int {
	n := 0
	m, right := x.model(t.Layout, t.Mistakes...), x.model(t.Layout)
	for _, h := range x.course.cells {
		s, r := nothing, nothing
		for i := range h {
			switch mo := &h[i]; {
			case mo.meeting != nil:
				s, r = x.meet(&m, s, mo.meeting), x.meet(&right, r, mo.meeting)
			case mo.restart >= 0:
				s, r = x.restart(&m, s, mo.restart), x.restart(&right, r, mo.restart)
			case !sameRows(s, r):
				n++
			}
		}
	}
	return n
}
