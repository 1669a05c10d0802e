package conformance

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
)

// recoverEvery is the pause between two looks whether all works again.
const recoverEvery = 50 * time.Millisecond

// recovers returns when the batches of a step are delivered and the receiver's
// states can be told again, which a database may need a while for after it was
// killed. A receiver that ends for lack of what it needs is started again
// meanwhile, however often, as whoever runs it would: the page asks for no more
// than that the retries take effect.
func (p *play) recovers(ctx context.Context, delivered <-chan struct{}) error {
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
			delivered, late = nil, time.After(outageWindow)
		case <-again.C:
		case <-late:
			if down {
				p.run.lose(err)
				p.fail(event.Failure{Kind: event.Crashed, Detail: "it ended when what it needs was gone, and does not start again now that it is back: " + firstLine(err.Error()), CauseID: p.check.Cause})
				return errUnfit
			}
			return fmt.Errorf("%s after what the receiver needs was started again: %w", outageWindow, err)
		case <-ctx.Done():
			return ctx.Err()
		}
		if how, ended := p.run.receiver.Exited(); ended || down {
			if err = p.resume(ctx, how); err != nil {
				down = true
				continue
			}
			down = false
		}
		if delivered != nil {
			continue
		}
		if _, err = p.run.prober.States(ctx, []mocksender.Key{p.run.unsent()}); err == nil {
			p.recovered = time.Now()
			return nil
		}
	}
}

// resume starts a receiver again that has ended.
func (p *play) resume(ctx context.Context, how string) error {
	begin := time.Now()
	if how != "" {
		p.run.note("receiver %s when what it needs was gone, and is started again", how)
	}
	p.run.reviving.Lock()
	defer p.run.reviving.Unlock()
	if err := p.run.receiver.Start(ctx); err != nil {
		return err
	}
	p.note("the receiver has ended, and is started again in %s", time.Since(begin).Round(time.Millisecond))
	p.done(event.Step{Kind: event.Restarted, AtUS: p.since(begin), TookUS: time.Since(begin).Microseconds()})
	return nil
}

// dialHere connects to the receiver where it is now: one in a container that is
// started again may be reached at another port.
func (r *run) dialHere(ctx context.Context, kind, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, kind, strings.TrimPrefix(r.receiver.URL(), "http://"))
}
