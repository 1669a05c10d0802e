package receiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/process"
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
	path, err := process.Look(p.Argv[0], l.Dir)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoProgram, err)
	}
	cmd := &exec.Cmd{Path: path, Args: p.Argv, Dir: l.Dir, Env: slices.Concat(os.Environ(), p.Env), Stdout: p.Stdout, Stderr: p.Stderr}
	state, err := process.Run(ctx, cmd)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrNoProgram, process.ReasonOf(err))
	case !state.Exited():
		return 0, errors.New(process.Ending(state))
	}
	return state.ExitCode(), nil
}

var _ Executor = Local{}
