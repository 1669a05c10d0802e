package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/dustin/go-humanize"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/scenarios"
)

// groups are the groups that match, the largest first.
func (x *exploration) groups(match func(state.Symptom) bool) []*group {
	x.mu.Lock()
	defer x.mu.Unlock()
	var symptoms []state.Symptom
	for s := range x.failing {
		if match(s) {
			symptoms = append(symptoms, s)
		}
	}
	slices.SortFunc(symptoms, func(a, b state.Symptom) int {
		return cmp.Or(
			cmp.Compare(x.failing[b].count, x.failing[a].count),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Expected, b.Expected), cmp.Compare(a.Got, b.Got),
			cmp.Compare(a.Field, b.Field), cmp.Compare(a.Answer, b.Answer))
	})
	groups := make([]*group, len(symptoms))
	for i, s := range symptoms {
		groups[i] = x.failing[s]
	}
	return groups
}

// examples are the simplest schedule of each group as plays of their own. They
// are played again with new messages and nothing beside them, for evidence that
// is easy to read.
func (x *exploration) examples(ctx context.Context) []*play {
	groups := x.groups(func(s state.Symptom) bool { return s.Kind != event.Reverted })
	plays := make([]*play, len(groups))
	free := make(chan struct{}, x.run.cfg.Parallel)
	var all sync.WaitGroup
	for i, g := range groups {
		plays[i] = x.replay(g)
		if i >= maxTold || g.failure.Kind == event.Crashed || x.run.gone() != nil {
			continue
		}
		all.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			again := x.newPlay(g, fmt.Sprintf("%s/again/%d", x.check.ID, g.route.index))
			again.do(ctx)
			for _, f := range again.failures {
				if f.Symptom() == g.failure.Symptom() {
					f.Count, f.CauseID, f.Detail = g.count, g.failure.CauseID, plays[i].failures[0].Detail
					again.failures = []event.Failure{f}
					plays[i] = again
					return
				}
			}
			plays[i].failures[0].Detail += ", among others; not when it was played again alone"
			plays[i].requests, plays[i].events = again.requests, again.events
		})
	}
	all.Wait()
	return plays
}

// reverted are plays for the groups of the second look, which can't be played
// again.
func (x *exploration) reverted() []*play {
	var plays []*play
	for _, g := range x.groups(func(s state.Symptom) bool { return s.Kind == event.Reverted }) {
		plays = append(plays, x.replay(g))
	}
	return plays
}

// newPlay is a group's representative as a play.
func (x *exploration) newPlay(g *group, label string) *play {
	p := &play{run: x.run, check: x.check}
	if g.route == nil {
		return p
	}
	p.scenario = g.route.schedule.Scenario(x.judge)
	p.cast = g.route.cast
	if label != "" {
		if cast, err := scenarios.Bind(p.scenario, x.run.cfg.seed(), x.run.cfg.Epoch, label); err == nil {
			p.cast = cast
		}
	}
	return p
}

// replay is a group's representative as it was found.
func (x *exploration) replay(g *group) *play {
	p := x.newPlay(g, "")
	f := x.run.hidden(g.failure)
	f.Count = g.count
	if x.played < x.total {
		f.Detail += fmt.Sprintf("; %s of %s schedules were played", humanize.Comma(int64(x.played)), humanize.Comma(int64(x.total)))
	}
	f.Log = x.run.receiver.Log(logLines)
	p.failures = []event.Failure{f}
	return p
}
