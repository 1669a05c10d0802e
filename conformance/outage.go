package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// How long, in real time, a batch's retries last at least while something fails:
// it must work again before the last of them. A database needs a while to start.
const (
	outageWindow   = 10 * time.Second
	servicesWindow = time.Minute
	outlasts       = 8 // times the outage
)

// outageScale is how much faster than real time the retries of a step with an
// outage come.
func outageScale(step scenarios.Step) float64 {
	window := outageWindow
	if step.Outage.OfServices() {
		window = servicesWindow
	}
	return float64(mocksender.RetryWindow) / float64(max(window, outlasts*step.Lasts))
}

// fails is what an outage does, and how it ends.
type fails struct {
	begin, end func(ctx context.Context) error
	services   *[]string // those that fail, once it has begun; nil where none do
}

// named is the outage and the services that fail.
func (f fails) named(o scenarios.Outage) string {
	if f.services == nil || len(*f.services) == 0 {
		return string(o)
	}
	return fmt.Sprintf("%s (%s)", o, strings.Join(*f.services, ", "))
}

// outage sends the step's batches while something fails for a while. All must be
// acknowledged in the end: ContextPush's retries outlast it by far.
func (p *play) outage(ctx context.Context, step scenarios.Step) error {
	way := new(network)
	defer way.Close()
	trouble := p.fails(step.Outage, way)
	n := len(step.Together)
	p.note("%d requests at once, %s for %s, from %s on:", n, step.Outage, step.Lasts, step.Moment)

	var (
		sent  = make(chan struct{}, n)
		acks  = make(chan struct{}, n)
		ended = make(chan struct{})
		errs  = make([]error, n+1)
		wg    sync.WaitGroup
	)
	var began time.Time
	begin := func() error {
		began = time.Now()
		return p.outageBegins(ctx, trouble)
	}
	if step.Moment == scenarios.BeforeSending {
		if err := begin(); err != nil {
			return err
		}
	}
	for i, batch := range step.Together {
		batch.Outage, batch.Lasts = step.Outage, step.Lasts
		number := p.next()
		events := p.cast.Events(batch.Batch)
		p.record(batch, events)
		sender, done, err := p.sender(batch, number)
		if err != nil {
			errs[i] = err
			break
		}
		defer done()
		switch {
		case step.Outage.OfNetwork():
			sender.Dial = way.Dial
		case step.Outage.OfServices():
			sender.Dial = p.run.dialHere
		}
		request, err := p.request(sender, batch, events)
		if err != nil {
			errs[i] = err
			break
		}
		wg.Go(func() {
			d := sender.DeliverRequest(ctx, request, inFlight{sent: sent})
			p.keep(batch, number, d, len(events))
			if d.Acknowledged() {
				acks <- struct{}{}
			}
			if ctx.Err() == nil {
				errs[i] = p.judgeAnswer(ctx, batch, d)
			}
		})
	}
	go func() {
		wg.Wait()
		close(ended)
	}()
	if step.Moment != scenarios.BeforeSending {
		until(sent, n, ended, ctx.Done())
		until(acks, int(step.Moment), ended, ctx.Done())
		errs[n] = begin()
	}
	if errs[n] == nil {
		_ = pause(ctx, step.Lasts) // the outage ends with the run, too
	}
	// What was frozen must go on even where the run is over.
	if err := trouble.end(context.WithoutCancel(ctx)); err != nil {
		errs[n] = errors.Join(errs[n], fmt.Errorf("%s does not end: %w", step.Outage, err))
	}
	p.done(event.Step{Kind: event.Outage, AtUS: p.since(began), TookUS: time.Since(began).Microseconds(), Text: trouble.named(step.Outage)})
	if step.Outage.OfServices() && errs[n] == nil {
		errs[n] = p.recovers(ctx, ended)
	}
	<-ended
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(errs...)
}

// outageBegins lets it fail. Where that did not work out, nothing may stay
// behind that fails.
func (p *play) outageBegins(ctx context.Context, trouble fails) error {
	err := trouble.begin(ctx)
	if err != nil {
		return errors.Join(err, trouble.end(context.WithoutCancel(ctx)))
	}
	return nil
}

// fails is what the outage does to the receiver of the run or the way to it.
func (p *play) fails(o scenarios.Outage, way *network) fails {
	mend := func(ctx context.Context) error { way.Mend(ctx); return nil }
	switch o {
	case scenarios.NetworkCut:
		return fails{begin: func(context.Context) error { way.Cut(); return nil }, end: mend}
	case scenarios.NetworkSlow:
		return fails{begin: func(context.Context) error { return way.Slow() }, end: mend}
	case scenarios.ReceiverPaused:
		if r, ok := p.run.receiver.(receiver.Freezer); ok {
			return fails{begin: r.Freeze, end: r.Thaw}
		}
	case scenarios.ServicesKilled:
		if r, ok := p.run.receiver.(receiver.Services); ok {
			return others(r, r.KillService, r.StartService)
		}
	case scenarios.ServicesPaused:
		if r, ok := p.run.receiver.(receiver.Services); ok {
			return others(r, r.Pause, r.Unpause)
		}
	}
	impossible := func(context.Context) error { return fmt.Errorf("outage %s: not possible with this receiver", o) }
	return fails{begin: impossible, end: func(context.Context) error { return nil }}
}

// others is an outage of all services but the receiver's own, of those that run
// when it begins: one that has done its work and ended is not done again.
func others(r receiver.Services, begin, end func(ctx context.Context, name string) error) fails {
	var failing []string
	return fails{
		services: &failing,
		begin: func(ctx context.Context) (err error) {
			if failing, err = r.Others(ctx); err != nil {
				return err
			}
			return each(ctx, failing, begin)
		},
		end: func(ctx context.Context) error { return each(ctx, failing, end) },
	}
}

func each(ctx context.Context, names []string, do func(ctx context.Context, name string) error) error {
	var errs []error
	for _, name := range names {
		errs = append(errs, do(ctx, name))
	}
	return errors.Join(errs...)
}

// immovable says why the check can't be played with the receiver; empty where
// it can.
func immovable(ctx context.Context, r receiver.Receiver, c scenarios.Check) (string, error) {
	if fixed := r.Fixed(); fixed != "" && c.Disrupts() {
		return fixed, nil
	}
	if _, can := r.(receiver.Freezer); c.Pauses() && !can {
		return "this kind of receiver can't be frozen", nil
	}
	if c.DisruptsServices() {
		var run []string
		if services, can := r.(receiver.Services); can {
			var err error
			if run, err = services.Others(ctx); err != nil {
				return "", err
			}
		}
		if len(run) == 0 {
			return "no other service runs beside the receiver: a compose file names what it needs", nil
		}
	}
	return "", nil
}
