package conformance

import (
	"context"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/explore"
	"github.com/ctxpush/ctxpush/scenarios"
)

// explorationOf is the exploration of a check of the explored group, nil if it
// is no such check.
func (r *run) explorationOf(c *scenarios.Check) *explore.Exploration {
	for _, e := range scenarios.Explorations(r.cfg.Explore, r.cfg.Target.Identity) {
		if e.Check.ID != c.ID {
			continue
		}
		return &explore.Exploration{
			Of: e, Seed: r.cfg.seed(), Epoch: r.cfg.Epoch, TimeScale: r.cfg.TimeScale, Workers: r.cfg.Parallel / 2,
			Advanced:  func(played, of int) { r.emit(event.Advanced{Time: time.Now(), ID: c.ID, Played: played, Of: of}) },
			Noted:     func(text string) { r.note("%s", text) },
			Attempted: r.attempted(c, 0),
		}
	}
	return nil
}

// beginExploring explores the checks beside others, unless connections are few, as
// what goes out at once would wait for each other, or states lag: then it has the
// receiver for itself. wait returns when all is explored.
func (r *run) beginExploring(ctx context.Context, verdicts []*verdict) (wait func()) {
	if len(verdicts) == 0 {
		return func() {}
	}
	all := make([]explore.Exploration, len(verdicts))
	for i, v := range verdicts {
		all[i] = *v.exploration
	}
	found, err := explore.Look(ctx, r.subject, all)
	for i, v := range verdicts {
		v.exploration.Judge, v.exploration.Lags = found.Fields, found.Lags
		v.explored = explore.Result{Requests: found.Sent[i].Requests, Events: found.Sent[i].Events, Broke: err}
	}
	if r.connections > 0 || found.Lags {
		r.explore(ctx, verdicts)
		return func() {}
	}
	var beside sync.WaitGroup
	beside.Go(func() { r.explore(ctx, verdicts) })
	return beside.Wait
}

// explore plays the explored checks one after the other, each as wide as the
// run is parallel, and looks at all their states again at the end.
func (r *run) explore(ctx context.Context, verdicts []*verdict) {
	if r.cfg.Explore == scenarios.Quick && !r.cfg.Target.Probe.Bulk() {
		r.note("explored: quick; --explore standard plays more, and a bulk look-up (probe.bulk) makes it fast")
	}
	left, refusals := r.cfg.ExploreTime, new(explore.Refusals)
	for i, v := range verdicts {
		r.emit(event.CheckStarted{Time: time.Now(), ID: v.check.ID})
		v.exploration.Refusals = refusals
		if r.cfg.ExploreTime > 0 { // at least a first few, whatever is left
			v.exploration.For = max(time.Millisecond, left/time.Duration(len(verdicts)-i))
		}
		if before := v.explored; before.Broke == nil {
			v.explored = explore.Explore(ctx, r.subject, *v.exploration)
			v.explored.Requests += before.Requests
			v.explored.Events += before.Events
		}
		left -= min(left, v.explored.Duration)
		if ctx.Err() != nil {
			return
		}
		if v.explored.Failed() == 0 && !v.isOpen() {
			r.finish(v)
		}
	}
	r.tellShare(verdicts, refusals.LeftOut())
	for _, line := range refusals.Words() {
		r.note("%s", line)
	}
	// Together, as each may take all its time to settle.
	var failed sync.WaitGroup
	for _, v := range verdicts {
		if v.explored.Failed() > 0 && !v.explored.Ended {
			failed.Go(func() {
				for _, e := range explore.Examples(ctx, r.subject, *v.exploration, v.explored, r.options(v.check)) {
					r.settled(e.Outcome.Took)
					v.add(e)
				}
			})
		}
	}
	failed.Wait()
	if ctx.Err() != nil {
		return
	}
	for _, v := range verdicts {
		if v.explored.Failed() > 0 && !v.isOpen() {
			r.finish(v)
		}
	}
	r.exploreAgain(ctx, verdicts)
}

// tellShare says how many schedules of how many fitted into the time, but for
// those that were left out.
func (r *run) tellShare(verdicts []*verdict, leftOut int) {
	played, of := 0, -leftOut
	for _, v := range verdicts {
		played, of = played+v.explored.Played, of+v.explored.Total
	}
	if r.cfg.ExploreTime > 0 && played < of {
		r.note("explored: %s of %s schedules, the most different first, as %s allow; --explore %s plays all, --explore-time more",
			humanize.Comma(int64(played)), humanize.Comma(int64(of)), r.cfg.ExploreTime, r.cfg.Explore)
	}
}

// exploreAgain is the second look at what was right.
func (r *run) exploreAgain(ctx context.Context, verdicts []*verdict) {
	for _, v := range verdicts {
		before := v.explored
		again := explore.LookAgain(ctx, r.subject, *v.exploration, before)
		if ctx.Err() != nil {
			return
		}
		v.explored = again
		if again.Broke == before.Broke && again.Failed() == before.Failed() {
			continue
		}
		for _, g := range again.Groups {
			if g.Symptom.Kind == event.Reverted {
				v.add(explore.AsFound(r.subject, again, g)) // can't be played again
			}
		}
		if !v.isOpen() {
			r.finish(v)
		}
	}
}

// add adds an example to the verdict's plays.
func (v *verdict) add(e explore.Example) {
	p := playOf(e.Outcome)
	e.Failure.CauseID = explain.GuessByOrder(p.Scenario, p.Cast, e.Failure, v.check.Cause)
	p.Failures = []event.Failure{e.Failure}
	v.examples = append(v.examples, example{play: p, trace: e.Outcome.Trace()})
}

// example is a play that stands for a group of explored schedules that failed.
type example struct {
	play  explain.Play
	trace event.Scenario
}
