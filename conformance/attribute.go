package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// maxExplained is how many ways to fail of one check are explained.
const maxExplained = 3

// way is one way to fail of a check, and the failure that stands for it.
type way struct {
	verdict *verdict
	play    *play
	failure *event.Failure
	n       int // of the check's ways, from 0
	alone   bool
	// besides says that it takes an outage to show it, each replay seconds, and
	// that something fails without: that is to be mended first.
	besides bool
}

// explainAll finds out what the failures of the verdicts rest on, when nothing
// else is played any more: which entry a batch is refused for, and the smallest
// delivery that still fails. It then tells the verdicts anew. Where nothing
// failed it does nothing.
func (r *run) explainAll(ctx context.Context, verdicts []*verdict, parallel int) {
	failing := slices.DeleteFunc(slices.Clone(verdicts), func(v *verdict) bool { return !v.failed() })
	if len(failing) == 0 || r.patience <= 0 || ctx.Err() != nil {
		return
	}
	r.replaying.Store(true)
	defer r.replaying.Store(false)
	begin := time.Now()
	limited, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	slices.SortStableFunc(failing, func(a, b *verdict) int { return cmp.Compare(r.urgency(a), r.urgency(b)) })
	inTurn(failing, (*verdict).alone, parallel, func(v *verdict) { r.attributeAll(limited, v) })
	var ways []*way
	for _, v := range failing {
		ways = append(ways, v.ways()...)
	}
	for _, w := range ways {
		w.besides = w.verdict.check.HasOutage() && slices.ContainsFunc(failing, func(v *verdict) bool { return !v.check.HasOutage() })
	}
	inTurn(ways, func(w *way) bool { return w.alone }, parallel, func(w *way) { r.explain(limited, w) })
	late := 0
	for _, v := range failing {
		v.spread()
		if v.late.Load() {
			late++
		}
	}
	if r.patience -= time.Since(begin); late > 0 && ctx.Err() == nil {
		r.note("%d of %d failed checks may show larger deliveries than need be: %s for replays are over", late, len(failing), r.cfg.Shrink)
	}
	r.relate(failing)
	for _, v := range failing {
		r.finish(v)
	}
}

// inTurn does things side by side, so many at a time, and then one by one those
// that need the receiver for themselves.
func inTurn[T any](all []T, alone func(T) bool, parallel int, do func(T)) {
	free := make(chan struct{}, parallel)
	var some sync.WaitGroup
	for _, t := range all {
		if alone(t) {
			continue
		}
		free <- struct{}{}
		some.Go(func() {
			defer func() { <-free }()
			do(t)
		})
	}
	some.Wait()
	for _, t := range all {
		if alone(t) {
			do(t)
		}
	}
}

// urgency orders what is explained: first what fails the run.
func (r *run) urgency(v *verdict) int {
	switch {
	case v.result(r.cfg.Target.Waive).Result == event.Waived:
		return 2
	case r.describe(*v.check).Level == event.Recommended:
		return 1
	}
	return 0
}

// failed tells whether the check has failed by now.
func (v *verdict) failed() bool {
	return slices.ContainsFunc(v.plays, func(p *play) bool { return len(p.failures) > 0 })
}

// alone tells whether the check's replays must have the receiver for
// themselves: they end it, or count how often overlapping requests collide.
func (v *verdict) alone() bool {
	return v.check.Disrupts() || slices.ContainsFunc(v.plays, func(p *play) bool {
		return overlaps(p.scenario) && len(p.failures) > 0 ||
			slices.ContainsFunc(p.failures, func(f event.Failure) bool { return f.Kind == event.Crashed })
	})
}

// attributeAll adds to the verdict's plays those of the rest of what is refused.
func (r *run) attributeAll(ctx context.Context, v *verdict) {
	for _, p := range v.plays {
		if rest := r.attribute(ctx, p); rest != nil {
			v.plays = append(v.plays, rest)
		}
	}
}

// ways are the check's ways to fail, the first maxExplained of them.
func (v *verdict) ways() []*way {
	var ways []*way
	for _, p := range v.plays {
		for i := range p.failures {
			f := &p.failures[i]
			known := slices.ContainsFunc(ways, func(w *way) bool { return w.failure.Symptom() == f.Symptom() })
			// Without a step the receiver ended for no delivery's sake.
			if !known && len(p.scenario.Steps) > 0 && len(ways) < maxExplained {
				ways = append(ways, &way{verdict: v, play: p, failure: f, n: len(ways), alone: v.alone()})
			}
		}
	}
	v.explained = ways
	return ways
}

// explain looks for the smallest delivery that fails in that way.
func (r *run) explain(ctx context.Context, w *way) {
	if ctx.Err() != nil || r.gone() != nil {
		w.verdict.late.Store(true)
		return
	}
	if w.besides || w.verdict.check.DisruptsServices() {
		// A replay takes seconds, and many where a database has to start.
		r.counterexample(w.verdict.check, w.failure, finding{Shrunk: scenarios.Shrunk{Scenario: w.play.scenario}}, w.n)
		return
	}
	m := r.newMinimizer(w.play, *w.failure, fmt.Sprintf("%s/smaller/%d", w.verdict.check.ID, w.n))
	found, ok := m.minimize(ctx, w.play.scenario)
	if found.cut || !ok && ctx.Err() != nil {
		w.verdict.late.Store(true)
	}
	w.play.shrunk(w.failure, found, ok)
	r.counterexample(w.verdict.check, w.failure, found, w.n)
}

// spread gives a way's likely cause to all failures that look the same.
func (v *verdict) spread() {
	for _, p := range v.plays {
		for i := range p.failures {
			for _, w := range v.explained {
				if w.failure.Symptom() == p.failures[i].Symptom() {
					p.failures[i].CauseID = w.failure.CauseID
				}
			}
		}
	}
}

// attribute finds the entries that a batch of p was refused for, and plays p
// again without them, so that they don't hide what else is wrong; nil where
// nobody is to blame but the batch as a whole, or nothing else is wrong.
func (r *run) attribute(ctx context.Context, p *play) *play {
	request := p.scenario.Request(int(p.unfit))
	at := slices.IndexFunc(p.failures, func(f event.Failure) bool { return f.Kind == event.Refused })
	if request == nil || at < 0 || !request.Acknowledged() {
		return nil
	}
	refs := scenarios.EntryRefs(p.scenario, request.Batch)
	if len(refs) < 2 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, shrinkFor)
	defer cancel()
	id := r.cfg.Target.Identity
	m := r.newMinimizer(p, p.failures[at], p.check.ID+"/blame/"+p.scenario.Name)
	blamed := scenarios.Blame(len(refs), func(keep []int) bool {
		if limited.Err() != nil {
			return false
		}
		again := m.replay(limited, p.scenario.Keeping(id, int(p.unfit), keep).Unjudged(), &m.pace)
		return again != nil && again.unfit == p.unfit
	})
	if len(blamed) == 0 || limited.Err() != nil {
		return nil
	}
	guilty := slices.Concat(blamed...)
	p.failures[at].Detail += "; " + blame(refs, blamed)
	var rest []int
	for i := range refs {
		if !slices.Contains(guilty, i) {
			rest = append(rest, i)
		}
	}
	without := p.scenario.Keeping(id, int(p.unfit), rest)
	without.Name = strings.TrimPrefix(without.Name+", without what is refused", ", ")
	patient := pace{settle: r.cfg.Target.Settle}
	if again := m.replay(ctx, without, &patient); again != nil && len(again.failures) > 0 {
		return again
	}
	return nil
}

// blame tells which entries a batch was refused for.
func blame(refs []scenarios.Ref, blamed [][]int) string {
	parts := make([]string, len(blamed))
	guilty := 0
	for i, part := range blamed {
		guilty += len(part)
		words := make([]string, len(part))
		for j, at := range part {
			word := string(refs[at].Status)
			if refs[at].Status == mocksender.Cancelled {
				word += ", no device_token"
			}
			words[j] = fmt.Sprintf("entry %d (%s)", at+1, word)
		}
		parts[i] = strings.Join(words, " beside ")
	}
	rest := fmt.Sprintf("the other %d are acknowledged without it", len(refs)-guilty)
	switch {
	case len(refs)-guilty == 1:
		rest = "the other one is acknowledged without it"
	case len(refs) == guilty:
		rest = "none is left without it"
	}
	return "refused because of " + strings.Join(parts, " and of ") + "; " + rest
}

// shrunk makes the failure tell what its smallest delivery shows.
func (p *play) shrunk(f *event.Failure, found finding, ok bool) {
	if !ok {
		if found.failed == 0 && found.played == manyTries {
			f.Frequency = fmt.Sprintf("1 of %d", manyTries+1)
		}
		return
	}
	_, blamed, _ := strings.Cut(f.Detail, "; ")
	details := []string{found.failure.Detail, blamed, found.limits()}
	f.Detail = strings.Join(slices.DeleteFunc(details, func(s string) bool { return s == "" }), "; ")
	f.Message, f.Expected, f.Got = found.failure.Message, found.failure.Expected, found.failure.Got
	f.Timeline, f.Curl, f.Log = found.failure.Timeline, found.failure.Curl, found.failure.Log
	f.Trace = found.failure.Trace
	// After an outage what came before it, and how times are compared, is not to blame.
	if !p.check.HasOutage() {
		f.CauseID = found.cause(f.CauseID)
	}
	for _, step := range found.Scenario.Steps {
		f.Smallest = append(f.Smallest, step.String())
	}
	if found.failed < found.played {
		f.Frequency = fmt.Sprintf("%d of %d", found.failed, found.played)
	}
}

// limits tells at which sizes the failure begins.
func (f finding) limits() string {
	var parts []string
	for _, l := range f.Limits {
		switch body, below := f.play.body(f.Scenario), f.play.body(l.Below); {
		case l.What == scenarios.ContentBytes && body > below:
			parts = append(parts, fmt.Sprintf("a body of %d bytes fails, one of %d passes", body, below))
		default:
			parts = append(parts, fmt.Sprintf("%d %s fail, %d pass", l.Fails, l.What, l.Fails-1))
		}
	}
	return strings.Join(parts, "; ")
}

// body is how long the scenario's longest request is, with the keys of p.
func (p *play) body(s scenarios.Scenario) int {
	cast, err := scenarios.Bind(s, fixtures.Seed(0), p.run.cfg.Epoch, "")
	if err != nil {
		return 0
	}
	longest := 0
	for n := 1; s.Request(n) != nil; n++ {
		longest = max(longest, len(mocksender.AppendEvents(nil, cast.Events(s.Request(n).Batch))))
	}
	return longest
}

// relate lets one failure tell an explanation, and the others of the same cause
// name its check: the first one in the table that fails the run.
func (r *run) relate(failing []*verdict) {
	order := map[string]int{}
	for i := range r.checks {
		order[r.checks[i].ID] = i
	}
	slices.SortStableFunc(failing, func(a, b *verdict) int {
		return cmp.Or(cmp.Compare(r.urgency(a), r.urgency(b)), cmp.Compare(order[a.check.ID], order[b.check.ID]))
	})
	each := func(do func(v *verdict, f *event.Failure)) {
		for _, v := range failing {
			for _, p := range v.plays {
				for i := range p.failures {
					do(v, &p.failures[i])
				}
			}
		}
	}
	if r.explains == nil {
		r.explains = map[string]string{}
	}
	each(func(v *verdict, f *event.Failure) {
		if _, ok := r.explains[f.CauseID]; !ok && len(f.Smallest) > 0 {
			r.explains[f.CauseID] = v.check.ID
		}
	})
	each(func(v *verdict, f *event.Failure) {
		if c, _ := explain.CauseByID(f.CauseID); r.explains[c.Wider] != "" {
			f.CauseID = c.Wider
		}
		if first := r.explains[f.CauseID]; first != v.check.ID {
			f.SameAs = first
		}
	})
}
