package contained

import (
	"context"
	"fmt"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
)

// Exited is receiver.Receiver's.
func (r *Receiver) Exited() (string, bool) {
	if r.run != nil && r.run.HasEnded() {
		return r.run.How, true
	}
	return "", false
}

// URL is receiver.Receiver's.
func (r *Receiver) URL() string { return r.url.Get() }

// Fixed is empty: it can be stopped and started again.
func (r *Receiver) Fixed() string { return "" }

// Log is receiver.Receiver's.
func (r *Receiver) Log(n int) []string { return r.spec.Log.Tail(n) }

// Freeze freezes the container.
func (r *Receiver) Freeze(ctx context.Context) error {
	if r.run == nil || r.run.HasEnded() {
		return fmt.Errorf("%s: does not run, and can't be frozen", r.spec.Name)
	}
	return r.Pause(ctx, r.Own())
}

// Thaw lets it go on.
func (r *Receiver) Thaw(ctx context.Context) error {
	if r.run == nil || r.run.HasEnded() {
		return nil
	}
	return r.Unpause(ctx, r.Own())
}

// Exec runs the program in the container.
func (s *Services) Exec(ctx context.Context, p receiver.Program) (int, error) {
	if s.made == nil {
		return 0, engine.ErrNotRunning
	}
	return s.made.Exec(ctx, p)
}

var (
	_ receiver.Freezer  = (*Receiver)(nil)
	_ receiver.Executor = (*Receiver)(nil)
	_ receiver.Services = (*Receiver)(nil)
	_ receiver.Ports    = (*Receiver)(nil)
)
