package play

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ctxpush/ctxpush/scenarios"
)

// raceRounds is how often a counterexample whose requests race is played, with
// fresh messages, before it counts as mended: one that fails in a fifth of the
// rounds gets through them with a probability of 1 in 7500.
const raceRounds = 40

// roundsBeside is how many of these rounds are played side by side.
const roundsBeside = 4

// Rounds plays a scenario, and a counterexample whose requests go out together
// again, several rounds side by side, until one fails; the outcome is that one's.
// play plays the round of that number, 0 is the first.
func Rounds(ctx context.Context, c *scenarios.Check, s scenarios.Scenario, o Options, play func(int, Options) (Outcome, error)) (Outcome, int, error) {
	out, err := play(0, o)
	overlaps := slices.ContainsFunc(s.Steps, func(s scenarios.Step) bool { return s.Together != nil })
	if c.Counterexample == "" || !overlaps || err != nil {
		return out, 1, err
	}
	tell := o.Follow
	o.Follow = nil
	round := 1
	for round < raceRounds && len(out.Failures) == 0 && out.Broke == nil && ctx.Err() == nil {
		outs := make([]Outcome, min(roundsBeside, raceRounds-round))
		var group errgroup.Group
		for i := range outs {
			group.Go(func() (err error) {
				outs[i], err = play(round+i, o)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return out, round, err
		}
		for _, out = range outs {
			if round++; len(out.Failures) > 0 || out.Broke != nil {
				break
			}
		}
	}
	if round > 1 && tell != nil {
		tell(ScenarioRepeated{Rounds: round, Lines: out.Lines(), Failures: out.Failures})
	}
	return out, round, nil
}
