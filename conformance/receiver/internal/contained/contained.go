// Package contained is what receivers in containers have in common, wherever their
// containers come from.
package contained

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/patience"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/ready"
)

// Source is where a receiver's container comes from.
type Source interface {
	// Make makes the container, unless it is there already.
	Make(ctx context.Context) (*Made, error)
	// Begin starts what was made: each time that the receiver is started.
	Begin(ctx context.Context) error
}

// Made is what a Source has made: the receiver's container.
type Made struct {
	*engine.Container
	Image  string            // as the engine knows it
	Others map[string]string // the containers of the services beside it, by name
}

// Receiver is a receiver that runs in a container, one and the same over all its
// starts, so that its disk survives them. Who may ask the engine sees the
// container's environment, and with it the secret. What is missing to a
// receiver.Receiver, each kind has in its own way.
type Receiver struct {
	*Services
	receiver.Ports
	spec   Spec
	source Source

	url      ready.Address
	patience patience.Patience
	run      *engine.Run // nil before the first start and after each asked end
}

// New is a receiver of what source makes.
func New(s Spec, source Source) *Receiver {
	return &Receiver{Services: &Services{spec: s}, Ports: s.Ports, spec: s, source: source, patience: patience.Patience{Grace: s.Grace}}
}

// Start is receiver.Receiver's.
func (r *Receiver) Start(ctx context.Context) error {
	if r.run != nil && !r.run.HasEnded() {
		return fmt.Errorf("%s: runs already", r.spec.Name)
	}
	r.run = nil
	began := time.Now()
	run, err := r.launch(ctx)
	if err != nil {
		return &receiver.StartError{Receiver: r.spec.Name, Log: r.spec.Log.End(), Waited: time.Since(began), Err: r.spec.clean(err)}
	}
	w, waited, err := r.await(ctx, run)
	if err == nil {
		err = r.spec.Ports.Learn(ctx, r.made.Engine)
	}
	if err == nil {
		r.run = run
		return nil
	}
	_ = run.Kill() // why it is not ready tells more
	if errors.Is(err, ready.ErrEnded) {
		err = &receiver.EndedError{How: run.How}
	} else if ctx.Err() == nil {
		err = r.spec.hint(ctx, r.made, err)
	}
	start := &receiver.StartError{Receiver: r.spec.Name, Waited: waited, Log: r.spec.Log.End(), Err: r.spec.clean(err)}
	if w != nil {
		start.Tried = w.Tried()
	}
	return start
}

// launch makes the container, where it is not there yet, and starts it.
func (r *Receiver) launch(ctx context.Context) (*engine.Run, error) {
	made, err := r.source.Make(ctx)
	if err != nil {
		return nil, err
	}
	r.made = made
	head := ""
	if r.spec.Service != "" {
		head = r.spec.Service + " | "
	}
	return made.Launch(ctx, r.source.Begin, r.spec.Log.OpenAs(head), r.spec.Log.OpenAs(head))
}

// await waits until the container takes requests.
func (r *Receiver) await(ctx context.Context, run *engine.Run) (*ready.Waiter, time.Duration, error) {
	bases, err := r.made.Addresses(ctx, r.spec.Port)
	if err != nil {
		return nil, 0, err
	}
	if len(bases) == 0 {
		// The ports go with the end, which may be known here a little later.
		select {
		case <-run.Ended:
			return nil, 0, ready.ErrEnded
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-time.After(2 * engine.DrainFor):
			return nil, 0, fmt.Errorf("its port %s is not published", r.spec.port())
		}
	}
	w := ready.New(r.spec.Ready, bases...)
	w.Proxied = true // by the engine
	url, waited, err := w.Wait(ctx, run.Ended)
	r.url.Set(url)
	return w, waited, err
}

const remedy = "want a process 1 that handles SIGTERM: exec in the shell that starts it, " +
	"or init: true (tini), which passes the signal on"

// Stop is receiver.Receiver's.
func (r *Receiver) Stop(ctx context.Context) error {
	run, within := r.run, r.patience.Now()
	ended, err := r.end(ctx, within)
	if err != nil || ended {
		return err
	}
	after, again := r.patience.Outlive()
	return &receiver.StopError{Receiver: r.spec.Name, Signal: run.Signal(), After: after, Remedy: remedy, Again: again}
}

// Leave asks for an end shortly, at the very end.
func (r *Receiver) Leave(ctx context.Context) error {
	_, err := r.end(ctx, r.patience.End())
	return err
}

func (r *Receiver) end(ctx context.Context, within time.Duration) (ended bool, err error) {
	run := r.run
	r.run = nil
	if run == nil {
		return true, nil
	}
	if ended, err = run.Stop(ctx, within); err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w", r.spec.Name, err)
	}
	return ended, err
}

// Kill is receiver.Receiver's.
func (r *Receiver) Kill(context.Context) error {
	run := r.run
	r.run = nil
	if run == nil {
		return nil
	}
	if err := run.Kill(); err != nil {
		return fmt.Errorf("%s: %w", r.spec.Name, err)
	}
	return nil
}

// AwaitEnd returns when a container that was removed has ended and its log is read.
func (r *Receiver) AwaitEnd() {
	if r.run != nil {
		<-r.run.Ended
	}
	r.run, r.made = nil, nil
}
