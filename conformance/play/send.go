package play

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
	"github.com/ctxpush/ctxpush/scenarios"
)

// DefaultTimeScale puts the two hours of a batch's retries into two seconds.
const DefaultTimeScale = 3600

// courier takes a scenario's batches to the receiver.
type courier struct {
	*evidence
	subject  *subject.Subject
	options  Options
	numbered int // requests that were given a number
	// recovered is when the states could be told again, after an outage of what
	// they are kept in.
	recovered time.Time
}

// together sends batches at the same time: each request's last byte is held
// back until all are there.
func (p *courier) together(ctx context.Context, steps []scenarios.Step) error {
	gate := mocksender.NewGate(len(steps))
	p.note("%d requests at once:", len(steps))
	errs := make([]error, len(steps))
	var wg sync.WaitGroup
	for i, step := range steps {
		n := p.next()
		wg.Go(func() { errs[i] = p.send(ctx, step, n, gate) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// next is the number of the scenario's next request, counted from 1. Requests
// that go out together are numbered before they do.
func (p *courier) next() int {
	p.numbered++
	return p.numbered
}

// send sends one batch or raw body, the scenario's n-th request, and judges its
// answer. A gate strikes the first attempt.
func (p *courier) send(ctx context.Context, step scenarios.Step, n int, gate *mocksender.Gate) error {
	if step.Answer == "" {
		step.Answer = scenarios.Acknowledge
	}
	events := p.cast.Events(step.Batch)
	p.record(step, events)
	sender, done, err := p.sender(step, n)
	if err != nil {
		return err
	}
	defer done()
	request, err := requestOf(sender, step, events)
	if err != nil {
		return err
	}
	faults, err := faultsOf(step)
	if err != nil {
		return err
	}
	if gate != nil {
		faults = append([]mocksender.Fault{gate}, faults...)
	}
	var d mocksender.Delivery
	if step.Answer == scenarios.Acknowledge || step.Answer == scenarios.Drop {
		d = sender.DeliverRequest(ctx, request, faults...)
	} else {
		d.Attempts = []mocksender.Attempt{sender.Attempt(ctx, request, nil)}
	}
	p.keep(d, p.attempts(step, n, d), len(events))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = p.judgeAnswer(ctx, step, d)
	if errors.Is(err, errUnfit) {
		p.failedAt(n)
	}
	return err
}

// faultsOf are the faults that strike the step's attempts in turn; nil is none.
func faultsOf(step scenarios.Step) ([]mocksender.Fault, error) {
	var faults []mocksender.Fault
	for _, name := range step.Faults {
		var fault mocksender.Fault
		if name != scenarios.NoFault {
			var err error
			if fault, err = mocksender.FaultByName(name); err != nil {
				return nil, err
			}
			if c, ok := fault.(mocksender.CutBody); ok {
				fault = noticedCut{c}
			}
		}
		faults = append(faults, fault)
	}
	return faults, nil
}

// noticedCut is a cut body whose retry does not overtake it: however much faster
// than real time retries come, the receiver has a moment to see the end.
type noticedCut struct{ mocksender.CutBody }

// notice is that moment.
const notice = 50 * time.Millisecond

// Strike plays the attempt.
func (c noticedCut) Strike(ctx context.Context, x *mocksender.Exchange) (mocksender.Answer, error) {
	answer, err := c.CutBody.Strike(ctx, x)
	_ = subject.Pause(ctx, notice) // it is over either way
	return answer, err
}

// sender is a sender of the scenario's own, so that each has connections of its
// own; through a proxy where the step wants one. Its seed is of the n-th request
// alone, so that no two requests share an X-Idempotency-Key.
func (p *courier) sender(step scenarios.Step, n int) (*mocksender.Sender, func(), error) {
	base := p.subject.URL()
	done := func() {}
	if len(step.Proxy) > 0 {
		proxy, err := newFailingProxy(base, p.subject.Dial, step.Proxy)
		if err != nil {
			return nil, nil, err
		}
		base, done = proxy.URL(), proxy.Close
	}
	s := p.subject.Sender(base, journal.Origin{Group: p.options.Check.ID, Secret: journal.Secrets[step.Secret]}, p.options.Attempted)
	s.Clock = clock.Scaled(p.speed(step))
	if p.options.Pace == Hasty && step.Acknowledged() && step.Outage == "" {
		const more = 2 // so that a receiver that was busy for a moment is not accused
		s.Backoff = mocksender.Backoff{Retries: max(len(step.Faults), len(step.Proxy)) + more, Window: -1}
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s\x00%d", p.options.Seed.Seed, p.cast.Keys()[0], n)
	s.Seed = h.Sum64()
	return s, func() { s.Close(); done() }, nil
}

// speed is how much faster than real time the step's retries come.
func (p *courier) speed(step scenarios.Step) float64 {
	switch {
	case step.Outage != "":
		return min(p.options.TimeScale, outageSpeed(step))
	case p.options.Pace == Normal, p.options.Pace == Hasty && step.Acknowledged():
		return p.options.TimeScale
	}
	return max(DefaultTimeScale, p.options.TimeScale)
}

// fail records a failure with its evidence, without the secret.
func (p *courier) fail(f event.Failure) {
	f.Log = p.subject.Receiver.Log(logLines)
	if f.Kind == event.Crashed && f.Answer != state.NotStarted {
		f.Log = p.subject.LastWords()
	}
	p.add(p.subject.Hide(f))
}

// logLines is how much of the receiver's log goes with a failure.
const logLines = 20
