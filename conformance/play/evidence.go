package play

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// evidence is what a play has shown so far.
type evidence struct {
	scenario scenarios.Scenario
	cast     scenarios.Cast
	began    time.Time
	duration time.Duration

	// mu guards what deliveries that go out together write.
	mu       sync.Mutex
	log                         // what was done
	taken    []mocksender.Event // what the receiver was to take
	refused  []mocksender.Event // what it was not to take
	unfit    int                // the number of the first request that failed; 0 is none
	lastAck  time.Time
	failures []event.Failure
}

// log is what was done, for people and for programs.
type log struct {
	timeline []string
	steps    []event.Step
	curl     []string
	count    Count
}

// clone is another evidence that knows the same.
func (e *evidence) clone() *evidence {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &evidence{
		scenario: e.scenario, cast: e.cast, began: e.began, duration: e.duration,
		log:   log{slices.Clone(e.timeline), slices.Clone(e.steps), slices.Clone(e.curl), e.count},
		taken: e.taken, refused: e.refused, unfit: e.unfit, lastAck: e.lastAck, failures: slices.Clone(e.failures),
	}
}

func (e *evidence) note(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timeline = append(e.timeline, fmt.Sprintf(format, args...))
}

// done records a step.
func (e *evidence) done(s event.Step) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.steps = append(e.steps, s)
}

// since is t in microseconds since the play's beginning.
func (e *evidence) since(t time.Time) int64 { return max(0, t.Sub(e.began).Microseconds()) }

// record remembers which entries the receiver is to take and which not.
func (e *evidence) record(step scenarios.Step, events []mocksender.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch step.Answer {
	case scenarios.Acknowledge:
		e.taken = append(e.taken, events...)
	case scenarios.Drop: // never reaches the receiver
	default:
		e.refused = append(e.refused, events...)
	}
}

// keep adds a delivery, of so many entries, that ended just now.
func (e *evidence) keep(d mocksender.Delivery, steps []event.Step, events int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.steps = append(e.steps, steps...)
	for _, a := range d.Attempts {
		e.timeline = append(e.timeline, a.Line())
		e.count.Requests++
		e.count.Events += events
	}
	e.curl = append(e.curl, d.Attempts[0].Curl())
	if d.Acknowledged() {
		e.lastAck = time.Now()
	}
}

// failedAt remembers the first request that failed.
func (e *evidence) failedAt(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unfit = cmp.Or(e.unfit, n)
}

// add records a failure with what was seen up to it; alike ones are counted.
func (e *evidence) add(f event.Failure) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.failures {
		if e.failures[i].Symptom() == f.Symptom() {
			e.failures[i].Count++
			return
		}
	}
	f.Count = 1
	f.Schedule = e.scenario.Name
	f.Timeline = slices.Clone(e.timeline)
	f.Curl = slices.Clone(e.curl)
	e.failures = append(e.failures, f)
}

// told are the failures with the whole of what was recorded, also of what came
// after them.
func (e *evidence) told() []event.Failure {
	trace := e.trace()
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.Clone(e.failures)
	for i := range all {
		all[i].Trace = trace
	}
	return all
}

// misjudged is the failure of a state that is wrong.
func (e *evidence) misjudged(w scenarios.Want, got *state.State, m state.Mismatch, kind event.Kind) event.Failure {
	if w.Status == "" && kind == event.Stale {
		kind = event.Merged // nothing of it was sent under its own key
	}
	return event.Failure{Kind: kind, Field: m.Field, Detail: m.String(), Message: w.Key, Expected: state.Expected(w), Got: got}
}

// trace is what was recorded; nil where nothing was.
func (e *evidence) trace() *event.Trace {
	e.mu.Lock()
	steps := slices.Clone(e.steps)
	e.mu.Unlock()
	if len(steps) == 0 {
		return nil
	}
	slices.SortStableFunc(steps, func(a, b event.Step) int { return cmp.Compare(a.AtUS, b.AtUS) })
	if n := len(steps); n > event.MaxSteps {
		const half = event.MaxSteps / 2
		gap := event.Step{Kind: event.Omitted, AtUS: steps[half].AtUS, Count: n - event.MaxSteps}
		steps = slices.Concat(steps[:half], []event.Step{gap}, steps[n-half:])
	}
	return &event.Trace{Truth: truth(e.scenario, e.cast), Steps: steps}
}
