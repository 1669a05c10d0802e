// Command ctxpush plays ContextPush to webhook receivers: it certifies them,
// sends them made-up events, and serves a reference receiver.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	_ "github.com/ctxpush/ctxpush/conformance/kinds" // all that a receiver.yaml may name
)

func main() {
	os.Exit(run())
}

// memory is how much of it the program tries to make do with, in bytes, where
// GOMEMLIMIT says nothing else: what a receiver answers may be much.
const memory = 160 << 20

func run() int {
	if len(os.Args) == 2 && os.Args[1] == jqWord {
		return serveJQ()
	}
	useJQWorker()
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	log.SetOutput(io.Discard) // net/http quotes there what a receiver sends unasked, secrets and all
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-signals
		cancel(interrupt{s})
		signal.Reset() // the next one ends the program at once
	}()
	s := stdio()
	err := newRoot(s).ExecuteContext(ctx)
	return exitCode(ctx, s.err, err)
}
