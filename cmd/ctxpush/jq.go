package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/ctxpush/ctxpush/conformance/probe"
)

// jqWord makes this program one that runs the programs of probe.http.jq for
// another.
const jqWord = "jq-worker"

// useJQWorker has programs of probe.http.jq run in a process of their own, whose
// memory is bounded.
func useJQWorker() {
	if self, err := os.Executable(); err == nil {
		probe.JQWorker = []string{self, jqWord}
	}
}

// serveJQ runs programs until nobody asks any more. What ends the one that asks, such
// as Ctrl-C, ends this one by that alone.
func serveJQ() int {
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	if probe.ServeJQ(os.Stdin, os.Stdout) != nil {
		return exitSurroundings
	}
	return exitOK
}
