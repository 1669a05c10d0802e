package conformance

import (
	"context"
	"sync"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// restartInFlight ends the receiver while the step's batches are on their way
// to it, and starts it again. What was acknowledged by then must be there; what
// was not comes again, as a retry, and must be acknowledged then.
func (p *play) restartInFlight(ctx context.Context, step scenarios.Step) error {
	n := len(step.Together)
	p.note("%d requests at once, %s when %s:", n, step.Restart, step.Moment)
	var (
		numbers  = make([]uint64, n)
		first    = make([]mocksender.Attempt, n)
		requests = make([]mocksender.Request, n)
		sent     = make(chan struct{}, n)
		acks     = make(chan struct{}, n)
		cut      = make(chan struct{})
		ended    = make(chan struct{})
		wg       sync.WaitGroup
	)
	for i, batch := range step.Together {
		numbers[i] = p.next()
		events := p.cast.Events(batch.Batch)
		p.record(batch, events)
		sender, done, err := p.sender(batch, numbers[i])
		if err != nil {
			return err
		}
		defer done()
		if requests[i], err = p.request(sender, batch, events); err != nil {
			return err
		}
		flight := inFlight{sent: sent}
		if step.Moment == scenarios.MidRequest {
			flight.held, flight.cut = 1, cut
		}
		wg.Go(func() {
			first[i] = sender.Attempt(ctx, requests[i], flight)
			p.keep(batch, numbers[i], mocksender.Delivery{Attempts: first[i : i+1]}, len(events))
			if first[i].Acknowledged() {
				acks <- struct{}{}
			}
		})
	}
	go func() {
		wg.Wait()
		close(ended)
	}()
	until(sent, n, ended, ctx.Done())
	until(acks, int(step.Moment), ended, ctx.Done())
	err := p.restart(ctx, step.Restart)
	close(cut)
	<-ended
	if err != nil {
		return err
	}
	for i, batch := range step.Together {
		if first[i].Acknowledged() {
			continue
		}
		sender, done, err := p.sender(batch, numbers[i])
		if err != nil {
			return err
		}
		d := sender.DeliverRequest(ctx, requests[i])
		done()
		p.keep(batch, numbers[i], d, len(p.cast.Events(batch.Batch)))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := p.judgeAnswer(ctx, batch, d); err != nil {
			return err
		}
	}
	return nil
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
