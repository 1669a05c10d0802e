package agree

import (
	"context"
	"maps"
	"slices"

	"github.com/ctxpush/ctxpush/fixtures/model"
)

// explainAside explains the groups that are set aside, each by one mistake more
// than the cause.
func (x *Engine) explainAside(ctx context.Context, e *Explanation) {
	var base Trial
	if e.Cause != nil {
		base = e.Cause.Trial
	}
	known := e.Cause != nil || x.Failures() == 0
	for _, g := range slices.Sorted(maps.Keys(x.aside)) {
		own := x.settingAside(g)
		if own.Failures() == x.Failures() {
			continue // it fails in nothing
		}
		var found []Trial
		switch {
		case len(base.Mistakes) > 0 && own.agreesWithAll(&base):
			found = []Trial{base}
		case known:
			found = agreeing(own.try(ctx, own.besides(base)))
		}
		switch {
		case len(found) == 0:
			e.Likely = append(e.Likely, own.likely(ctx, []string{g})...)
		case len(found[0].Mistakes) > len(base.Mistakes):
			e.Aside[g] = found[0].IDs()[len(base.Mistakes):]
		default:
			e.Aside[g] = base.IDs()
		}
	}
}

// besides are the models with the mistakes of a trial and one more.
func (x *Engine) besides(base Trial) []Trial {
	var all []Trial
	for _, t := range x.singles() {
		more := t.Mistakes[0]
		if more.Allows || slices.ContainsFunc(base.Mistakes, func(m model.Mistake) bool { return m.Function == more.Function }) {
			continue
		}
		if len(base.Mistakes) > 0 {
			if x.several(&t) && t.Layout != base.Layout {
				continue
			}
			t.Layout = base.Layout
		}
		t.Mistakes = slices.Concat(base.Mistakes, t.Mistakes)
		all = append(all, t)
	}
	return all
}
