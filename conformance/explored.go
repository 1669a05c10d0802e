package conformance

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/explore"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/scenarios"
)

// maxExamples is how many ways to fail are played again on their own, for their
// evidence. More than a few are one bug seen from many sides.
const maxExamples = 16

// logLines is how much of the receiver's log goes with a failure.
const logLines = 20

// example is a play that stands for a group of explored schedules that failed.
type example struct {
	play  explain.Play
	trace event.Scenario
}

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
			Attempted: r.attempted(c),
		}
	}
	return nil
}

// explore plays the explored checks one after the other, each as wide as the
// run is parallel, and looks at all their states again at the end.
func (r *run) explore(ctx context.Context, verdicts []*verdict) {
	if len(verdicts) == 0 {
		return
	}
	if r.cfg.Explore == scenarios.Quick && !r.cfg.Target.Probe.Bulk() {
		r.note("explored: quick; --explore standard plays more, and a bulk look-up (probe.bulk) makes it fast")
	}
	all := make([]explore.Exploration, len(verdicts))
	for i, v := range verdicts {
		all[i] = *v.exploration
	}
	fields, sent, err := explore.Fields(ctx, r.subject, all)
	for i, v := range verdicts {
		r.emit(event.CheckStarted{Time: time.Now(), ID: v.check.ID})
		v.exploration.Judge = fields
		if v.explored.Broke = err; err == nil {
			v.explored = explore.Explore(ctx, r.subject, *v.exploration)
		}
		v.explored.Requests += sent[i].Requests
		v.explored.Events += sent[i].Events
		if ctx.Err() != nil {
			return
		}
		if v.explored.Failed() == 0 {
			r.finish(v)
		}
	}
	// Together, as each may take all its time to settle.
	var failed sync.WaitGroup
	for _, v := range verdicts {
		if v.explored.Failed() > 0 {
			failed.Go(func() { v.examples = r.examples(ctx, v) })
		}
	}
	failed.Wait()
	if ctx.Err() != nil {
		return
	}
	for _, v := range verdicts {
		if v.explored.Failed() > 0 {
			r.finish(v)
		}
	}
	if err == nil {
		r.exploreAgain(ctx, verdicts)
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
				v.examples = append(v.examples, example{play: r.asFound(v, g)}) // can't be played again
			}
		}
		r.finish(v)
	}
}

// examples are the simplest schedule of each group as plays of their own. They
// are played again with new messages and nothing beside them, for evidence that
// is easy to read.
func (r *run) examples(ctx context.Context, v *verdict) []example {
	groups := v.explored.Groups
	all := make([]example, len(groups))
	free := make(chan struct{}, r.cfg.Parallel)
	var playing sync.WaitGroup
	for i, g := range groups {
		all[i].play = r.asFound(v, g)
		if i >= maxExamples || g.Symptom.Kind == event.Crashed || r.subject.Gone() != nil {
			continue
		}
		playing.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			all[i] = r.playedAlone(ctx, v, g, all[i])
		})
	}
	playing.Wait()
	return all
}

// playedAlone is an example played once more, alone: with what it showed then, or
// as it was found.
func (r *run) playedAlone(ctx context.Context, v *verdict, g explore.Group, found example) example {
	cast, err := r.bind(g.Scenario, fmt.Sprintf("%s/again/%d", v.check.ID, g.Index))
	if err != nil {
		return found
	}
	again := play.Play(ctx, r.subject, g.Scenario, cast, r.options(v.check))
	r.settled(again.Took)
	was := found.play.Failures[0]
	for _, f := range again.Failures {
		if f.Symptom() == g.Symptom {
			f.Count, f.CauseID, f.Detail, f.Remark = was.Count, was.CauseID, was.Detail, was.Remark
			p := playOf(again)
			p.Failures = []event.Failure{f}
			return example{play: p, trace: again.Trace()}
		}
	}
	was.Detail += ", among others"
	was.Remark = joined(was.Remark, "not when it was played again alone")
	found.play.Failures = []event.Failure{was}
	found.play.Requests, found.play.Events = again.Sent.Requests, again.Sent.Events
	return found
}

// asFound is a group's simplest schedule as it was found.
func (r *run) asFound(v *verdict, g explore.Group) explain.Play {
	f := r.subject.Hidden(g.Failure)
	f.Count = g.Count
	f.CauseID = explain.GuessByOrder(g.Scenario, g.Cast, f, v.check.Cause)
	if x := v.explored; x.Played < x.Total {
		f.Remark = fmt.Sprintf("%s of %s schedules were played", humanize.Comma(int64(x.Played)), humanize.Comma(int64(x.Total)))
	}
	f.Log = r.subject.Receiver.Log(logLines)
	return explain.Play{Scenario: g.Scenario, Cast: g.Cast, Failures: []event.Failure{f}}
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
