package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
)

// timeline prints what happens in scenarios while it happens, and at the end
// what they came to.
type timeline struct {
	w io.Writer
	// states are what was last printed of each message.
	states map[string]string
	expect []scenarios.Expectation
}

func (t *timeline) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

// observe prints whom the scenarios are played to.
func (t *timeline) observe(e event.Event) {
	if e, ok := e.(event.RunStarted); ok {
		t.line("receiver %s at %s, identity %s", e.Receiver.Name, e.Receiver.URL, e.Receiver.Identity)
		t.line("seed %d, epoch %s", e.Tool.Seed, e.Tool.Epoch.Format(time.RFC3339))
	}
}

// tell prints one thing that happened.
func (t *timeline) tell(e conformance.Trace) {
	switch e := e.(type) {
	case conformance.ScenarioStarted:
		t.begin(e)
	case conformance.StepStarted:
		t.line("  %d  %s", e.Number, e.Step)
	case conformance.StepFinished:
		for _, line := range e.Lines {
			if e.Step.Wait == 0 { // its line says what the step's did
				t.line("       %s", line)
			}
		}
		t.changes(e.After)
		t.expected(e.Step.Expect, e.Failures)
	case conformance.ScenarioRepeated:
		t.repeated(e)
	case conformance.ScenarioFinished:
		t.line("  end")
		t.look(e.After)
		if e.Err != nil {
			t.line("       can't be judged: %v", e.Err)
			return
		}
		t.expected(t.expect, e.Failures)
	}
}

// repeated prints what came of further rounds.
func (t *timeline) repeated(e conformance.ScenarioRepeated) {
	if len(e.Failures) == 0 {
		t.line("  its requests race: the same in %d rounds with fresh messages", e.Rounds)
		return
	}
	t.line("  its requests race: round %d with fresh messages", e.Rounds)
	for _, line := range e.Lines {
		t.line("       %s", line)
	}
	t.expected(nil, e.Failures)
}

func (t *timeline) begin(e conformance.ScenarioStarted) {
	t.line("\n%s", scenarioName(e.Check, e.Scenario))
	if c := e.Check; c.Counterexample != "" {
		t.line("counterexample to %s%s", c.Counterexample, behind(": ", c.Found))
	}
	t.states = map[string]string{}
	t.expect = e.Scenario.Expect
	for _, seen := range e.Before.Seen {
		more := ""
		if len(seen.States) > 1 {
			more = fmt.Sprintf(" and %d more", len(seen.States)-1)
		}
		t.line("       %s is message %s%s", seen.Name(), seen.Key, more)
	}
	t.look(e.Before)
}

// look prints all states.
func (t *timeline) look(l conformance.Look) {
	if l.Err != nil {
		t.line("       the states can't be asked for: %v", l.Err)
		return
	}
	parts := make([]string, len(l.Seen))
	for i, seen := range l.Seen {
		t.states[seen.Name()] = seen.String()
		parts[i] = seen.Name() + ": " + seen.String()
	}
	t.line("       %s", strings.Join(parts, "; "))
}

// changes prints the states that are others than before.
func (t *timeline) changes(l conformance.Look) {
	if l.Err != nil {
		t.line("       the states can't be asked for: %v", l.Err)
		return
	}
	for _, seen := range l.Seen {
		now := seen.String()
		if before := t.states[seen.Name()]; before != now {
			t.line("       %s: %s → %s", seen.Name(), before, now)
			t.states[seen.Name()] = now
		}
	}
}

// expected prints whether an expectation is met, or what went wrong where there
// was none.
func (t *timeline) expected(expect []scenarios.Expectation, failures []event.Failure) {
	for _, f := range failures {
		t.line("       WRONG: %s", failureLine(f))
	}
	if len(failures) > 0 || len(expect) == 0 {
		return
	}
	parts := make([]string, len(expect))
	for i, e := range expect {
		parts[i] = e.String()
	}
	t.line("       as expected: %s", strings.Join(parts, ", "))
}

func failureLine(f event.Failure) string {
	line := f.Detail
	if f.Count > 1 {
		line += fmt.Sprintf(" (%d times)", f.Count)
	}
	return line
}

// results prints what each scenario came to, and how many came to what.
func (t *timeline) results(played []conformance.Played) {
	if len(played) == 0 {
		return
	}
	t.line("")
	count := map[event.Result]int{}
	for _, p := range played {
		count[p.Result]++
		t.line("%-12s %s", resultWord(p), scenarioName(p.Check, p.Scenario))
		if p.Reason != "" {
			t.line("             %s", p.Reason)
		}
		for _, f := range p.Failures {
			t.line("             %s: %s", f.Kind, failureLine(f))
			if f.Message.CampaignID != "" {
				t.line("             message %s", f.Message)
			}
			if f.Expected != nil || f.Got != nil {
				t.line("             expected %s, got %s", stateWord(f.Expected), stateWord(f.Got))
			}
			if f.Cause != "" {
				t.line("             likely cause: %s", f.Cause)
			}
		}
	}
	if len(played) > 1 {
		t.line("\n%d passed, %d failed, %d skipped, %d not judged", count[event.Pass], count[event.Fail], count[event.Skipped], count[event.Errored])
	}
}

// resultWord is a scenario's result. A counterexample is there to see whether
// what it shows was mended; one that was never shown again can't tell.
func resultWord(p conformance.Played) string {
	counterexample := p.Check.Counterexample != ""
	switch p.Result {
	case event.Pass:
		if p.Check.Unconfirmed {
			return "NOT SHOWN"
		}
		if counterexample {
			return "FIXED"
		}
		return "PASSED"
	case event.Fail:
		if counterexample {
			return "FAILED still"
		}
		return "FAILED"
	case event.Skipped:
		return "SKIPPED"
	default:
		return "NOT JUDGED"
	}
}

func stateWord(s *event.State) string {
	if s == nil {
		return "not known"
	}
	return string(s.DeliveryStatus)
}

// behind is text with what leads to it in front; nothing where there is none.
func behind(lead, text string) string {
	if text == "" {
		return ""
	}
	return lead + text
}
