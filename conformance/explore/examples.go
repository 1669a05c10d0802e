package explore

import (
	"context"
	"fmt"
	"sync"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/scenarios"
)

// maxExamples is how many ways to fail are played again on their own, for their
// evidence. More than a few are one bug seen from many sides.
const maxExamples = 16

// logLines is how much of the receiver's log goes with a failure.
const logLines = 20

// Example is a group's simplest schedule, played once more with new messages and
// nothing beside it, for evidence that is easy to read, or as it was found where it
// did not fail so again.
type Example struct {
	Outcome play.Outcome
	// Failure is the group's one.
	Failure event.Failure
}

// Examples are those of all groups, in their order.
func Examples(ctx context.Context, s *subject.Subject, x Exploration, r Result, o play.Options) []Example {
	all := make([]Example, len(r.Groups))
	free := make(chan struct{}, max(1, 2*x.Workers))
	var playing sync.WaitGroup
	for i, g := range r.Groups {
		all[i] = AsFound(s, r, g)
		if i >= maxExamples || g.Symptom.Kind == event.Crashed || s.Gone() != nil {
			continue
		}
		playing.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			all[i] = x.playedAlone(ctx, s, g, all[i], o)
		})
	}
	playing.Wait()
	return all
}

// AsFound is a group's simplest schedule as it was found.
func AsFound(s *subject.Subject, r Result, g Group) Example {
	f := s.Hide(g.Failure)
	f.Count = g.Count
	if r.Played < r.Total {
		f.Remark = fmt.Sprintf("%s of %s schedules were played", thousands(r.Played), thousands(r.Total))
	}
	f.Log = s.Receiver.Log(logLines)
	return Example{play.Outcome{Scenario: g.Scenario, Cast: g.Cast}, f}
}

func (x Exploration) playedAlone(ctx context.Context, s *subject.Subject, g Group, found Example, o play.Options) Example {
	cast, err := scenarios.Bind(g.Scenario, x.Seed, x.Epoch, fmt.Sprintf("%s/again/%d", x.Of.Check.ID, g.Index))
	if err != nil {
		return found
	}
	again := play.Play(ctx, s, g.Scenario, cast, o)
	for _, f := range again.Failures {
		if f.Symptom() == g.Symptom {
			f.Count, f.Detail, f.Remark = found.Failure.Count, found.Failure.Detail, found.Failure.Remark
			return Example{again, f}
		}
	}
	found.Failure.Remark = joined(found.Failure.Remark, "among others; not when it was played again alone")
	found.Outcome.Sent, found.Outcome.Took = again.Sent, again.Took
	return found
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
