package receiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// Program is a program that runs once, beside a receiver.
type Program struct {
	Argv []string // not empty
	Env  []string // NAME=VALUE, over what there is
	// Stdout and Stderr get what it prints, each from one goroutine at a time,
	// none after Exec has returned. Never nil.
	Stdout, Stderr io.Writer
}

// Executor runs programs.
type Executor interface {
	// Exec runs a program to its end and returns its exit status. With ctx it is
	// ended too, as far as that is possible. The error is why it did not run to
	// its end, ErrNoProgram where there is none of that name.
	Exec(ctx context.Context, p Program) (exit int, err error)
}

// ErrNoProgram is a program that is not there, or can't be run.
var ErrNoProgram = errors.New("no such program")

// Local runs programs on this machine. Its zero value does so in the working
// directory.
type Local struct {
	Dir string // where a program runs, and what a relative path of one is relative to
}

// Exec runs the program in a process group of its own. All of the group has
// ended when it returns.
func (l Local) Exec(ctx context.Context, p Program) (int, error) {
	path, err := lookProgram(p.Argv[0], l.Dir)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoProgram, err)
	}
	cmd := &exec.Cmd{Path: path, Args: p.Argv, Dir: l.Dir, Env: slices.Concat(os.Environ(), p.Env), Stdout: p.Stdout, Stderr: p.Stderr}
	state, err := runGroup(ctx, cmd)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrNoProgram, reasonOf(err))
	case !state.Exited():
		return 0, errors.New(ending(state))
	}
	return state.ExitCode(), nil
}

// runGroup runs a command in a process group of its own, which is ended as a
// whole with ctx or with the command. The error is of its start.
func runGroup(ctx context.Context, cmd *exec.Cmd) (*os.ProcessState, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	cmd.WaitDelay = strayPipe
	c, err := startGroup(cmd, func() {})
	if err != nil {
		return nil, err
	}
	select {
	case <-c.ended:
	case <-ctx.Done():
	}
	if err := c.kill(); err != nil {
		return nil, err
	}
	return cmd.ProcessState, nil
}

// Exec runs the program in the container. One that outlives ctx is left to the
// container's end: an engine has no way to end it alone.
func (b *box) Exec(ctx context.Context, p Program) (int, error) {
	if b.ctr == nil {
		return 0, errors.New("the container does not run")
	}
	api := b.engine.api
	made, err := api.ExecCreate(ctx, b.ctr.GetContainerID(), client.ExecCreateOptions{AttachStdout: true, AttachStderr: true, Env: p.Env, Cmd: p.Argv})
	if errdefs.IsConflict(err) {
		return 0, errors.New("the container does not run")
	}
	if err != nil {
		return 0, explain(err)
	}
	pipe, err := api.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return 0, noProgram(explain(err))
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
	return b.exitOf(ctx, made.ID)
}

// exitOf is the exit status of a program whose output has ended.
func (b *box) exitOf(ctx context.Context, id string) (int, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		end, err := b.engine.api.ExecInspect(ctx, id, client.ExecInspectOptions{})
		if err != nil {
			return 0, explain(err)
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
		return fmt.Errorf("%w: %w", ErrNoProgram, err)
	}
	return err
}

var (
	_ Executor = Local{}
	_ Executor = (*box)(nil)
)
