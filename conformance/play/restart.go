package play

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// restart ends the receiver and starts it again.
func (p *courier) restart(ctx context.Context, how scenarios.Restart) error {
	begin := time.Now()
	end, signal := p.subject.Receiver.Stop, "SIGTERM"
	if how == scenarios.RestartKill {
		end, signal = p.subject.Receiver.Kill, "SIGKILL"
	}
	if err := end(ctx); err != nil {
		if slow := (*receiver.StopError)(nil); !errors.As(err, &slow) || !slow.Again {
			p.subject.Note("receiver: " + err.Error())
		}
		p.note("%v", err)
	}
	if err := p.subject.Resume(ctx, how == scenarios.RestartKill); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.subject.Lose(err)
		if local := mocksender.Local(err); local != nil {
			return local
		}
		p.done(event.Step{Kind: event.Restarted, AtUS: p.since(begin), TookUS: time.Since(begin).Microseconds(), Text: signal, Error: firstLine(err)})
		p.fail(event.Failure{Kind: event.Crashed, Answer: state.NotStarted, Detail: "after " + signal + " it did not start again: " + firstLine(err)})
		return errUnfit
	}
	p.note("%s, started again in %s", signal, time.Since(begin).Round(time.Millisecond))
	p.done(event.Step{Kind: event.Restarted, AtUS: p.since(begin), TookUS: time.Since(begin).Microseconds(), Text: signal})
	return nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// underway are a step's batches on their way to the receiver, all at once.
type underway struct {
	*courier
	batches []scenarios.Step
	numbers []int
	// sent and acks tell of each batch that it was sent, and acknowledged; ended is
	// closed when all are over.
	sent, acks, ended chan struct{}
	all               sync.WaitGroup
}

func newUnderway(p *courier, batches []scenarios.Step) *underway {
	n := len(batches)
	return &underway{courier: p, batches: batches, numbers: make([]int, n),
		sent: make(chan struct{}, n), acks: make(chan struct{}, n), ended: make(chan struct{})}
}

// begin sends batch i by do, with the fault that tells when it is sent.
func (u *underway) begin(i int, prepare func(*mocksender.Sender), do func(*mocksender.Sender, mocksender.Request) (acknowledged bool)) (done func(), err error) {
	u.numbers[i] = u.next()
	batch := u.batches[i]
	events := u.cast.Events(batch.Batch)
	u.record(batch, events)
	sender, done, err := u.sender(batch, u.numbers[i])
	if err != nil {
		return func() {}, err
	}
	prepare(sender)
	request, err := requestOf(sender, batch, events)
	if err != nil {
		return done, err
	}
	u.all.Go(func() {
		if do(sender, request) {
			u.acks <- struct{}{}
		}
	})
	return done, nil
}

// await returns when all is sent and so many batches are acknowledged as the
// moment says, or when that will not happen any more.
func (u *underway) await(ctx context.Context, m scenarios.Moment) {
	until(u.sent, len(u.batches), u.ended, ctx.Done())
	until(u.acks, int(m), u.ended, ctx.Done())
}

// watch closes ended when all batches that have begun are over.
func (u *underway) watch() {
	go func() {
		u.all.Wait()
		close(u.ended)
	}()
}

// restartInFlight ends the receiver while the step's batches are on their way
// to it, and starts it again. What was acknowledged by then must be there; what
// was not comes again, as a retry, and must be acknowledged then.
func (p *courier) restartInFlight(ctx context.Context, step scenarios.Step) error {
	n := len(step.Together)
	p.note("%s at once, %s when %s:", text.Plural(n, "request"), step.Restart, step.Moment)
	u := newUnderway(p, step.Together)
	first := make([]mocksender.Attempt, n)
	requests := make([]mocksender.Request, n)
	cut := make(chan struct{})
	flight := inFlight{sent: u.sent}
	if step.Moment == scenarios.MidRequest {
		flight.held, flight.cut = 1, cut
	}
	for i, batch := range step.Together {
		done, err := u.begin(i, func(*mocksender.Sender) {}, func(s *mocksender.Sender, r mocksender.Request) bool {
			requests[i] = r
			first[i] = s.Attempt(ctx, r, flight)
			d := mocksender.Delivery{Attempts: first[i : i+1]}
			p.keep(d, p.attempts(batch, u.numbers[i], d), len(p.cast.Events(batch.Batch)))
			return first[i].Acknowledged()
		})
		defer done()
		if err != nil {
			return err
		}
	}
	u.watch()
	u.await(ctx, step.Moment)
	err := p.restart(ctx, step.Restart)
	close(cut)
	<-u.ended
	if err != nil {
		return err
	}
	for i, batch := range step.Together {
		if first[i].Acknowledged() {
			continue
		}
		if err := p.retry(ctx, batch, u.numbers[i], requests[i]); err != nil {
			return err
		}
	}
	return nil
}

// retry sends a request once more, by a sender that knows where the receiver is
// now, and judges its answer.
func (p *courier) retry(ctx context.Context, batch scenarios.Step, n int, r mocksender.Request) error {
	sender, done, err := p.sender(batch, n)
	if err != nil {
		return err
	}
	defer done()
	d := sender.DeliverRequest(ctx, r)
	p.keep(d, p.attempts(batch, n, d), len(p.cast.Events(batch.Batch)))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return p.judgeAnswer(ctx, batch, d)
}

// until takes n signals, unless there will be no more.
func until(signals <-chan struct{}, n int, ended, done <-chan struct{}) {
	for range n {
		select {
		case <-signals:
		case <-ended:
			return
		case <-done:
			return
		}
	}
}

// inFlight is the fault of an attempt during which the receiver is ended: it
// tells when it is sent but for the bytes that are held back, and sends those
// once the receiver has been cut off.
type inFlight struct {
	held int
	sent chan<- struct{}
	cut  <-chan struct{} // nil where nothing is held back
}

var _ mocksender.Fault = inFlight{}

// Name is in-flight.
func (inFlight) Name() string { return "in-flight" }

// Strike plays the attempt.
func (f inFlight) Strike(ctx context.Context, x *mocksender.Exchange) (mocksender.Answer, error) {
	err := x.SendPart(x.Size() - f.held)
	f.sent <- struct{}{}
	if err == nil && f.cut != nil {
		select {
		case <-f.cut:
		case <-ctx.Done():
		}
	}
	return x.Finish()
}
