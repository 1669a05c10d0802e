// Package ndjson writes a run's events as they happen, a JSON object a line, for
// programs that follow a run.
package ndjson

import (
	_ "embed"
	"encoding/json"
	"io"
	"sync"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
)

// Form names the form of the lines; the first one carries it.
const Form = "ctxpush.events/v1"

//go:embed events.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of a line. It lets members pass that it
// does not know, as a later version may add some, and kinds of events with them.
func Schema() []byte { return report.WithDefinitions(schema) }

// Writer is an observer that writes each event to W, in one call of Write a line.
// After an error it writes no more.
type Writer struct {
	W io.Writer

	mu  sync.Mutex
	err error
}

var _ event.AttemptObserver = (*Writer)(nil)

// WantsAttempts is true: attempts are events, too.
func (w *Writer) WantsAttempts() bool { return true }

// Observe writes e.
func (w *Writer) Observe(e event.Event) {
	text, err := json.Marshal(lineOf(e))
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && err == nil {
		_, err = w.W.Write(append(text, '\n'))
	}
	if w.err == nil {
		w.err = err
	}
}

// Err is the first error that kept an event from being written; nil is none.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
