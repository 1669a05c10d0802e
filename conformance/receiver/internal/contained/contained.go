// Package contained is what receivers in containers have in common, wherever their
// containers come from.
package contained

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
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

// Spec is what there is to know of a receiver in a container.
type Spec struct {
	Name    string // in messages, such as "container acme/receiver:1.4"
	Key     string // of the Config, such as receiver.container
	Service string // of a compose file; empty: there is none
	Port    int    // on which it listens inside
	Ready   config.Ready
	Grace   time.Duration
	Log     *lines.Log
	Ports   *engine.Ports // that others ask for
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
		return &receiver.StartError{Receiver: r.spec.Name, Log: r.spec.Log.End(), Waited: time.Since(began), Err: r.clean(err)}
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
		err = r.hint(ctx, err)
	}
	start := &receiver.StartError{Receiver: r.spec.Name, Waited: waited, Log: r.spec.Log.End(), Err: r.clean(err)}
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

// clean blanks the secret out of what the engine says.
func (r *Receiver) clean(err error) error {
	if text := err.Error(); r.spec.Log.Hide(text) != text {
		return errors.New(r.spec.Log.Hide(text))
	}
	return err
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
			return nil, 0, fmt.Errorf("its port %s is not published", r.port())
		}
	}
	w := ready.New(r.spec.Ready, bases...)
	w.Proxied = true // by the engine
	url, waited, err := w.Wait(ctx, run.Ended)
	r.url.Set(url)
	return w, waited, err
}

func (r *Receiver) port() string { return strconv.Itoa(r.spec.Port) + "/tcp" }

// hint adds to a receiver that never got ready that its image exposes other
// ports.
func (r *Receiver) hint(ctx context.Context, err error) error {
	image, inspectErr := r.made.API.ImageInspect(ctx, r.made.Image)
	if inspectErr != nil || image.Config == nil || len(image.Config.ExposedPorts) == 0 {
		return err
	}
	var exposed []string
	for port := range image.Config.ExposedPorts {
		if port == r.port() {
			return err
		}
		exposed = append(exposed, port)
	}
	slices.Sort(exposed)
	return fmt.Errorf("%w; %s.port is %s, and the image exposes %s", err, r.spec.Key, r.port(), strings.Join(exposed, ", "))
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
