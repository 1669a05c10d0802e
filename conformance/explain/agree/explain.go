package agree

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/ctxpush/ctxpush/fixtures/model"
)

// Trial is a model that was tried.
type Trial struct {
	Mistakes []model.Mistake // one or two
	Layout   model.Layout
	// Struck is the first fact that it does not foretell; none where it agrees.
	Struck Fact
}

// IDs are the mistakes' ids.
func (t *Trial) IDs() []string {
	ids := make([]string, len(t.Mistakes))
	for i, m := range t.Mistakes {
		ids[i] = m.ID
	}
	return ids
}

// Cause is a smallest set of mistakes that agrees with all that was seen.
type Cause struct {
	Trial
	Figures Figures
	// Same are the ids of further mistakes that agree as well: what tells them
	// apart was not played. The cause itself is the simplest.
	Same []string
}

// Explanation is why a receiver failed, as far as it can be told.
type Explanation struct {
	// Cause is nil where no mistake, and no two, agree with everything, and where
	// nothing failed but what is set aside.
	Cause *Cause
	// Aside are the ids of what explains the groups that were set aside, by the
	// group: the cause's, or that of one mistake more.
	Aside  map[string][]string
	Likely []Likely // of the groups that have no cause
	Tried  []Trial  // the models with one mistake
}

// maxFirst is how many mistakes are tried together with all others.
const maxFirst = 10

// Explain looks for the smallest set of mistakes that agrees with everything but
// what is set aside, and then for one more that explains each group of that. What
// was found before is the cause as long as it agrees; nil: nothing was. When ctx
// ends it tells what is known by then.
func (x *Engine) Explain(ctx context.Context, before *Trial) Explanation {
	e := Explanation{Aside: map[string][]string{}}
	switch {
	case x.Failures() == 0:
	case before != nil && x.agreesWithAll(before):
		e.Cause = x.cause([]Trial{*before})
	default:
		if found := x.smallest(ctx, &e); len(found) > 0 {
			e.Cause = x.cause(found)
		} else {
			e.Likely = x.likely(ctx, x.failingGroups())
		}
	}
	x.explainAside(ctx, &e)
	return e
}

// smallest are the smallest sets of mistakes that agree with everything, the
// simplest first; none where no two do.
func (x *Engine) smallest(ctx context.Context, e *Explanation) []Trial {
	for _, pick := range []func() []Trial{
		func() []Trial { return agreeing(x.tried(ctx, e, false)) },
		func() []Trial { return x.narrowest(agreeing(x.tried(ctx, e, true))) },
		func() []Trial { return agreeing(x.try(ctx, x.pairs(ctx))) },
	} {
		if found := pick(); len(found) > 0 {
			return found
		}
	}
	return nil
}

// tried are the models with one mistake, of those that promise harm or of those
// that only allow it: the latter have many outcomes, and are looked at where none
// of the former is left.
func (x *Engine) tried(ctx context.Context, e *Explanation, allows bool) []Trial {
	all := x.try(ctx, slices.DeleteFunc(x.singles(), func(t Trial) bool { return t.Mistakes[0].Allows != allows }))
	e.Tried = append(e.Tried, all...)
	return all
}

// singles are all models with one mistake, the simplest first.
func (x *Engine) singles() []Trial {
	var all []Trial
	for _, m := range model.Mistakes() {
		for _, l := range x.layouts(m) {
			all = append(all, Trial{Mistakes: []model.Mistake{m}, Layout: l, Struck: noFact})
		}
	}
	return all
}

// layouts are those in which a mistake may make a difference. Before anything is
// stored the layout has no say.
func (x *Engine) layouts(m model.Mistake) []model.Layout {
	switch m.Function {
	case "Head", "Guard", "Body", "Answer", "Count":
		return []model.Layout{model.RowPerDevice}
	}
	return model.Layouts(x.j.Identity)
}

// try runs the models until each is struck out or agrees. Those that are not
// reached before ctx ends are left out.
func (x *Engine) try(ctx context.Context, trials []Trial) []Trial {
	done := make([]bool, len(trials))
	inParallel(len(trials), func(i int) {
		if ctx.Err() != nil {
			return
		}
		t := &trials[i]
		m := x.model(t.Layout, t.Mistakes...)
		t.Struck, done[i] = x.strike(&m), true
	})
	var left []Trial
	for i := range trials {
		if done[i] {
			left = append(left, trials[i])
		}
	}
	return left
}

// inParallel does things side by side, as many as there are processors.
func inParallel(n int, do func(i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

// agreeing are the trials that nothing struck out.
func agreeing(trials []Trial) []Trial {
	return slices.DeleteFunc(slices.Clone(trials), func(t Trial) bool { return !t.Struck.None() })
}

// cause is the simplest of the trials that agree, with its figures.
func (x *Engine) cause(found []Trial) *Cause {
	c := &Cause{Trial: found[0]}
	c.Figures = x.figures(&c.Trial)
	for _, t := range found[1:] {
		for _, id := range t.IDs() {
			if !slices.Contains(c.IDs(), id) && !slices.Contains(c.Same, id) {
				c.Same = append(c.Same, id)
			}
		}
	}
	return c
}

// pairs are the models with two mistakes in different functions, of which one is
// among those that foretell the most failures.
func (x *Engine) pairs(ctx context.Context) []Trial {
	facts := map[Fact]bool{}
	for _, f := range x.failures(maxSample) {
		facts[f] = true
	}
	singles := slices.DeleteFunc(x.singles(), func(t Trial) bool { return t.Mistakes[0].Allows })
	foretold := make([]int, len(singles))
	inParallel(len(singles), func(i int) {
		if ctx.Err() == nil {
			foretold[i] = x.foretells(&singles[i], facts)
		}
	})
	best := make([]int, len(singles))
	for i := range best {
		best[i] = i
	}
	slices.SortStableFunc(best, func(a, b int) int { return cmp.Compare(foretold[b], foretold[a]) })
	var pairs []Trial
	for n, i := range best[:min(len(best), maxFirst)] {
		for k := range singles {
			a, b := &singles[i], &singles[k]
			if slices.Contains(best[:n], k) || a.Mistakes[0].Function == b.Mistakes[0].Function ||
				a.Layout != b.Layout && x.several(a) && x.several(b) {
				continue
			}
			layout := a.Layout
			if !x.several(a) {
				layout = b.Layout
			}
			mistakes := []model.Mistake{a.Mistakes[0], b.Mistakes[0]}
			pairs = append(pairs, Trial{Mistakes: mistakes, Layout: layout, Struck: noFact})
		}
	}
	return pairs
}

func (x *Engine) several(t *Trial) bool { return len(x.layouts(t.Mistakes[0])) > 1 }

// failures are the facts that fail, so many of each group at most.
func (x *Engine) failures(most int) []Fact {
	var facts []Fact
	n := map[string]int{}
	add := func(f Fact) {
		if g := x.group(f); n[g] < most && !x.aside[g] {
			n[g]++
			facts = append(facts, f)
		}
	}
	for i, fails := range x.fails {
		if fails {
			add(Fact{i, -1})
		}
	}
	for i, fails := range x.refuses {
		if fails {
			add(Fact{-1, i})
		}
	}
	return facts
}

func (x *Engine) group(f Fact) string {
	if f.Look >= 0 {
		return x.j.Looks[f.Look].Group
	}
	return x.j.Requests[f.Request].Group
}

// foretells is how many of some facts a model foretells.
func (x *Engine) foretells(t *Trial, of map[Fact]bool) int {
	foretold, left := map[Fact]bool{}, len(of)
	m := x.model(t.Layout, t.Mistakes...)
	x.run(&m, func(f Fact, is bool) bool {
		if _, seen := foretold[f]; of[f] && !seen {
			foretold[f] = is
			left--
		}
		return left > 0
	})
	n := 0
	for _, is := range foretold {
		if is {
			n++
		}
	}
	return n
}

func (x *Engine) agreesWithAll(t *Trial) bool {
	m := x.model(t.Layout, t.Mistakes...)
	return x.strike(&m).None()
}

// Shares are the mistakes of a trial to which the failures of each group belong:
// those that foretell the most of them alone.
func (x *Engine) Shares(t Trial) map[string][]string {
	of := map[string]map[Fact]bool{}
	for _, f := range x.failures(len(x.fails) + len(x.refuses)) {
		g := x.group(f)
		if of[g] == nil {
			of[g] = map[Fact]bool{}
		}
		of[g][f] = true
	}
	shares := map[string][]string{}
	for g, facts := range of {
		if len(t.Mistakes) == 1 {
			shares[g] = t.IDs()
			continue
		}
		most := -1
		for _, m := range t.Mistakes {
			n := x.foretells(&Trial{Mistakes: []model.Mistake{m}, Layout: t.Layout}, facts)
			switch {
			case n > most:
				shares[g], most = []string{m.ID}, n
			case n == most:
				shares[g] = append(shares[g], m.ID)
			}
		}
	}
	return shares
}
