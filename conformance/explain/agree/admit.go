package agree

import (
	"maps"
	"slices"

	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
)

// admission is a run of a model that admits entries by what is stored: whether a
// request is taken depends on all of its cells, so that they go together.
type admission struct {
	x     *Engine
	m     *model.Model
	cells map[mocksender.Key]states
	mem   model.Memory
}

// admit runs such a model in the order of time.
func (x *Engine) admit(m *model.Model, tell func(Fact, bool) bool) {
	a := &admission{x: x, m: m, cells: map[mocksender.Key]states{}}
	looks, restarts := x.looksInTime(), x.j.Restarts
	upTo := func(time float64) bool {
		for len(restarts) > 0 && restarts[0].At <= time {
			if looks = a.look(looks, restarts[0].At, tell); looks == nil {
				return false
			}
			a.restart(len(x.j.Restarts) - len(restarts))
			restarts = restarts[1:]
		}
		looks = a.look(looks, time, tell)
		return looks != nil
	}
	for _, component := range x.components {
		if !upTo(x.j.Requests[component[0]].Begin) {
			return
		}
		struck := a.component(component)
		for _, i := range component {
			if !tell(Fact{-1, i}, i != struck) {
				return
			}
		}
	}
	upTo(1e300)
}

func (x *Engine) looksInTime() []int {
	order := make([]int, len(x.j.Looks), len(x.j.Looks)+1)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareTimes(x.j.Looks[a].At, x.j.Looks[b].At) })
	return order
}

// look tells the looks up to a time, and is the rest; nil where tell was false.
func (a *admission) look(looks []int, time float64, tell func(Fact, bool) bool) []int {
	for len(looks) > 0 && a.x.j.Looks[looks[0]].At <= time {
		k := a.m.Naming.Cell(a.x.j.Looks[looks[0]].Key)
		if !tell(Fact{looks[0], -1}, a.x.agrees(a.m, a.at(k), looks[0])) {
			return nil
		}
		looks = looks[1:]
	}
	return looks
}

func (a *admission) at(k mocksender.Key) states {
	if s, ok := a.cells[k]; ok {
		return s
	}
	return nothing
}

func (a *admission) restart(restart int) {
	a.mem = model.Memory{}
	for k, s := range a.cells {
		a.cells[k] = a.x.restart(a.m, s, restart)
	}
}

// component is a request whose answer no order of the component foretells; -1
// where there is none.
func (a *admission) component(component []int) int {
	struck := component[0]
	var merged map[mocksender.Key]states
	var winner []int
	begin, before := a.mem.Mark(), a.of(component)
	for order := range permutations(component) {
		maps.Copy(a.cells, before)
		failed := -1
		for _, i := range order {
			if !a.request(i) {
				failed = i
				break
			}
		}
		a.mem.Return(begin)
		if failed >= 0 {
			struck = failed
			continue
		}
		if merged == nil {
			merged, winner = a.of(component), slices.Clone(order)
			continue
		}
		for k, s := range a.of(component) {
			merged[k] = merged[k].union(s)
		}
	}
	if merged == nil { // what was answered tells what took effect
		maps.Copy(a.cells, before)
		for _, i := range component {
			if f := a.x.answered(i); works(f.outcome) {
				a.take(i, f.entries, false)
			}
		}
		return struck
	}
	for _, i := range winner {
		r := &a.x.j.Requests[i]
		entries, o := a.m.Front(&a.mem, r.Request)
		if r.Answer != model.NoAnswer && r.Answer != model.Success {
			o = model.Failed
		}
		a.m.Done(&a.mem, r.Request, entries, o)
	}
	maps.Copy(a.cells, merged)
	return -1
}

// of are the cells that a component's requests name.
func (a *admission) of(component []int) map[mocksender.Key]states {
	cells := map[mocksender.Key]states{}
	for _, i := range component {
		for e := range a.x.j.Requests[i].Entries {
			k := a.m.Naming.Cell(a.x.j.Requests[i].Entries[e].Key)
			cells[k] = a.at(k)
		}
	}
	return cells
}

// request is whether the answer to a request is foretold. What was seen of it
// tells which of several outcomes it had.
func (a *admission) request(i int) bool {
	r := &a.x.j.Requests[i]
	entries, o := a.m.Front(&a.mem, r.Request)
	if !works(o) {
		a.m.Done(&a.mem, r.Request, entries, o)
		return r.Answer == model.NoAnswer || r.Answer == a.m.Answer(o)
	}
	// may is whether all entries may be admitted; not, which may not be and how.
	may, not := true, map[int]model.Outcome{}
	for e := range entries {
		admitted := false
		for _, c := range a.at(a.m.Naming.Cell(entries[e].Key)) {
			if out := a.m.Admitted(c, entries, e); out == model.Taken {
				admitted = true
			} else if _, ok := not[e]; !ok {
				not[e] = out
			}
		}
		may = may && admitted
	}
	if may && (r.Answer == model.NoAnswer || r.Answer == a.m.Answer(o)) {
		a.take(i, entries, len(not) > 0)
		a.m.Done(&a.mem, r.Request, entries, o)
		return true
	}
	for e := range entries {
		out, ok := not[e]
		if ok && (r.Answer == model.NoAnswer || r.Answer == a.m.Answer(out)) {
			a.take(i, a.m.Kept(entries, e), false)
			a.m.Done(&a.mem, r.Request, entries, out)
			return true
		}
	}
	return false
}

// take lets the entries take effect, in those states only that admit them where
// some do not.
func (a *admission) take(request int, entries []model.Entry, choose bool) {
	of := map[mocksender.Key][]model.Entry{}
	for e := range entries {
		k := a.m.Naming.Cell(entries[e].Key)
		if choose {
			a.cells[k] = slices.DeleteFunc(slices.Clone(a.at(k)), func(c model.Cell) bool {
				return a.m.Admitted(c, entries, e) != model.Taken
			})
		}
		of[k] = append(of[k], entries[e])
	}
	for k, own := range of {
		a.cells[k] = a.x.meet(a.m, a.at(k), []part{{request, [][]model.Entry{own}}})
	}
}
