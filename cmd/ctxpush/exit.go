package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/load"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// The exit codes of every command.
const (
	exitOK           = 0
	exitFellShort    = 1 // the receiver did
	exitMistake      = 2 // the user's: flag, file or value
	exitSurroundings = 3 // receiver did not start, probe broken, no container engine
	exitInterrupted  = 130
	exitTerminated   = 143
)

// verdict is the end of a command that worked and whose result is not good; all
// that is to be said has been said.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("exit code %d", int(v)) }

// mistake is an error of the user's.
type mistake struct{ error }

func (m mistake) Unwrap() error { return m.error }

func mistakef(format string, args ...any) error { return mistake{fmt.Errorf(format, args...)} }

// interrupt is the cause of a context that a signal ended.
type interrupt struct{ signal os.Signal }

func (i interrupt) Error() string { return "interrupted by " + i.signal.String() }

// exitCode is the code for a command's end, having told its error.
func exitCode(ctx context.Context, stderr io.Writer, err error) int {
	var stop interrupt
	var v verdict
	if errors.As(context.Cause(ctx), &stop) {
		if err != nil && !errors.Is(err, context.Canceled) && !errors.As(err, &v) {
			fmt.Fprintln(stderr, "ctxpush:", err)
		}
		if stop.signal == syscall.SIGTERM {
			return exitTerminated
		}
		return exitInterrupted
	}
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &v):
		return int(v)
	}
	fmt.Fprintln(stderr, "ctxpush:", err)
	if isMistake(err) {
		return exitMistake
	}
	return exitSurroundings
}

// errorTeller tells errors that do not end a command, and keeps the last one.
type errorTeller struct {
	w    io.Writer
	last error
}

// tell tells err, if it is one.
func (t *errorTeller) tell(err error) {
	if err != nil {
		fmt.Fprintln(t.w, "ctxpush:", err)
		t.last = err
	}
}

func isMistake(err error) bool {
	var (
		user   mistake
		usage  *conformance.UsageError
		target *config.Error
		file   *strictyaml.Error
		load   *load.UsageError
	)
	return errors.As(err, &load) || errors.As(err, &user) || errors.As(err, &usage) || errors.As(err, &target) || errors.As(err, &file)
}
