package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/ready"
)

// DrainFor is how long the log of a container that has ended may take.
const DrainFor = 2 * time.Second

// Run is one start of a container.
type Run struct {
	// Ended is closed when it has ended and its log is read; How is set then, such
	// as "ended with exit status 1".
	Ended chan struct{}
	How   string

	of *Container
}

// Launch has begin start the container, follows its output and notices its end.
// The writers are closed then.
func (c *Container) Launch(ctx context.Context, begin func(context.Context) error, out, errs io.WriteCloser) (*Run, error) {
	unbroken, cancel := context.WithTimeout(context.WithoutCancel(ctx), callFor)
	defer cancel()
	// Attached before the start, a log misses no line and repeats none of the
	// starts before.
	pipe, err := c.API.ContainerAttach(unbroken, c.ID, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		closeAll(out, errs)
		return nil, fmt.Errorf("its output can't be read: %w", Explain(err))
	}
	if err := begin(ctx); err != nil {
		pipe.Close()
		closeAll(out, errs)
		return nil, fmt.Errorf("can't be started: %w", Explain(err))
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer closeAll(out, errs)
		// It ends with the container.
		_, _ = stdcopy.StdCopy(out, errs, pipe.Reader)
	}()

	run := &Run{Ended: make(chan struct{}), of: c}
	go func() {
		run.How = watch(c.API, c.ID)
		select {
		case <-read:
		case <-time.After(DrainFor):
		}
		pipe.Close()
		close(run.Ended)
	}()
	return run, nil
}

// watch returns when a container does not run any more, and says how it ended.
func watch(api client.APIClient, id string) string {
	wait := api.ContainerWait(context.Background(), id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case err := <-wait.Error:
		return fmt.Sprintf("ended, or its engine did: %s", lines.One(err.Error()))
	case end := <-wait.Result:
		how := fmt.Sprintf("ended with exit status %d", end.StatusCode)
		ctx, cancel := context.WithTimeout(context.Background(), DrainFor)
		defer cancel()
		info, err := api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if err == nil && info.Container.State != nil && info.Container.State.OOMKilled {
			how += " (out of memory)"
		}
		return how
	}
}

// HasEnded tells whether it does not run any more.
func (r *Run) HasEnded() bool { return ready.Closed(r.Ended) }

// Signal is what asks the container to end.
func (r *Run) Signal() string { return r.of.signal }

// Stop asks the container to end, and kills it where it has not ended in time,
// which is told.
func (r *Run) Stop(ctx context.Context, within time.Duration) (ended bool, err error) {
	if r.HasEnded() {
		return true, nil
	}
	if err := r.of.send(ctx, r.of.signal); err != nil && !r.HasEnded() {
		return false, errors.Join(fmt.Errorf("%s: %w", r.of.signal, err), r.Kill())
	}
	grace := time.NewTimer(within)
	defer grace.Stop()
	select {
	case <-r.Ended:
		return true, nil
	case <-ctx.Done():
		return false, errors.Join(ctx.Err(), r.Kill())
	case <-grace.C:
		return false, r.Kill()
	}
}

// Kill ends the container, and returns when it has ended. It is not to be broken
// off.
func (r *Run) Kill() error {
	ctx, cancel := context.WithTimeout(context.Background(), CloseFor)
	defer cancel()
	if r.HasEnded() {
		return nil
	}
	err := r.of.send(ctx, "SIGKILL")
	select {
	case <-r.Ended:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("did not end within %s of SIGKILL", CloseFor), err)
	}
}
