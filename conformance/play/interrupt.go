package play

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/play/outage"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// outlasts is how many times an outage's length a batch's retries last at least:
// it must work again before the last of them.
const outlasts = 8

// outageSpeed is how much faster than real time the retries of a step with an
// outage come.
func outageSpeed(step scenarios.Step) float64 {
	window := outage.DefaultWindow
	if kind, ok := outage.ByName(step.Outage); ok {
		window = kind.Window
	}
	return float64(mocksender.RetryWindow) / float64(max(window, outlasts*step.Lasts))
}

// interrupt sends the step's batches while something fails for a while. All must
// be acknowledged in the end: ContextPush's retries outlast it by far.
func interrupt(ctx context.Context, p *courier, step scenarios.Step) error {
	kind, ok := outage.ByName(step.Outage)
	if !ok {
		return fmt.Errorf("outage %s: none of that name can be made", step.Outage)
	}
	trouble, err := kind.New(p.subject.Receiver)
	if err != nil {
		return fmt.Errorf("outage %s: %w", step.Outage, err)
	}
	defer trouble.Close()
	n := len(step.Together)
	p.note("%s at once, %s for %s, from %s on:", text.Plural(n, "request"), step.Outage, step.Lasts, step.Moment)

	var began time.Time
	begin := func() error {
		began = time.Now()
		return beginOutage(ctx, trouble)
	}
	if step.Moment == scenarios.BeforeSending {
		if err := begin(); err != nil {
			return err
		}
	}
	u := newUnderway(p, step.Together)
	errs := make([]error, n+1)
	for i := range u.batches {
		done, err := u.beginDuring(ctx, i, step, trouble, &errs[i])
		defer done()
		if err != nil { // errs[i] is the batch's own once it is under way
			errs[i] = err
			break
		}
	}
	u.watch()
	if step.Moment != scenarios.BeforeSending {
		u.await(ctx, step.Moment)
		errs[n] = begin()
	}
	if errs[n] == nil {
		_ = subject.Pause(ctx, step.Lasts) // the outage ends with the run, too
	}
	// What was frozen must go on even where the run is over.
	if err := trouble.End(context.WithoutCancel(ctx)); err != nil {
		errs[n] = errors.Join(errs[n], fmt.Errorf("%s does not end: %w", step.Outage, err))
	}
	p.done(event.Step{Kind: event.Outage, AtUS: p.since(began), TookUS: time.Since(began).Microseconds(), Text: trouble.Words()})
	if kind.Recovers && errs[n] == nil {
		errs[n] = recovery{p}.await(ctx, u.ended)
	}
	<-u.ended
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(errs...)
}

// beginDuring sends batch i of a step while something fails.
func (u *underway) beginDuring(ctx context.Context, i int, step scenarios.Step, trouble outage.Running, failed *error) (func(), error) {
	batch := &u.batches[i]
	batch.Outage, batch.Lasts = step.Outage, step.Lasts
	reach := func(s *mocksender.Sender) { s.Dial = u.subject.Dial }
	if way, ok := trouble.(interface {
		Dial(ctx context.Context, network, addr string) (net.Conn, error)
	}); ok {
		reach = func(s *mocksender.Sender) { s.Dial = way.Dial }
	}
	return u.begin(i, reach, func(s *mocksender.Sender, r mocksender.Request) bool {
		d := s.DeliverRequest(ctx, r, inFlight{sent: u.sent})
		u.keep(d, u.attempts(*batch, u.numbers[i], d), len(u.cast.Events(batch.Batch)))
		if ctx.Err() == nil {
			*failed = u.judgeAnswer(ctx, *batch, d)
		}
		return d.Acknowledged()
	})
}

// beginOutage lets it fail. Where that did not work out, nothing may stay behind
// that fails.
func beginOutage(ctx context.Context, trouble outage.Running) error {
	err := trouble.Begin(ctx)
	if err != nil {
		return errors.Join(err, trouble.End(context.WithoutCancel(ctx)))
	}
	return nil
}

// Impossible says why the check can't be played with the receiver; empty where
// it can.
func Impossible(ctx context.Context, r receiver.Receiver, c scenarios.Check) (string, error) {
	if fixed := r.Fixed(); fixed != "" && c.Disrupts() {
		return fixed, nil
	}
	for _, kind := range outage.All() {
		if !c.Fails(kind.Name) {
			continue
		}
		if why, err := kind.Impossible(ctx, r); why != "" || err != nil {
			return why, err
		}
	}
	return "", nil
}

// recovery is the time after an outage of what the receiver needs.
type recovery struct{ *courier }

// recoverEvery is the pause between two looks whether all works again, and
// recoverFor how long that may take once all is delivered.
const (
	recoverEvery = 50 * time.Millisecond
	recoverFor   = 10 * time.Second
)

// await returns when the batches of a step are delivered and the receiver's
// states can be told again, which a database may need a while for after it was
// killed. A receiver that ends for lack of what it needs is started again
// meanwhile, however often, as whoever runs it would: the page asks for no more
// than that the retries take effect.
func (p recovery) await(ctx context.Context, delivered <-chan struct{}) error {
	again := time.NewTicker(recoverEvery)
	defer again.Stop()
	var (
		late <-chan time.Time
		down bool // it ended, and could not be started yet
		err  error
	)
	for {
		select {
		case <-delivered:
			delivered, late = nil, time.After(recoverFor)
		case <-again.C:
		case <-late:
			return p.stayedDown(down, err)
		case <-ctx.Done():
			return ctx.Err()
		}
		if how, ended := p.subject.Receiver.Exited(); ended || down {
			if err = p.resume(ctx, how); err != nil {
				down = true
				continue
			}
			down = false
		}
		if delivered != nil {
			continue
		}
		if _, err = p.subject.Prober.States(ctx, []mocksender.Key{p.subject.Unsent(p.options.Seed)}); err == nil {
			p.recovered = time.Now()
			return nil
		}
	}
}

// stayedDown is what it comes to that nothing works again in time.
func (p recovery) stayedDown(down bool, err error) error {
	if !down {
		return fmt.Errorf("%s after what the receiver needs was started again: %w", recoverFor, err)
	}
	p.subject.Lose(err)
	p.fail(event.Failure{Kind: event.Crashed, Answer: state.NotStarted,
		Detail: "it ended when what it needs was gone, and does not start again now that it is back: " + firstLine(err)})
	return errUnfit
}

// resume starts a receiver again that has ended.
func (p recovery) resume(ctx context.Context, how string) error {
	begin := time.Now()
	if how != "" {
		p.subject.Note("receiver " + how + " when what it needs was gone, and is started again")
	}
	if err := p.subject.Resume(ctx, true); err != nil {
		return err
	}
	p.note("the receiver has ended, and is started again in %s", time.Since(begin).Round(time.Millisecond))
	p.done(event.Step{Kind: event.Restarted, AtUS: p.since(begin), TookUS: time.Since(begin).Microseconds()})
	return nil
}
