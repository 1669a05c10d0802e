package agree

import (
	"slices"

	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
)

// front is what a model makes of a request before it looks at what is stored.
type front struct {
	entries []model.Entry
	outcome model.Outcome
}

// fronts are the fronts of all requests, by their places. Requests of one
// component have as many ways each: one for each order of theirs that matters.
type fronts [][]front

// maxPermuted is how many requests at once are tried in every order.
const maxPermuted = 4

// components are the requests that are under way at once and share a message,
// each in the order in which they began; the components in the order in which
// they ended.
func components(j *Journal) [][]int {
	parent := make([]int, len(j.Requests))
	for i := range parent {
		parent[i] = i
	}
	var find func(int) int
	find = func(i int) int {
		if parent[i] != i {
			parent[i] = find(parent[i])
		}
		return parent[i]
	}
	last := map[mocksender.Key][]int{} // under way of a message, lately
	for _, i := range byBegin(j) {
		r := &j.Requests[i]
		for e := range r.Entries {
			k := r.Entries[e].Key.Message()
			at := slices.DeleteFunc(last[k], func(o int) bool { return j.Requests[o].End <= r.Begin })
			for _, o := range at {
				parent[find(o)] = find(i)
			}
			if !slices.Contains(at, i) {
				at = append(at, i)
			}
			last[k] = at
		}
	}
	groups := map[int][]int{}
	var order []int
	for _, i := range byBegin(j) {
		root := find(i)
		if groups[root] == nil {
			order = append(order, root)
		}
		groups[root] = append(groups[root], i)
	}
	all := make([][]int, len(order))
	for i, root := range order {
		all[i] = groups[root]
	}
	slices.SortStableFunc(all, func(a, b []int) int { return compareTimes(end(j, a), end(j, b)) })
	return all
}

func end(j *Journal, component []int) float64 {
	last := 0.0
	for _, i := range component {
		last = max(last, j.Requests[i].End)
	}
	return last
}

func byBegin(j *Journal) []int {
	order := make([]int, len(j.Requests))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareTimes(j.Requests[a].Begin, j.Requests[b].Begin) })
	return order
}

func compareTimes(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// frontsOf are a model's fronts of some requests, of all where it remembers, and
// tells of each whether its answer is foretold, until tell is false; there are
// no fronts then. A request whose answer is not foretold has the effect that
// its answer says.
func (x *Engine) frontsOf(m *model.Model, requests []int, tell func(request int, foretold bool) bool) (fronts, bool) {
	f := make(fronts, len(x.j.Requests))
	if !m.Remembers() {
		for _, i := range requests {
			entries, o := m.Front(nil, x.j.Requests[i].Request)
			foretold := x.answers(m, i, o)
			if !tell(i, foretold) {
				return nil, false
			}
			f[i] = []front{{entries, o}}
			if !foretold {
				f[i] = []front{x.answered(i)}
			}
		}
		return f, true
	}
	mem, restarts := model.Memory{}, x.j.Restarts
	for _, component := range x.components {
		for len(restarts) > 0 && restarts[0].At <= end(x.j, component) {
			mem, restarts = model.Memory{}, restarts[1:]
		}
		struck := x.remembered(m, &mem, component, f)
		for _, i := range component {
			if !tell(i, i != struck) {
				return nil, false
			}
		}
	}
	return f, true
}

// answered is what a request's answer says of its effect.
func (x *Engine) answered(request int) front {
	r := &x.j.Requests[request]
	if r.Answer == model.Success {
		return front{r.Entries, model.Taken}
	}
	return front{nil, model.Malformed}
}

// remembered adds the fronts of one component, of which the memory decides. It
// is a request whose answer no order foretells, or -1.
func (x *Engine) remembered(m *model.Model, mem *model.Memory, component []int, f fronts) int {
	struck := component[0]
	var winner []int
	begin := mem.Mark()
	for order := range permutations(component) {
		good := true
		way := make(map[int]front, len(order))
		for _, i := range order {
			r := &x.j.Requests[i]
			entries, o := m.Front(mem, r.Request)
			m.Done(mem, r.Request, entries, o)
			if good = x.answers(m, i, o); !good {
				struck = i
				break
			}
			way[i] = front{entries, o}
		}
		mem.Return(begin)
		if !good {
			continue
		}
		if winner == nil {
			winner = slices.Clone(order)
		}
		if !known(f, component, way) {
			for _, i := range component {
				f[i] = append(f[i], way[i])
			}
		}
	}
	if winner == nil {
		for _, i := range component {
			f[i] = []front{x.answered(i)}
		}
		return struck
	}
	for _, i := range winner {
		entries, o := m.Front(mem, x.j.Requests[i].Request)
		m.Done(mem, x.j.Requests[i].Request, entries, o)
	}
	return -1
}

// known says whether a component has that way already.
func known(f fronts, component []int, way map[int]front) bool {
	for w := range f[component[0]] {
		same := true
		for _, i := range component {
			a, b := f[i][w], way[i]
			same = same && a.outcome == b.outcome && slices.Equal(a.entries, b.entries)
		}
		if same {
			return true
		}
	}
	return false
}

// permutations are all orders of some requests, the one in which they began
// first; only that one where they are many.
func permutations(all []int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		if len(all) > maxPermuted {
			yield(all)
			return
		}
		order := slices.Clone(all)
		var permute func(at int) bool
		permute = func(at int) bool {
			if at == len(order) {
				return yield(order)
			}
			for i := at; i < len(order); i++ {
				order[at], order[i] = order[i], order[at]
				if !permute(at + 1) {
					return false
				}
				order[at], order[i] = order[i], order[at]
			}
			return true
		}
		permute(0)
	}
}

// answers says whether the outcome foretells the answer to a request.
func (x *Engine) answers(m *model.Model, request int, o model.Outcome) bool {
	r := &x.j.Requests[request]
	if r.Answer == model.NoAnswer || r.Answer == m.Answer(o) {
		return true
	}
	// A race may refuse what is right.
	return o == model.Taken && x.mayRefuse(m, request)
}

func (x *Engine) mayRefuse(m *model.Model, request int) bool {
	return m.Overlap.Refuses != nil && x.j.Requests[request].Answer == model.Refusal &&
		m.Overlap.Refuses(x.meetings[request])
}
