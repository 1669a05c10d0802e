package receiver

import (
	"fmt"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
)

// StartError is a receiver that did not start: the surroundings' fault as far
// as a run can tell.
type StartError struct {
	Receiver string        // its kind and name, such as "container acme/receiver:1.4"
	Tried    string        // how readiness was looked for; empty where it did not get that far
	Waited   time.Duration // how long Tried was tried
	Log      []string      // the last lines of its log, without the secret
	Err      error         // why it is not ready
}

// Error is one line; it ends with the last line of the log, where there is one.
func (e *StartError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Receiver, lines.One(e.Err.Error()))
	if e.Tried != "" {
		fmt.Fprintf(&b, " (tried %s for %s)", e.Tried, round(e.Waited))
	}
	for i := len(e.Log) - 1; i >= 0; i-- {
		if line := strings.TrimSpace(e.Log[i]); line != "" {
			fmt.Fprintf(&b, "; its log ends with %q", lines.Cut(line, 200))
			break
		}
	}
	return b.String()
}

// Unwrap is the reason alone.
func (e *StartError) Unwrap() error { return e.Err }

// EndedError is a receiver that ended before it was ready.
type EndedError struct {
	How string // such as "ended with exit status 1"; empty where that is not known
}

func (e *EndedError) Error() string {
	if e.How == "" {
		return "ended before it was ready"
	}
	return "ended before it was ready: " + e.How
}

// NoEngineError is a container engine that is not there, or does not answer.
type NoEngineError struct {
	Host string // where it was looked for
	Err  error
}

// Error is one line.
func (e *NoEngineError) Error() string {
	return fmt.Sprintf("no container engine at %s: %s; start Docker, or use receiver.command or receiver.url", e.Host, lines.Cut(lines.One(e.Err.Error()), 200))
}

// StopError is a receiver that did not end on the signal which asks it to. It
// was killed, so it has ended by the time of the error.
type StopError struct {
	Receiver string
	Signal   string // SIGTERM, or what its image names instead
	After    time.Duration
	Remedy   string // what makes it end
	Again    bool   // it has been told before
}

// Error is one line.
func (e *StopError) Error() string {
	text := fmt.Sprintf("%s: did not end within %s of %s and was killed", e.Receiver, round(e.After), e.Signal)
	if e.Remedy != "" && !e.Again {
		text += ": " + e.Remedy
	}
	return text
}

// fixedError answers a call that a receiver can't follow.
func fixedError(call, why string) error { return fmt.Errorf("%s: not possible: %s", call, why) }

func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
