package traffic

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/scenarios"
)

// mostExplained is how many ways to fail are played once more, alone.
const mostExplained = 10

// explain plays a message of each way to fail once more, with a key of its own and
// nothing beside it: for the evidence, and for a scenario that shows it.
func (v *verdict) explain(ctx context.Context) {
	for i, g := range v.groups {
		f := g.failure
		f.Schedule = v.order.title
		cause := ""
		if g.of != nil && i < mostExplained && ctx.Err() == nil {
			f, cause = v.again(ctx, i, g)
		}
		if f.CauseID = cause; cause == "" {
			f.CauseID = explain.Guess(f.Symptom(), "order-dependent")
		}
		v.failures = append(v.failures, explain.Told(f))
	}
}

// again is the failure with what playing its message again has shown.
func (v *verdict) again(ctx context.Context, n int, g *found) (f event.Failure, cause string) {
	f = g.failure
	name := v.order.title
	if v.order.id == everyID {
		name = words(g.of.sorted, g.of.rounds)
	}
	s, err := g.of.scenario(name)
	if err != nil {
		return f, ""
	}
	f.Schedule = s.Name
	check := v.order.check()
	check.Counterexample = check.ID
	out, err := v.rounds(ctx, &check, s, n)
	if err != nil {
		return f, ""
	}
	shown := len(out.Failures) > 0
	if shown {
		seen := out.Failures[0]
		for _, o := range out.Failures {
			if o.Symptom() == f.Symptom() {
				seen = o
			}
		}
		seen.Count, seen.Schedule = f.Count, s.Name
		f = seen
		cause = explain.GuessByOrder(s, out.Cast, f, "order-dependent")
	} else {
		f.Remark = "not shown again by its message alone"
	}
	f.Counterexample, f.Scenario = v.counterexample(check, s, n, f, cause, shown)
	return f, cause
}

// rounds plays the scenario, one whose requests race until it fails.
func (v *verdict) rounds(
	ctx context.Context, check *scenarios.Check, s scenarios.Scenario, n int,
) (play.Outcome, error) {
	seed := fixtures.Seed(v.Seed).Salted(v.Salt)
	o := play.Options{Check: check, Seed: seed, TimeScale: v.TimeScale, Pace: play.Patient}
	out, _, err := play.Rounds(ctx, check, s, o, func(round int, o play.Options) (play.Outcome, error) {
		cast, err := scenarios.Bind(s, seed, v.Epoch, fmt.Sprintf("%s/%d/%d", check.ID, n, round))
		if err != nil {
			return play.Outcome{}, err
		}
		return play.Play(ctx, v.subject, s, cast, o), nil
	})
	return out, err
}

// scenario is the message as it travelled; of one that came as it was, in the order
// of its entries.
func (m *message) scenario(name string) (scenarios.Scenario, error) {
	rounds := m.rounds
	if rounds == nil {
		rounds = single(arrivals(m.sorted))
	}
	var requests []scenarios.Recorded
	for _, r := range rounds {
		for _, batch := range r {
			var one scenarios.Recorded
			for _, place := range batch {
				one.Entries = append(one.Entries, m.sorted[place].event)
			}
			requests = append(requests, one)
		}
	}
	var truth scenarios.Recorded
	for _, e := range m.sorted {
		truth.Entries = append(truth.Entries, e.event)
	}
	s, err := scenarios.FromRequests(name, requests, truth.Entries...)
	if err != nil {
		return s, err
	}
	steps := s.Steps
	s.Steps = nil
	for _, r := range rounds {
		if len(r) == 1 {
			s.Steps = append(s.Steps, steps[0])
		} else {
			s.Steps = append(s.Steps, scenarios.Step{Together: steps[:len(r):len(r)]})
		}
		steps = steps[len(r):]
	}
	return s, nil
}

// counterexample is the scenario as a file of the report.
func (v *verdict) counterexample(
	check scenarios.Check, s scenarios.Scenario, n int, f event.Failure, cause string, shown bool,
) (name string, text []byte) {
	name = check.ID
	if n > 0 {
		name = fmt.Sprintf("%s-%d", name, n+1)
	}
	if !shown {
		name = "unconfirmed/" + name
	}
	name = "counterexamples/" + name + ".yaml"
	check.Unconfirmed, check.Cause = !shown, cause
	check.Found = strings.Join(strings.Fields(f.Details()), " ")
	check.Scenarios = []scenarios.Scenario{s}
	head := fmt.Sprintf("# A message of %s that failed the check %s,\n# with seed %d and epoch %s.\n"+
		"# Play it again: ctxpush scenario run %s %s\n",
		strings.Join(strings.Fields(v.File), " "), check.ID, v.Seed, v.Epoch.UTC().Format(time.RFC3339),
		name, v.subject.Arguments("--config "))
	return name, append([]byte(head), scenarios.Format(check)...)
}
