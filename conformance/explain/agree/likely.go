package agree

import (
	"cmp"
	"context"
	"slices"
)

// Likely are mistakes that agree with all that was seen of one group, but not
// with everything.
type Likely struct {
	Group  string
	Trials []Trial // at most maxLikely, the simplest first
	// Traits are what the group's failures share and no pass has, where no mistake
	// agrees.
	Traits []string
}

// maxLikely is how many likely mistakes of a group are told.
const maxLikely = 3

// likely are the mistakes that agree with all that was seen of each group, those
// first that agree with the most groups.
func (x *Engine) likely(ctx context.Context, groups []string) []Likely {
	trials := x.singles()
	agrees := make([][]bool, len(trials))
	inParallel(len(trials), func(i int) {
		if ctx.Err() == nil {
			agrees[i] = x.agreesWith(&trials[i], groups)
		}
	})
	byShare := make([]int, len(trials))
	share := make([]int, len(trials))
	for i := range trials {
		byShare[i] = i
		for _, is := range agrees[i] {
			if is {
				share[i]++
			}
		}
	}
	slices.SortStableFunc(byShare, func(a, b int) int { return cmp.Compare(share[b], share[a]) })
	all := make([]Likely, len(groups))
	for g, name := range groups {
		l := Likely{Group: name}
		for _, allows := range []bool{false, true} {
			for _, i := range byShare {
				t := &trials[i]
				known := slices.ContainsFunc(l.Trials, func(o Trial) bool { return o.Mistakes[0].ID == t.Mistakes[0].ID })
				if agrees[i] != nil && agrees[i][g] && t.Mistakes[0].Allows == allows && !known && len(l.Trials) < maxLikely {
					l.Trials = append(l.Trials, *t)
				}
			}
			if len(l.Trials) > 0 {
				break // what only allows is for where nothing promises
			}
		}
		if len(l.Trials) == 0 {
			l.Traits = x.traits(name)
		}
		all[g] = l
	}
	return all
}

// failingGroups are the groups with failures, those with the most first.
func (x *Engine) failingGroups() []string {
	n := map[string]int{}
	var names []string
	for _, f := range x.failures(len(x.fails) + len(x.refuses)) {
		g := x.group(f)
		if n[g]++; n[g] == 1 {
			names = append(names, g)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(n[b], n[a]) })
	return names
}

// agreesWith says of each group whether the model agrees with all of it.
func (x *Engine) agreesWith(t *Trial, groups []string) []bool {
	agrees := make(map[string]bool, len(groups))
	for _, g := range groups {
		agrees[g] = true
	}
	m := x.model(t.Layout, t.Mistakes...)
	left := len(groups)
	x.run(&m, func(f Fact, foretold bool) bool {
		if g := x.group(f); !foretold && agrees[g] {
			agrees[g] = false
			left--
		}
		return left > 0
	})
	of := make([]bool, len(groups))
	for i, g := range groups {
		of[i] = agrees[g]
	}
	return of
}
