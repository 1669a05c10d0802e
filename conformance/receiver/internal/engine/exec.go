package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/ready"
)

// ErrNotRunning is a container in which nothing can be run.
var ErrNotRunning = errors.New("the container does not run")

// Exec runs the program in the container. One that outlives ctx is left to the
// container's end: an engine has no way to end it alone.
func (c *Container) Exec(ctx context.Context, p receiver.Program) (int, error) {
	made, err := c.API.ExecCreate(ctx, c.ID, client.ExecCreateOptions{AttachStdout: true, AttachStderr: true, Env: p.Env, Cmd: p.Argv})
	if errdefs.IsConflict(err) {
		return 0, ErrNotRunning
	}
	if err != nil {
		return 0, Explain(err)
	}
	pipe, err := c.API.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return 0, noProgram(Explain(err))
	}
	read := make(chan error, 1)
	go func() {
		_, err := stdcopy.StdCopy(p.Stdout, p.Stderr, pipe.Reader)
		read <- err
	}()
	select {
	case err = <-read:
		pipe.Close()
	case <-ctx.Done():
		pipe.Close()
		<-read
		return 0, ctx.Err()
	}
	if err != nil {
		return 0, fmt.Errorf("its output can't be read: %w", err)
	}
	return c.exitOf(ctx, made.ID)
}

// exitOf is the exit status of a program whose output has ended.
func (c *Container) exitOf(ctx context.Context, id string) (int, error) {
	tick := time.NewTicker(ready.PollEvery)
	defer tick.Stop()
	for {
		end, err := c.API.ExecInspect(ctx, id, client.ExecInspectOptions{})
		if err != nil {
			return 0, Explain(err)
		}
		if !end.Running {
			return end.ExitCode, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// noProgram is the engine's error where it could not run the program at all.
func noProgram(err error) error {
	if err != nil && strings.Contains(err.Error(), "OCI runtime exec failed") {
		return fmt.Errorf("%w: %w", receiver.ErrNoProgram, err)
	}
	return err
}
