package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/fixtures/traffic"
	engine "github.com/ctxpush/ctxpush/mocksender/load"
	"github.com/ctxpush/ctxpush/mocksender/redact"
)

// run is one load test.
type run struct {
	Config
	plan    plan
	hidden  *redact.Redactor
	subject *subject.Subject
	ends    ends

	observing sync.Mutex
	progress  Progress
	// abort is why a threshold ended the load early, nil where none did.
	abort atomic.Pointer[string]
	// aborted is the rule.
	aborted atomic.Pointer[string]
}

// Run sends the load, looks at the final states, judges and reports.
//
// The report is complete as far as the load came, whatever the error. A mistake
// of the caller's is a *UsageError or a *config.Error: nothing was sent then.
// Any other error is of the surroundings: a receiver that did not start, a probe
// that is broken, or ctx's own. What the receiver did wrong is no error but in
// the Report.
func Run(ctx context.Context, c Config) (Report, error) {
	c.setDefaults()
	p, err := c.validate()
	if err != nil {
		return Report{}, err
	}
	r := &run{Config: c, plan: p}
	if r.subject, err = subject.Open(c.Target, c.BuiltIn); err != nil {
		return Report{}, err
	}
	r.hidden = redact.New("[secret]", append(c.Target.Private(), r.subject.Secret())...)
	r.subject.Ended = r.ends.add
	rep, err := r.play(ctx)
	err = errors.Join(err, r.subject.Close())
	rep.tidy()
	if private := c.Target.Private(); len(private) > 0 {
		hidden := redact.New("[secret]", private...)
		return redact.Deep(hidden, rep), hidden.Err(err)
	}
	return rep, err
}

// play starts the receiver, sends the load and judges.
func (r *run) play(ctx context.Context) (Report, error) {
	rep := r.blank()
	r.tell(func(p *Progress) { p.Phase = Starting })
	defer r.tell(func(p *Progress) { p.Phase = Done })
	err := r.subject.Start(ctx)
	r.describe(&rep)
	if err == nil {
		defer r.subject.Watch(ctx)()
	}
	if err == nil && r.Verify != (Verification{}) {
		err = r.subject.Reachable(ctx, fixtures.Seed(r.Seed).Salted(r.Salt))
	}
	if err == nil {
		err = r.firstSteps(ctx, &rep)
	}
	if err == nil {
		if r.FindMax != nil {
			err = r.search(ctx, &rep)
		} else {
			err = r.once(ctx, &rep)
		}
	}
	interrupted := ctx.Err() != nil
	if interrupted && rep.Verify.Skipped == "" && rep.Verify.Mode != "none" && errors.Is(err, ctx.Err()) {
		rep.Verify.Skipped = "the load was interrupted"
	}
	if interrupted {
		rep.Reason = "interrupted"
	}
	broke := err
	if interrupted {
		broke = nil
	}
	if why := r.abort.Load(); why != nil {
		rep.Notes = append(rep.Notes, *why)
		rep.Thresholds = []Threshold{{Rule: *r.aborted.Load(), Aborted: true}}
	}
	rep.judge(r.rules(), oneLine(broke), interrupted)
	return rep, err
}

// firstSteps takes the doctor's first steps; without verification no probe is
// asked. What the receiver itself does wrong is left to the load.
func (r *run) firstSteps(ctx context.Context, rep *Report) error {
	target := r.subject.Target
	o := doctor.Options{Seed: r.Seed, Epoch: r.Epoch, NoProbe: r.Verify == (Verification{})}
	first, err := doctor.TakeFirst(ctx, o, r.subject)
	if err != nil && (ctx.Err() != nil || doctor.IsSurroundings(err)) {
		return err
	}
	if first.Late > 0 {
		r.Target.Settle = first.Settle()
		rep.Notes = append(rep.Notes, first.Note(target.Settle))
	}
	return nil
}

// once sends one load.
func (r *run) once(ctx context.Context, rep *Report) error {
	l := level{pace: r.plan.pace, duration: r.plan.duration, seed: r.Seed, shard: r.Shard, messages: r.Messages}
	return r.level(ctx, l, rep)
}

// level is a load at one pace.
type level struct {
	pace     engine.Pace
	duration time.Duration
	seed     uint64
	shard    Shard
	messages uint64
	target   float64 // of a search, in requests a second
}

// traffic is what a level sends.
func (r *run) traffic(l level) traffic.Options {
	return traffic.Options{
		Seed: fixtures.Seed(l.seed), Salt: r.Salt, Epoch: r.Epoch, Messages: l.messages, Mix: r.plan.mix, Batch: r.plan.batch,
		Faults: traffic.Faults{Duplicate: r.Faults.Duplicate, Reorder: r.Faults.Reorder, Drop: r.Faults.Drop},
		Shard:  l.shard.I, Shards: l.shard.N,
	}
}

// level sends the load and looks at its final states.
func (r *run) level(ctx context.Context, l level, rep *Report) error {
	t, err := traffic.New(r.traffic(l))
	if err != nil {
		return &UsageError{err.Error()}
	}
	r.tell(func(p *Progress) { *p = Progress{Phase: Sending, Target: l.target} })
	sending, stop := context.WithCancel(ctx)
	defer stop()
	r.subject.WhenLost(stop)
	defer r.subject.WhenLost(nil)
	result, err := engine.Run(sending, engine.Config{
		URL: r.subject.URL() + r.Target.Path, Dial: r.dial(), Secret: r.subject.Secret(), Profile: r.Target.Protocol,
		Source: t, Pace: l.pace, Duration: l.duration, Connections: r.Connections, NoKeepAlive: r.NoKeepAlive,
		Timeout: r.Target.Timeout, TimeScale: r.TimeScale, Seed: l.seed, Interval: r.Interval,
		Faults: engine.Faults{LostAck: r.Faults.LostAck, Slow: r.Faults.Slow, Reset: r.Faults.Reset},
		Observe: func(s engine.Snapshot) {
			r.tell(func(p *Progress) {
				p.Load, p.Phase, p.Target = s, Sending, l.target
				if s.Draining {
					p.Phase = Draining
				}
			})
			if r.broken(s) {
				stop()
			}
		},
	})
	ended := time.Now()
	rep.measured(result)
	switch {
	case ctx.Err() != nil:
		rep.Verify.Skipped = "the load was interrupted"
		return ctx.Err()
	}
	// It may have ended in the last moment.
	r.subject.Revive(ctx)
	gone := r.subject.Gone()
	r.ends.tell(rep, gone)
	switch {
	case gone != nil:
		if r.Verify != (Verification{}) {
			rep.Verify.Skipped = "the receiver is gone"
		}
		return fmt.Errorf("the receiver is gone: %w", gone)
	case err != nil && r.abort.Load() == nil:
		return err
	}
	err = r.check(ctx, t, rep, ended)
	r.ends.tell(rep, r.subject.Gone())
	return err
}

// check looks at the final states.
func (r *run) check(ctx context.Context, t truth, rep *Report, ended time.Time) error {
	v := &verifier{truth: t, prober: r.subject.Prober, identity: r.Target.Identity, ignores: r.Target.Ignores, epoch: r.Epoch,
		hidden: r.hidden, tally: &tally{}}
	stop := r.telling(v.tally)
	found, err := v.verify(ctx, r.Verify, ended.Add(r.Target.Settle))
	stop()
	rep.Verify = found
	if err != nil {
		switch {
		case ctx.Err() != nil:
			rep.Verify.Skipped = "the look at the states was interrupted"
			return ctx.Err()
		default:
			rep.Verify.Skipped = "the probe broke: " + err.Error()
		}
	}
	return err
}

// telling tells how far the look at the states is, until it is stopped.
func (r *run) telling(t *tally) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	tell := func() {
		r.tell(func(p *Progress) {
			p.Phase, p.Checked, p.Wrong, p.Missing = Verifying, t.checked.Load(), t.wrong.Load(), t.missing.Load()
		})
	}
	go func() {
		defer close(ended)
		ticker := time.NewTicker(r.Interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				tell()
			case <-done:
				tell()
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// dial connects to where the receiver is now. Nil is for one that stays where it
// is.
func (r *run) dial() func(context.Context, string, string) (net.Conn, error) {
	if r.subject.Receiver.Fixed() != "" {
		return nil
	}
	return r.subject.Dial
}

// broken says whether a rule that ends the load is broken.
func (r *run) broken(s engine.Snapshot) bool {
	if r.abort.Load() != nil || s.Done {
		return false
	}
	live := live(s)
	for _, rule := range r.rules() {
		if !rule.Abort || s.Elapsed < rule.Grace {
			continue
		}
		if t := rule.Judge(&live); t.Value != nil && !t.OK {
			why := fmt.Sprintf("%s ended the load after %s: it was %s", t.Rule, seconds(s.Elapsed.Seconds()), t.Show())
			r.aborted.Store(&t.Rule)
			r.abort.Store(&why)
			return true
		}
	}
	return false
}

// tell changes the progress and tells it.
func (r *run) tell(change func(*Progress)) {
	r.observing.Lock()
	defer r.observing.Unlock()
	change(&r.progress)
	if r.Observe != nil {
		r.Observe(r.progress)
	}
}

// blank is the report of a load that has not begun.
func (r *run) blank() Report {
	return Report{
		Schema: Schema, Command: r.Command, Started: time.Now(),
		Tool: event.Tool{Version: r.Version, Seed: r.Seed, Salt: r.Salt, Epoch: r.Epoch, Protocol: string(r.Target.Protocol)},
		Plan: Plan{
			Rate: r.plan.rate, DurationS: r.plan.duration.Seconds(), Connections: r.Connections, Messages: r.Messages,
			Mix: r.plan.mix.String(), Batch: r.plan.batch.String(), Faults: r.Faults, TimeScale: r.TimeScale, Shard: r.Shard, Verify: r.Verify.String(),
		},
		Verify:    Verify{Mode: r.Verify.String()},
		Histogram: encode(engine.NewHistogram()), ServiceHistogram: encode(engine.NewHistogram()),
	}
}

// describe names the receiver.
func (r *run) describe(rep *Report) {
	info := r.subject.Receiver.Info()
	rep.Receiver = event.Receiver{Name: r.Target.Name, Kind: info.Kind, URL: r.subject.URL(), Image: info.Image, Digest: info.Digest,
		Identity: string(r.Target.Identity)}
}

// oneLine is err as one line, nil for nil.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(firstLine(err.Error()))
}
