package agree

import (
	"slices"

	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Engine runs models over one journal. It may be used by several goroutines once
// it is made.
type Engine struct {
	j          *Journal
	byBegin    []int
	components [][]int
	meetings   []model.Meeting // of each request
	// answersFirst are the requests, those first whose answer fails.
	answersFirst []int
	fails        []bool // of each look: the right model does not foretell it
	refuses      []bool // of each request: nor its answer
	right        fronts
	course       *course // of a model with the right front and naming
	sample       []int   // some looks that fail, of every group
	sampled      []int   // the requests that name their messages
	// aside are the groups of which nothing counts.
	aside map[string]bool
}

// New is an engine for a journal, which must not be changed any more.
func New(j Journal) *Engine {
	x := &Engine{j: &j, byBegin: byBegin(&j), components: components(&j), fails: make([]bool, len(j.Looks))}
	x.refuses = make([]bool, len(j.Requests))
	x.meetings = meetingsOf(&j, x.components)
	m := x.model(model.RowPerDevice)
	// What was refused though it was right has no effect in the right receiver
	// either: whether a state is right is asked of what it acknowledged.
	x.right, _ = x.frontsOf(&m, x.byBegin, func(request int, foretold bool) bool {
		x.refuses[request] = !foretold
		return true
	})
	x.answersFirst = slices.Clone(x.byBegin)
	slices.SortStableFunc(x.answersFirst, func(a, b int) int { return order(x.refuses[a]) - order(x.refuses[b]) })
	x.look(&m, x.courseOf(&m, x.right, nil), func(look int, foretold bool) bool { x.fails[look] = !foretold; return true })
	x.course = x.courseOf(&m, x.right, nil) // the failing cells are known now
	return x.settingAside("")
}

// settingAside is the engine for all groups but those that are set aside, and for
// one of those, whose facts come first; empty is none of them.
func (x *Engine) settingAside(but string) *Engine {
	own := *x
	own.aside, own.sample, own.sampled = map[string]bool{}, nil, nil
	for _, g := range x.j.Aside {
		own.aside[g] = g != but
	}
	for _, f := range own.failures(maxSample) {
		if f.Look >= 0 && (but == "" || x.group(f) == but) {
			own.sample = append(own.sample, f.Look)
		}
	}
	messages := map[mocksender.Key]bool{}
	for _, i := range own.sample {
		messages[x.j.Looks[i].Key.Message()] = true
	}
	for i := range x.j.Requests {
		if slices.ContainsFunc(x.j.Requests[i].Entries, func(e model.Entry) bool { return messages[e.Key.Message()] }) {
			own.sampled = append(own.sampled, i)
		}
	}
	return &own
}

// maxSample is how many failing looks of a group are enough to strike most
// models out.
const maxSample = 10

// order puts what fails first.
func order(fails bool) int {
	if fails {
		return 0
	}
	return 1
}

// model is the right receiver with the mistakes.
func (x *Engine) model(l model.Layout, mistakes ...model.Mistake) model.Model {
	return model.Model{Receiver: model.Right().With(mistakes...), Layout: l, Identity: x.j.Identity}
}

// Failures is how many looks and answers the right receiver does not foretell,
// but for what is set aside.
func (x *Engine) Failures() int { return len(x.failures(len(x.fails) + len(x.refuses))) }

// look runs a model over a course, the failing cells first, and tells of each
// look whether it is foretold, until tell is false.
func (x *Engine) look(m *model.Model, c *course, tell func(look int, foretold bool) bool) bool {
	for _, at := range c.order {
		if !x.lookAt(m, c.cells[at], tell) {
			return false
		}
	}
	return true
}

func (x *Engine) lookAt(m *model.Model, h history, tell func(look int, foretold bool) bool) bool {
	s := nothing
	for i := range h {
		switch mo := &h[i]; {
		case mo.meeting != nil:
			s = x.meet(m, s, mo.meeting)
		case mo.restart >= 0:
			s = x.restart(m, s, mo.restart)
		default:
			if m.Later != nil && s != nil {
				s = each(s, m.Idle) // it has settled
			}
			if !tell(mo.look, x.agrees(m, s, mo.look)) {
				return false
			}
		}
	}
	return true
}

// Fact is a look or a request, whichever is not negative.
type Fact struct{ Look, Request int }

var noFact = Fact{-1, -1}

// None says that it is neither.
func (f Fact) None() bool { return f == noFact }

// strike runs a model until a fact strikes it out; none does where it agrees
// with all.
func (x *Engine) strike(m *model.Model) Fact {
	struck := noFact
	x.run(m, func(f Fact, foretold bool) bool {
		if foretold || x.aside[x.group(f)] {
			return true
		}
		struck = f
		return false
	})
	return struck
}

// run tells of each fact whether the model foretells it, until tell is false; of
// some twice.
func (x *Engine) run(m *model.Model, tell func(Fact, bool) bool) {
	if m.Admit != nil {
		// All that it does is to refuse: where nothing was refused that is right it
		// is as right as one without it.
		if x.refuses[x.answersFirst[0]] || len(x.sample) == 0 || tell(Fact{x.sample[0], -1}, false) {
			x.admit(m, tell)
		}
		return
	}
	answer := func(request int, foretold bool) bool { return tell(Fact{-1, request}, foretold) }
	look := func(look int, foretold bool) bool { return tell(Fact{look, -1}, foretold) }
	own := m.Naming.Key != nil || m.Naming.Unit != nil
	f, c := x.right, x.course
	if m.Fronted {
		if len(x.sample) > 0 && !own && !m.Remembers() { // most are struck out by what is done for these
			f, more := x.frontsOf(m, x.sampled, answer)
			if !more || !x.look(m, x.courseOf(m, f, x.sample), look) {
				return
			}
		}
		var more bool
		if f, more = x.frontsOf(m, x.answersFirst, answer); !more {
			return
		}
	} else {
		for _, i := range x.answersFirst {
			if !answer(i, !x.refuses[i] || x.mayRefuse(m, i)) {
				return
			}
		}
	}
	if m.Fronted || own {
		if len(x.sample) > 0 && !x.look(m, x.courseOf(m, f, x.sample), look) {
			return
		}
		c = x.courseOf(m, f, nil)
	}
	x.look(m, c, look)
}

// meetingsOf is how each request meets others.
func meetingsOf(j *Journal, components [][]int) []model.Meeting {
	all := make([]model.Meeting, len(j.Requests))
	for _, component := range components {
		for _, i := range component {
			all[i].Requests = 1
			for _, o := range component {
				if o != i && atOnce(&j.Requests[o], &j.Requests[i]) {
					meet(&all[i], j.Requests[i].Entries, j.Requests[o].Entries)
				}
			}
		}
	}
	return all
}

func atOnce(a, b *Request) bool { return a.Begin < b.End && b.Begin < a.End }

// meet adds one other request to a meeting.
func meet(m *model.Meeting, own, others []model.Entry) {
	first := map[mocksender.Key]int{}
	for i := range others {
		if k := others[i].Key.Message(); !has(first, k) {
			first[k] = i
		}
	}
	shared, most := 0, -1
	for i := range own {
		at, ok := first[own[i].Key.Message()]
		if !ok {
			continue
		}
		shared++
		m.Opposite = m.Opposite || at < most
		most = max(most, at)
		m.Same = m.Same || slices.Contains(others, own[i])
	}
	if shared > 0 {
		m.Requests++
	}
}

func has[K comparable, V any](m map[K]V, k K) bool { _, ok := m[k]; return ok }
