package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
	"github.com/ctxpush/ctxpush/scenarios"
)

// run is one certification. It emits events and knows none of their readers.
type run struct {
	cfg      Config
	checks   []scenarios.Check
	receiver receiver.Receiver
	prober   probe.Prober
	secret   string

	emitting sync.Mutex
	// attempts is set where somebody wants to be told of each.
	attempts bool

	// slowest is how long, in nanoseconds, a right state took at most.
	slowest atomic.Int64

	// replaying is set while failures are explained: a receiver that ends then,
	// as it is made to, is started again without a word.
	replaying atomic.Bool
	// patience is how much time is left to explain failures.
	patience time.Duration
	// explains is the check that tells an explanation, by the likely cause.
	explains map[string]string

	reviving sync.Mutex
	revivals int
	// lost is why the receiver is gone for good.
	lost error
}

// maxRevivals is how often a receiver that ends of its own is started again.
const maxRevivals = 10

func (r *run) emit(e event.Event) {
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
	info := r.receiver.Info()
	e := event.RunStarted{
		Time:    time.Now(),
		Tool:    event.Tool{Version: r.cfg.Version, Seed: r.cfg.Seed, Salt: r.cfg.Salt, Epoch: r.cfg.Epoch, Protocol: string(r.cfg.Target.Protocol)},
		Command: r.cfg.Command,
		Receiver: event.Receiver{Arguments: r.cfg.Target.Arguments("--config "), Name: r.cfg.Target.Name, Kind: info.Kind, URL: r.receiver.URL(), Image: info.Image, Digest: info.Digest,
			Identity: string(r.cfg.Target.Identity), File: r.cfg.Target.File, FileDigest: r.cfg.Target.FileDigest},
	}
	for _, c := range r.checks {
		e.Checks = append(e.Checks, r.describe(c))
	}
	e.Settings = r.settings()
	for _, w := range r.cfg.Target.Waive {
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

// play starts the receiver, plays every check and judges it. The error is why
// the run could not go on.
func (r *run) play(ctx context.Context) error {
	err := r.receiver.Start(ctx)
	r.emit(r.started())
	if err == nil {
		err = r.reachable(ctx)
	}
	over := false
	if err == nil {
		over, err = r.firstSteps(ctx)
	}
	if err == nil && !over {
		err = r.rounds(ctx)
	}
	// Whatever an interrupted call says, it is the interruption that ended the run.
	interrupted := errors.Is(err, context.Canceled) || err != nil && errors.Is(ctx.Err(), context.Canceled)
	r.emit(event.RunFinished{Time: time.Now(), Err: err, Interrupted: interrupted})
	return err
}

// reachable sees that the probe works before anything is judged by it: the
// receiver can't know a message that was never sent. What it is asked of, such
// as a database beside it, may take a moment longer than the receiver to start.
func (r *run) reachable(ctx context.Context) error {
	_, err := probe.Await(ctx, r.prober, r.unsent(), time.Now().Add(r.cfg.Target.Settle), anything)
	return err
}

// unsent is the key of a message that is never sent.
func (r *run) unsent() mocksender.Key {
	key := r.cfg.seed().PlainMessage(0).Key.Message()
	if r.cfg.Target.Identity == scenarios.ByDevice {
		key.DeviceToken = r.cfg.seed().Token(0)
	}
	return key
}

// anything is any state: what matters is that there is an answer.
func anything(*event.State) bool { return true }

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
		switch {
		case v.skip != "":
			r.finish(v)
		case v.explored != nil:
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
		// Checks of retries wait most of their time; the orders are explored meanwhile.
		var both sync.WaitGroup
		both.Go(func() { r.explore(ctx, round.explored) })
		finish := r.playAround(ctx, round.last)
		r.playAll(ctx, round.verdicts, round.parallel)
		both.Wait()
		finish()
		round.verdicts = append(round.verdicts, round.last...)
		if err := r.lookAgain(ctx, round.verdicts); err != nil && ctx.Err() == nil {
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
	v := &verdict{check: c, explored: r.newExploration(c)}
	var err error
	if v.skip, err = immovable(ctx, r.receiver, *c); err != nil {
		return nil, err
	}
	for i, s := range c.Scenarios {
		if reason := playable(s, r.secret); reason != "" && v.skip == "" {
			v.skip = reason
		}
		label := fmt.Sprintf("%s/%d", c.ID, i)
		cast, err := scenarios.Bind(s, r.cfg.seed(), r.cfg.Epoch, label)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.ID, err)
		}
		v.plays = append(v.plays, &play{run: r, check: c, scenario: s, cast: cast})
	}
	return v, nil
}

// playAll plays the scenarios of the checks, so many at a time, and finishes
// each check with its last scenario.
func (r *run) playAll(ctx context.Context, verdicts []*verdict, parallel int) {
	free := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for _, v := range verdicts {
		var own sync.WaitGroup
		var begun sync.Once
		var played atomic.Int64
		for _, p := range v.plays {
			free <- struct{}{}
			own.Add(1)
			all.Go(func() {
				defer own.Done()
				defer func() { <-free }()
				begun.Do(func() {
					v.begin = time.Now()
					r.emit(event.CheckStarted{Time: v.begin, ID: v.check.ID})
				})
				if lost := r.gone(); lost != nil {
					p.broke = fmt.Errorf("not played: the receiver is gone: %w", lost)
					return
				}
				p.do(ctx)
				r.advanced(v.check, int(played.Add(1)), len(v.plays))
			})
		}
		all.Go(func() {
			own.Wait()
			if ctx.Err() == nil {
				r.finish(v)
			}
		})
	}
	all.Wait()
}

// playAround begins the checks whose last steps come after all others', and
// finishes them when that is the case.
func (r *run) playAround(ctx context.Context, verdicts []*verdict) (finish func()) {
	others := make(chan struct{})
	plays := 0
	for _, v := range verdicts {
		for _, p := range v.plays {
			p.others = others
			plays++
		}
	}
	var all sync.WaitGroup
	all.Go(func() { r.playAll(ctx, verdicts, plays) })
	return func() {
		close(others)
		all.Wait()
	}
}

// finish tells a check's verdict as it is now.
func (r *run) finish(v *verdict) {
	r.emit(event.CheckFinished{Time: time.Now(), Verdict: v.result(r.cfg.Target.Waive)})
}

// lookAgain compares once more what was right, when the time to settle after
// the last acknowledgement is over: nothing may have changed by then.
func (r *run) lookAgain(ctx context.Context, verdicts []*verdict) error {
	type look struct {
		of   *verdict
		play *play
		want scenarios.Want
	}
	var looks []look
	var wants []probe.Want
	var last time.Time
	for _, v := range verdicts {
		for _, p := range v.plays {
			for _, w := range p.settled {
				looks = append(looks, look{v, p, w})
				wants = append(wants, probe.Want{Key: w.Key, OK: anything})
			}
			if p.lastAck.After(last) {
				last = p.lastAck
			}
		}
	}
	if len(looks) == 0 {
		return nil
	}
	if err := pause(ctx, time.Until(last.Add(r.cfg.Target.Settle))); err != nil {
		return err
	}
	states, err := probe.Settle(ctx, r.prober, wants, time.Now().Add(r.cfg.Target.Settle))
	if err != nil {
		if ctx.Err() == nil {
			for _, v := range verdicts {
				v.unsure = fmt.Errorf("its states could not be looked at again: %w", err)
				r.finish(v)
			}
		}
		return err
	}
	changed := map[*verdict]bool{}
	for i, l := range looks {
		if l.play.changed(l.want, states[i]) {
			changed[l.of] = true
		}
	}
	for _, v := range verdicts {
		if changed[v] {
			r.finish(v)
		}
	}
	return nil
}

// changed judges a state that was right before.
func (p *play) changed(w scenarios.Want, got *event.State) bool {
	m, wrong := state.Compare(w, got)
	if !wrong {
		return false
	}
	p.saw(time.Now(), p.compared([]scenarios.Want{w}, []*event.State{got}))
	kind, cause := event.Reverted, explain.AppliedLater
	if w.Status == "" {
		kind, cause = event.Accepted, p.check.Cause
	}
	p.misjudged(w, got, m, ", and was right before", kind, cause)
	return true
}

// advanced tells how far a check is.
func (r *run) advanced(c *scenarios.Check, played, of int) {
	r.emit(event.Advanced{Time: time.Now(), ID: c.ID, Played: played, Of: of})
}

// newSender is a sender of a check's requests to the receiver behind base.
func (r *run) newSender(base string, c *scenarios.Check) *mocksender.Sender {
	s := &mocksender.Sender{
		URL:     base + r.cfg.Target.Path,
		Secret:  r.secret,
		Profile: r.cfg.Target.Protocol,
		Timeout: r.cfg.Target.Timeout,
		Clock:   clock.Scaled(r.cfg.TimeScale),
	}
	if r.attempts {
		s.Attempted = func(a mocksender.Attempt) { r.emit(event.AttemptFinished{ID: c.ID, Attempt: a}) }
	}
	return s
}

// revive starts a receiver again that has ended unasked, and says how it ended.
func (r *run) revive(ctx context.Context) (how string, ended bool) {
	r.reviving.Lock()
	defer r.reviving.Unlock()
	if r.lost != nil {
		return "is gone: " + r.lost.Error(), true
	}
	how, ended = r.receiver.Exited()
	if !ended {
		return "", false
	}
	if !r.replaying.Load() {
		r.note("receiver %s, and is started again", how)
		r.revivals++
	}
	if r.revivals > maxRevivals {
		r.lost = fmt.Errorf("it ended %d times of its own", r.revivals)
	} else if err := r.receiver.Start(ctx); err != nil {
		r.lost = err
	}
	return how, true
}

// lose says that the receiver is gone for good.
func (r *run) lose(why error) {
	r.reviving.Lock()
	defer r.reviving.Unlock()
	r.lost = why
}

func (r *run) gone() error {
	r.reviving.Lock()
	defer r.reviving.Unlock()
	return r.lost
}

// kept leaves out what the receiver by design does not keep: messages whose
// final state is one that it ignores.
func (r *run) kept(s scenarios.Scenario, wants []scenarios.Want) []scenarios.Want {
	if len(r.cfg.Target.Ignores) == 0 {
		return wants
	}
	var left []scenarios.Want
	for _, w := range wants {
		if !r.ignores(w.Status) {
			left = append(left, w)
		}
	}
	return left
}

func (r *run) ignores(s mocksender.DeliveryStatus) bool {
	for _, ignored := range r.cfg.Target.Ignores {
		if s == ignored {
			return true
		}
	}
	return false
}
