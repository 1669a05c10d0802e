package explain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/scenarios"
)

const (
	// shrinkFor is how long one way to fail is made smaller at most, and
	// confirmFor how long the smallest may take to be confirmed, unless a state
	// has more time to settle than that.
	shrinkFor  = 7 * time.Second
	confirmFor = 3 * time.Second
	// hastySettle is the shortest time that a replay gives a state to become
	// right, however quick the receiver was so far.
	hastySettle = 25 * time.Millisecond
	// longSettle is a time to settle that a failure is not waited for more often
	// than need be.
	longSettle = 400 * time.Millisecond
	// sometimes is how often a scenario is played to see whether it always fails,
	// where there is reason to doubt it.
	sometimes = 8
	// manyTries is how often something that happens only sometimes is tried.
	manyTries = 40
)

// minimizer makes one failure smaller, by replays with new messages.
type minimizer struct {
	*explainer
	check *scenarios.Check
	like  state.Symptom // what a replay must show to count as failed
	id    string        // sets its messages apart from all others
	pace  Options
	tries int // of each scenario, until one fails
	n     int // replays so far
	// last is the replay that failed last, and shown what it showed.
	last  Play
	shown event.Failure
	gone  bool // nothing can be played any more
}

// smallest is a failure as small as it was found.
type smallest struct {
	scenarios.Shrunk
	play    Play          // shows it; without a scenario where none did
	failure event.Failure // what it shows
	// failed of played replays of the smallest showed it; equal where it always
	// happens.
	failed, played int
	cut            bool // time ran out before nothing could be left out
}

// newMinimizer makes a minimizer for a finding.
func (x *explainer) newMinimizer(f *finding) *minimizer {
	return x.minimizerOf(f.of.Check, *f.failure, fmt.Sprintf("%s/smaller/%d", f.of.Check.ID, f.n))
}

func (x *explainer) minimizerOf(check *scenarios.Check, f event.Failure, id string) *minimizer {
	settle := min(x.Settle, max(hastySettle, 3*x.Slowest))
	m := &minimizer{explainer: x, check: check, like: f.Symptom(), id: id, tries: 1, pace: Options{Settle: settle, Hasty: true}}
	if f.Kind == event.Reverted || f.Kind == event.Accepted && f.Expected == nil && f.Got != nil {
		m.pace.Settle, m.pace.LookAgain = x.Settle, true
	}
	return m
}

// minimize looks for the smallest scenario that still fails as s does. What it
// looks at in haste it confirms with patience; where that says otherwise it
// begins again, with more patience. ok is false where s itself did not fail in
// any replay, or nothing could be confirmed in time.
func (m *minimizer) minimize(ctx context.Context, s scenarios.Scenario) (f smallest, ok bool) {
	full := m.Settle
	limited, cancel := context.WithTimeout(ctx, shrinkFor)
	defer cancel()
	for {
		failed, played := m.measure(limited, s, m.trials(s))
		if failed == 0 {
			_, more := m.measure(limited, s, manyTries-played)
			return smallest{Shrunk: scenarios.Shrunk{Scenario: s}, played: played + more}, false
		}
		m.tries = attempts(failed, played)
		f.Shrunk = scenarios.Shrink(limited, s, m.Identity, m.fails)
		f.cut = limited.Err() != nil
		// On top of the time that is over: without proof a smallest one is worth
		// nothing.
		ok = m.confirm(ctx, &f)
		switch {
		case ok:
			return f, true
		case limited.Err() != nil, m.gone, m.pace.Settle >= full:
			return smallest{Shrunk: scenarios.Shrunk{Scenario: s}, failed: failed, played: played}, false
		}
		m.pace.Settle = min(4*m.pace.Settle, full)
	}
}

// trials is how often a scenario is played to see whether it always fails: more
// often where requests overlap, and once where each time takes long.
func (m *minimizer) trials(s scenarios.Scenario) int {
	switch {
	case overlaps(s):
		return sometimes
	case m.pace.Settle > longSettle:
		return 1
	}
	return 3
}

func overlaps(s scenarios.Scenario) bool {
	return slices.ContainsFunc(s.Steps, func(step scenarios.Step) bool { return step.Together != nil })
}

// attempts is how often a scenario must pass until it is unlikely, 1 in 20,
// that one which fails so often would.
func attempts(failed, played int) int {
	if failed == played {
		return 1
	}
	rate := float64(failed) / float64(played)
	return min(manyTries, int(math.Ceil(math.Log(0.05)/math.Log(1-rate))))
}

// measure counts how many of n replays fail.
func (m *minimizer) measure(ctx context.Context, s scenarios.Scenario, n int) (failed, played int) {
	for played < n && ctx.Err() == nil && !m.gone {
		fails := m.once(ctx, s, m.pace)
		if !fails && (ctx.Err() != nil || m.gone) {
			break // was cut off
		}
		played++
		if fails {
			failed++
		}
	}
	return failed, played
}

// fails is the oracle of the shrinking.
func (m *minimizer) fails(ctx context.Context, s scenarios.Scenario) bool {
	for range m.tries {
		if ctx.Err() != nil || m.gone {
			return false
		}
		if m.once(ctx, s, m.pace) {
			return true
		}
	}
	return false
}

// confirm sees that the smallest scenario fails with all the time that a right
// receiver may need, and counts how often.
func (m *minimizer) confirm(ctx context.Context, f *smallest) bool {
	full := m.Settle
	patient := m.pace
	patient.Settle, patient.Hasty = full, false
	limited, cancel := context.WithTimeout(ctx, max(confirmFor, full+confirmFor/3))
	defer cancel()
	// First with a look after each step, for the report; but such a look may keep
	// requests that race from colliding.
	confirmed := false
	if !overlaps(f.Scenario) {
		illustrated := patient
		illustrated.Illustrate = true
		confirmed = m.once(limited, f.Scenario, illustrated)
	}
	for try := 0; try < m.tries && !confirmed && limited.Err() == nil && !m.gone; try++ {
		confirmed = m.once(limited, f.Scenario, patient)
	}
	if !confirmed {
		return false
	}
	f.play, f.failure = m.last, m.shown
	counting, cancel := context.WithTimeout(ctx, confirmFor)
	defer cancel()
	n := m.trials(f.Scenario)
	if m.tries > 1 {
		n = sometimes
	}
	f.failed, f.played = m.measure(counting, f.Scenario, n)
	if f.failed < f.played {
		failed, played := m.measure(counting, f.Scenario, manyTries-f.played)
		f.failed, f.played = f.failed+failed, f.played+played
	}
	return true
}

// once plays a scenario with new messages, and tells whether it fails in the
// same way.
func (m *minimizer) once(ctx context.Context, s scenarios.Scenario, pace Options) bool {
	p, ok := m.again(ctx, s, pace)
	if !ok {
		return false
	}
	for _, f := range p.Failures {
		if f.Symptom() == m.like {
			m.last, m.shown = p, f
			return true
		}
	}
	return false
}

// again plays a scenario with new messages; false where it could not be judged.
func (m *minimizer) again(ctx context.Context, s scenarios.Scenario, pace Options) (Play, bool) {
	m.n++
	pace.Label = fmt.Sprintf("%s/%d", m.id, m.n)
	p, err := m.replay(ctx, m.check, s, pace)
	m.gone = m.gone || errors.Is(err, ErrGone)
	return p, err == nil && ctx.Err() == nil
}
