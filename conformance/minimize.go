package conformance

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
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

// pace is how a replay differs from a run's own play.
type pace struct {
	// settle is how long a final state may take.
	settle time.Duration
	// hasty sends a batch that failed again at once, and only a few times.
	hasty bool
	// lookAgain looks at what was right once more, when the time to settle is
	// over.
	lookAgain bool
	// illustrate asks for all states after each step, to show them.
	illustrate bool
}

// hurry sets a sender to the play's pace.
func (p *play) hurry(s *mocksender.Sender, step scenarios.Step) {
	switch {
	case step.Outage != "":
		s.Clock = clock.Scaled(p.scale(step))
	case p.pace == nil:
	case p.pace.hasty && step.Acknowledged():
		const more = 2 // so that a receiver that was busy for a moment is not accused
		s.Backoff = mocksender.Backoff{Retries: max(len(step.Faults), len(step.Proxy)) + more, Window: -1}
	default:
		// A replay does not take two hours because the run does.
		s.Clock = clock.Scaled(p.scale(step))
	}
}

// scale is how much faster than real time the step's retries come.
func (p *play) scale(step scenarios.Step) float64 {
	if step.Outage != "" {
		return min(p.run.cfg.TimeScale, outageScale(step))
	}
	if p.pace == nil || p.pace.hasty && step.Acknowledged() {
		return p.run.cfg.TimeScale
	}
	return max(DefaultTimeScale, p.run.cfg.TimeScale)
}

// settle is how long the play's final states may take.
func (p *play) settle() time.Duration {
	if p.pace != nil {
		return p.pace.settle
	}
	return p.run.cfg.Target.Settle
}

// lookAgain is the second look of a replay.
func (p *play) lookAgain(ctx context.Context) error {
	if len(p.settled) == 0 {
		return nil
	}
	if err := pause(ctx, time.Until(p.lastAck.Add(p.settle()))); err != nil {
		return err
	}
	keys := make([]mocksender.Key, len(p.settled))
	for i, w := range p.settled {
		keys[i] = w.Key
	}
	states, err := p.run.prober.States(ctx, keys)
	if err != nil {
		return err
	}
	for i, w := range p.settled {
		p.changed(w, states[i])
	}
	return nil
}

// settled remembers how long states took that became right.
func (r *run) settled(took time.Duration) {
	for {
		before := r.slowest.Load()
		if int64(took) <= before || r.slowest.CompareAndSwap(before, int64(took)) {
			return
		}
	}
}

// minimizer makes one failure smaller, by replays with new messages.
type minimizer struct {
	run   *run
	check *scenarios.Check
	like  event.Failure // what a replay must show to count as failed
	id    string        // sets its messages apart from all others
	pace  pace
	tries int // of each scenario, until one fails
	n     int // replays so far
	// last is the replay that failed last, and shown what it showed.
	last  *play
	shown event.Failure
}

// finding is a failure as small as it was found.
type finding struct {
	scenarios.Shrunk
	play    *play         // shows it
	failure event.Failure // what it shows
	// failed of played replays of the smallest showed it; equal where it always
	// happens.
	failed, played int
	cut            bool // time ran out before nothing could be left out
}

// newMinimizer makes a minimizer for a failure of p.
func (r *run) newMinimizer(p *play, f event.Failure, id string) *minimizer {
	settle := min(r.cfg.Target.Settle, max(hastySettle, 3*time.Duration(r.slowest.Load())))
	m := &minimizer{run: r, check: p.check, like: f, id: id, tries: 1, pace: pace{settle: settle, hasty: true}}
	if f.Kind == event.Reverted || f.Kind == event.Accepted && f.Expected == nil && f.Got != nil {
		m.pace.settle, m.pace.lookAgain = r.cfg.Target.Settle, true
	}
	return m
}

// minimize looks for the smallest scenario that still fails as s does. What it
// looks at in haste it confirms with patience; where that says otherwise it
// begins again, with more patience. ok is false where s itself did not fail in
// any replay, or nothing could be confirmed in time.
func (m *minimizer) minimize(ctx context.Context, s scenarios.Scenario) (f finding, ok bool) {
	full := m.run.cfg.Target.Settle
	limited, cancel := context.WithTimeout(ctx, shrinkFor)
	defer cancel()
	for {
		failed, played := m.measure(limited, s, m.trials(s))
		if failed == 0 {
			_, more := m.measure(limited, s, manyTries-played)
			return finding{Shrunk: scenarios.Shrunk{Scenario: s}, played: played + more}, false
		}
		m.tries = attempts(failed, played)
		f.Shrunk = scenarios.Shrink(limited, s, m.run.cfg.Target.Identity, m.fails)
		f.cut = limited.Err() != nil
		// On top of the time that is over: without proof a smallest one is worth
		// nothing.
		ok = m.confirm(ctx, &f)
		switch {
		case ok:
			return f, true
		case limited.Err() != nil, m.pace.settle >= full:
			return finding{Shrunk: scenarios.Shrunk{Scenario: s}, failed: failed, played: played}, false
		}
		m.pace.settle = min(4*m.pace.settle, full)
	}
}

// trials is how often a scenario is played to see whether it always fails: more
// often where requests overlap, and once where each time takes long.
func (m *minimizer) trials(s scenarios.Scenario) int {
	switch {
	case overlaps(s):
		return sometimes
	case m.pace.settle > longSettle:
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
	for played < n && ctx.Err() == nil && m.run.gone() == nil {
		fails := m.once(ctx, s, m.pace)
		if !fails && ctx.Err() != nil {
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
		if ctx.Err() != nil || m.run.gone() != nil {
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
func (m *minimizer) confirm(ctx context.Context, f *finding) bool {
	full := m.run.cfg.Target.Settle
	patient := m.pace
	patient.settle, patient.hasty = full, false
	limited, cancel := context.WithTimeout(ctx, max(confirmFor, full+confirmFor/3))
	defer cancel()
	// First with a look after each step, for the report; but such a look may keep
	// requests that race from colliding.
	confirmed := false
	if !overlaps(f.Scenario) {
		illustrated := patient
		illustrated.illustrate = true
		confirmed = m.once(limited, f.Scenario, illustrated)
	}
	for try := 0; try < m.tries && !confirmed && limited.Err() == nil && m.run.gone() == nil; try++ {
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
func (m *minimizer) once(ctx context.Context, s scenarios.Scenario, pace pace) bool {
	p := m.replay(ctx, s, &pace)
	if p == nil {
		return false
	}
	for _, f := range p.failures {
		if m.like.Symptom() == f.Symptom() {
			m.last, m.shown = p, f
			return true
		}
	}
	return false
}

// replay plays a scenario with new messages; nil where it could not be judged.
func (m *minimizer) replay(ctx context.Context, s scenarios.Scenario, pace *pace) *play {
	m.n++
	cast, err := scenarios.Bind(s, m.run.cfg.seed(), m.run.cfg.Epoch, fmt.Sprintf("%s/%d", m.id, m.n))
	if err != nil {
		return nil
	}
	p := &play{run: m.run, check: m.check, scenario: s, cast: cast, pace: pace}
	p.do(ctx)
	if p.broke != nil || ctx.Err() != nil {
		return nil
	}
	// No answer proves nothing while the receiver does not answer at all.
	if p.unfit > 0 && m.run.reachable(ctx) != nil {
		return nil
	}
	return p
}
