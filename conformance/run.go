package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/redact"
	"github.com/ctxpush/ctxpush/scenarios"
)

// run is one certification. It emits events and knows none of their readers.
type run struct {
	cfg      Config
	checks   []scenarios.Check
	subject  *subject.Subject
	began    time.Time
	verdicts []*verdict // of the checks, in their order

	// hidden are the target's private values besides the secret, which nothing shows
	// that is recorded; nil where there are none.
	hidden   *redact.Redactor
	emitting sync.Mutex
	// attempts is set where somebody wants to be told of each.
	attempts bool
	// connections is how many webhook requests may be under way at once: by the
	// receiver's limits or this machine's; 0 is any number.
	connections int

	// plays counts the scenarios that were played, also again.
	plays atomic.Int64
	// slowest is how long, in nanoseconds, a right state took at most, and right how
	// many plays had right ones.
	slowest, right atomic.Int64
	// patience is how much time is left to explain failures.
	patience time.Duration
	// diagnosis is what explains all that was seen by the last round, and diagnosing how
	// long it took to find.
	diagnosis  explain.Diagnosis
	diagnosing time.Duration
	// telling is the check that tells an explanation, by the likely cause.
	telling map[string]string
}

func (r *run) emit(e event.Event) {
	e = redact.Deep(r.hidden, e)
	r.emitting.Lock()
	defer r.emitting.Unlock()
	for _, o := range r.cfg.Observers {
		o.Observe(e)
	}
}

func (r *run) note(format string, args ...any) {
	r.emit(event.Noted{Time: time.Now(), Text: fmt.Sprintf(format, args...)})
}

func (r *run) started() event.RunStarted {
	target := r.subject.Target
	info := r.subject.Receiver.Info()
	e := event.RunStarted{
		Time:    time.Now(),
		Tool:    event.Tool{Version: r.cfg.Version, Seed: r.cfg.Seed, Salt: r.cfg.Salt, Epoch: r.cfg.Epoch, Protocol: string(target.Protocol)},
		Command: r.cfg.Command,
		Receiver: event.Receiver{Arguments: r.subject.Arguments("--config "), Name: target.Name, Kind: info.Kind, URL: r.subject.URL(),
			Image: info.Image, Digest: info.Digest, Identity: string(target.Identity), File: target.File, FileDigest: target.FileDigest},
	}
	for _, c := range r.checks {
		e.Checks = append(e.Checks, r.describe(c))
	}
	e.Settings = r.settings()
	for _, w := range target.Waive {
		e.Waivers = append(e.Waivers, event.Waiver{Check: w.Check, Why: w.Why})
	}
	return e
}

// describe is a check as this run judges it.
func (r *run) describe(c scenarios.Check) event.Check {
	d := Describe(c)
	if r.cfg.Level == scenarios.Recommended {
		d.Level = scenarios.Required
	}
	return d
}

// certify starts the receiver, plays every check and judges it. The error is why
// the run could not go on.
func (r *run) certify(ctx context.Context) error {
	r.began = time.Now()
	err := r.start(ctx)
	r.emit(r.started())
	if err == nil {
		err = r.reachable(ctx)
	}
	over := false
	if err == nil {
		over, err = r.firstSteps(ctx)
	}
	if err == nil && !over {
		err = r.limited(ctx)
	}
	// Whatever an interrupted call says, it is the interruption that ended the run.
	interrupted := errors.Is(err, context.Canceled) || err != nil && errors.Is(ctx.Err(), context.Canceled)
	r.emit(event.RunFinished{Time: time.Now(), Err: err, Interrupted: interrupted})
	return err
}

// limited plays all checks in the time that is left. What is not judged by then is
// told as such, and is no error of the run's.
func (r *run) limited(ctx context.Context) error {
	limited, cancel := context.WithDeadline(ctx, r.began.Add(r.cfg.TimeLimit))
	defer cancel()
	defer r.subject.Late.Watched(limited)()
	err := r.rounds(limited)
	r.tellLate(r.verdicts)
	if limited.Err() == nil || ctx.Err() != nil {
		return err
	}
	r.note("the time limit of %s is over: what was not judged by then is told as such; --time-limit sets another", r.cfg.TimeLimit)
	for _, v := range r.verdicts {
		if v.isFinished && !v.hasFailed() {
			continue
		}
		v.unsure = fmt.Errorf("not judged within the time limit of %s", r.cfg.TimeLimit)
		r.finish(v)
	}
	return nil
}

// rounds plays the checks that leave the receiver alone side by side, then those
// that are explored, looks at all their states again, and then plays those that
// stop or kill it, one after the other.
func (r *run) rounds(ctx context.Context) error {
	var calm, last, explored, disruptive []*verdict
	for i := range r.checks {
		v, err := r.prepare(ctx, &r.checks[i])
		if err != nil {
			return err
		}
		r.verdicts = append(r.verdicts, v)
		switch {
		case v.skip != "":
			r.finish(v)
		case v.exploration != nil:
			explored = append(explored, v)
		case v.check.Disrupts():
			disruptive = append(disruptive, v)
		case v.check.WaitsForOthers():
			last = append(last, v)
		default:
			calm = append(calm, v)
		}
	}
	for _, round := range []struct {
		verdicts []*verdict
		parallel int
		explored []*verdict
		last     []*verdict
	}{{calm, r.cfg.Parallel, explored, last}, {disruptive, 1, nil, nil}} {
		watched := func() {}
		if round.parallel > 1 { // none of these ends it
			watched = r.subject.Watch(ctx)
		}
		explored := r.beginExploring(ctx, round.explored)
		finish := r.playAround(ctx, round.last)
		r.playAll(ctx, round.verdicts, round.parallel, nil)
		explored()
		finish()
		watched()
		round.verdicts = append(round.verdicts, round.last...)
		r.playOverlapped(ctx, slices.Concat(round.verdicts, round.explored))
		if err := r.lookAgain(ctx, slices.Concat(round.verdicts, round.explored)); err != nil && ctx.Err() == nil {
			r.note("second look: %v", err)
		}
		r.explainAll(ctx, slices.Concat(round.verdicts, round.explored), round.parallel)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// prepare binds a check's scenarios, and finds out whether it has to be
// skipped.
func (r *run) prepare(ctx context.Context, c *scenarios.Check) (*verdict, error) {
	v := &verdict{check: c, exploration: r.explorationOf(c)}
	var err error
	if v.skip, err = play.Impossible(ctx, r.subject.Receiver, *c); err != nil {
		return nil, err
	}
	for i, s := range c.Scenarios {
		limit := r.subject.Target.Limits.Connections
		if reason := play.Unplayable(s, r.subject.Secret(), limit); reason != "" && v.skip == "" {
			v.skip = reason
		}
		cast, err := r.bind(s, fmt.Sprintf("%s/%d", c.ID, i))
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.ID, err)
		}
		v.planned = append(v.planned, planned{s, cast})
	}
	v.outcomes = make([]play.Outcome, len(v.planned))
	return v, nil
}

// bind gives a scenario its messages.
func (r *run) bind(s scenarios.Scenario, label string) (scenarios.Cast, error) {
	return scenarios.Bind(s, r.cfg.seed(), r.cfg.Epoch, label)
}

// options are how a check's scenarios are played.
func (r *run) options(c *scenarios.Check) play.Options {
	return play.Options{Check: c, Seed: r.cfg.seed(), TimeScale: r.cfg.TimeScale}
}

// attempted tells of the attempts of a play, which is 0 for what is explored; nil
// where nobody wants to know.
func (r *run) attempted(c *scenarios.Check, number int) func(mocksender.Attempt) {
	if !r.attempts {
		return nil
	}
	return func(a mocksender.Attempt) {
		r.emit(event.AttemptFinished{Time: time.Now(), ID: c.ID, Play: number, Attempt: a})
	}
}

// playAround begins the checks whose last steps come after all others', returns
// when they have sent what comes before that, and finishes them when finish is
// called.
func (r *run) playAround(ctx context.Context, verdicts []*verdict) (finish func()) {
	plays := 0
	for _, v := range verdicts {
		plays += len(v.planned)
	}
	over := make(chan struct{})
	begun := make(chan struct{}, 2*plays) // each when it waits, and when it has ended
	others := func() <-chan struct{} {
		select {
		case begun <- struct{}{}:
		default: // it has waited before
		}
		return over
	}
	var all sync.WaitGroup
	all.Go(func() { r.playAll(ctx, verdicts, plays, others) })
	for range plays {
		<-begun
	}
	return func() {
		close(over)
		all.Wait()
	}
}

// playAll plays the scenarios of the checks, so many at a time, and finishes
// each check with its last scenario. others is play.Options.Others, and called once
// more when a play has ended; nil: nothing else is played.
func (r *run) playAll(ctx context.Context, verdicts []*verdict, parallel int, others func() <-chan struct{}) {
	free := make(chan struct{}, parallel)
	yield := yielding(free)
	var all sync.WaitGroup
	for _, v := range verdicts {
		var own sync.WaitGroup
		var begun sync.Once
		var played atomic.Int64
		for i, plan := range v.planned {
			free <- struct{}{}
			own.Add(1)
			all.Go(func() {
				defer own.Done()
				defer func() { <-free }()
				begun.Do(func() { r.emit(event.CheckStarted{Time: time.Now(), ID: v.check.ID}) })
				o := r.options(v.check)
				o.Others, o.Usual = others, r.usual(usually)
				if parallel > 1 {
					o.Yield = yield
				} else if brief := r.usual(briefly); brief > 0 {
					o.Settle = min(brief, r.subject.Target.Settle) // the last look sees what comes later
				}
				v.outcomes[i] = r.play(ctx, plan, o)
				if others != nil {
					others()
				}
				r.emit(event.Advanced{Time: time.Now(), ID: v.check.ID, Played: int(played.Add(1)), Of: len(v.planned)})
			})
		}
		all.Go(func() {
			own.Wait()
			if ctx.Err() == nil && !v.isOpen() {
				r.finish(v)
			}
		})
	}
	all.Wait()
}

// yielding gives places of those in free to others while a play waits for states
// that are probably wrong: so many at once that the waiting does not load the
// receiver.
func yielding(free chan struct{}) (yield func() (resume func())) {
	waiting := make(chan struct{}, cap(free)*4)
	return func() func() {
		select {
		case waiting <- struct{}{}:
			<-free
			return func() {
				<-waiting
				free <- struct{}{}
			}
		default:
			return func() {}
		}
	}
}

// play plays a scenario, unless the receiver is gone.
func (r *run) play(ctx context.Context, plan planned, o play.Options) play.Outcome {
	if lost := r.subject.Gone(); lost != nil {
		return play.Broken(plan.scenario, plan.cast, fmt.Errorf("not played: the receiver is gone: %w", lost))
	}
	if err := r.beyond(plan.scenario); err != nil {
		return play.Broken(plan.scenario, plan.cast, err)
	}
	r.subject.Revive(ctx)
	return r.perform(ctx, plan, o, false)
}

// perform plays a scenario and tells of it.
func (r *run) perform(ctx context.Context, plan planned, o play.Options, replay bool) play.Outcome {
	number := int(r.plays.Add(1))
	o.Attempted = r.attempted(o.Check, number)
	r.emit(event.ScenarioStarted{Time: time.Now(), ID: o.Check.ID, Play: number, Name: plan.scenario.Name, Replay: replay})
	out := play.Play(ctx, r.subject, plan.scenario, plan.cast, o)
	r.emit(event.ScenarioFinished{Time: time.Now(), ID: o.Check.ID, Play: number, Failed: len(out.Failures) > 0, Err: cmp.Or(out.Broke, out.Unmet)})
	r.settled(out.Took)
	return out
}

// settled remembers how long states took that became right; 0: none did.
func (r *run) settled(took time.Duration) {
	if took > 0 {
		r.right.Add(1)
	}
	for {
		before := r.slowest.Load()
		if int64(took) <= before || r.slowest.CompareAndSwap(before, int64(took)) {
			return
		}
	}
}

const (
	// enoughRight is how many plays with right states tell how long these take.
	enoughRight = 8
	// usually is how many times as long as the slowest of them a state takes that is
	// probably wrong. Where nothing else can be played meanwhile, a state is waited
	// for briefly times as long. leastUsual is the shortest such time.
	usually, briefly = 10, 3
	leastUsual       = 300 * time.Millisecond
)

// usual is so many times as long as right states take at most, as far as is known;
// 0 is nothing.
func (r *run) usual(times time.Duration) time.Duration {
	if r.right.Load() < enoughRight {
		return 0
	}
	return max(leastUsual, times*time.Duration(r.slowest.Load()))
}

// finish tells a check's verdict as it is now.
func (r *run) finish(v *verdict) {
	v.isFinished = true
	r.emit(event.CheckFinished{Time: time.Now(), Verdict: v.result(r.cfg)})
}
