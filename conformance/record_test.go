package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// certifyMutant is what a run finds of a receiver with a known bug.
func certifyMutant(t *testing.T, name string, c conformance.Config) report.Report {
	t.Helper()
	opts, err := mutants.New(name, reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Target, c.Seed, c.TimeScale, c.BuiltIn = quickTarget(scenarios.ByDevice), 7, 1e5, builtin.With(opts)
	c.Target.Secret = "the-secret-of-this-test"
	r, err := conformance.Certify(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := json.Marshal(r); err != nil || strings.Contains(string(data), "the-secret-of-this-test") {
		t.Fatalf("the report has the secret, or none: %v", err)
	}
	return r
}

// The smallest delivery is traced with the states before, between and after.
func TestTraceOfTheSmallestDelivery(t *testing.T) {
	r := certifyMutant(t, "last-arrival-wins", conformance.Config{Focus: []string{"order/delivered-after-opened"}})
	f := r.Checks[0].Failures[0]
	if f.Remedy == "" {
		t.Error("nothing says what to change")
	}
	if f.Trace == nil {
		t.Fatal("no trace")
	}
	var truth, told []string
	for _, e := range f.Trace.Truth {
		truth = append(truth, string(e.Status))
	}
	if got := strings.Join(truth, " "); got != "pending delivered opened" {
		t.Errorf("the truth is %s: want pending delivered opened", got)
	}
	last := int64(-1)
	for _, s := range f.Trace.Steps {
		if s.AtUS < last {
			t.Errorf("a step at %d µs comes after one at %d µs", s.AtUS, last)
		}
		last = s.AtUS
		switch s.Kind {
		case event.Looked:
			told = append(told, "state "+string(s.States[0].Status))
		case event.Attempted:
			for _, e := range s.Entries {
				told = append(told, "send "+string(e.Status))
			}
			if s.Status != 200 || s.Attempt != 1 || s.Count != len(s.Entries) || s.Bytes == 0 {
				t.Errorf("the attempt is %+v", s)
			}
		default:
			t.Errorf("an unexpected step: %+v", s)
		}
	}
	if got, want := strings.Join(told, ", "), "state , send opened, state opened, send delivered, state delivered, state delivered"; got != want {
		t.Errorf("the trace is %s: want %s", got, want)
	}
	end := f.Trace.Steps[len(f.Trace.Steps)-1].States[0]
	if !end.Judged || !strings.Contains(end.Wrong, "want opened") {
		t.Errorf("the last state is %+v: want it judged wrong", end)
	}
}

func TestTraceOfRestartsAndRetries(t *testing.T) {
	r := certifyMutant(t, "memory-only", conformance.Config{Focus: []string{"restart/kill", "retry/after-500"}, Traces: conformance.AllTraces})
	for _, c := range r.Checks {
		switch c.ID {
		case "restart/kill":
			if c.Result != event.Fail || !has(c.Failures[0].Trace, func(s event.Step) bool { return s.Kind == event.Restarted && s.Text == "SIGKILL" && s.TookUS > 0 }) {
				t.Errorf("%s is a %s without a restart in its trace", c.ID, c.Result)
			}
		case "retry/after-500":
			if c.Result != event.Pass || len(c.Scenarios) == 0 {
				t.Fatalf("%s is a %s with %d traces", c.ID, c.Result, len(c.Scenarios))
			}
			if !has(c.Scenarios[0].Trace, func(s event.Step) bool { return s.Attempt > 1 && s.AfterMS >= 7000 && s.Status == 200 }) {
				t.Errorf("%s has no retry in its trace: %+v", c.ID, c.Scenarios[0].Trace)
			}
			if !has(c.Scenarios[0].Trace, func(s event.Step) bool {
				return s.Kind == event.Looked && s.States[0].Judged && s.States[0].Wrong == ""
			}) {
				t.Errorf("%s does not end in a state that is right", c.ID)
			}
		}
	}
	if r := certifyMutant(t, "memory-only", conformance.Config{Focus: []string{"retry/after-500"}}); r.Checks[0].Scenarios != nil {
		t.Error("what passed is traced although nobody asked for it")
	}
}

func has(t *event.Trace, match func(event.Step) bool) bool {
	if t == nil {
		return false
	}
	for _, s := range t.Steps {
		if match(s) {
			return true
		}
	}
	return false
}

// A batch of many messages is traced in few entries, and an answer that is no
// 2xx with its body.
func TestTraceIsBounded(t *testing.T) {
	r := certifyMutant(t, "fewer-than-100-entries", conformance.Config{Focus: []string{"batch/*"}, Traces: conformance.AllTraces})
	refused := false
	for _, c := range r.Checks {
		for _, s := range c.Scenarios {
			if s.Trace == nil {
				t.Fatalf("%s: %s has no trace", c.ID, s.Name)
			}
			if len(s.Trace.Truth) > event.MaxEntries || len(s.Trace.Steps) > event.MaxSteps+1 {
				t.Errorf("%s: %s: %d changes and %d steps", c.ID, s.Name, len(s.Trace.Truth), len(s.Trace.Steps))
			}
			for _, step := range s.Trace.Steps {
				entries := 0
				for _, e := range step.Entries {
					entries += max(1, e.Count)
				}
				if len(step.Entries) > event.MaxEntries || entries > step.Count && step.Kind == event.Attempted {
					t.Errorf("%s: %s: %d entries of %d", c.ID, s.Name, entries, step.Count)
				}
				refused = refused || step.Count == mocksender.MaxBatch && step.Status >= 400 && step.Answer != ""
			}
		}
	}
	if !refused {
		t.Error("no trace of a full batch that was refused, with the answer")
	}
}

// Every schedule that was explored is counted in one shape, and every failed one
// as failed.
func TestOrdersAddUp(t *testing.T) {
	for _, mutant := range []string{"last-arrival-wins", "first-entry-only"} {
		r := certifyMutant(t, mutant, conformance.Config{Focus: []string{"explored"}, Explore: scenarios.Quick, Shrink: -1})
		for _, c := range r.Checks {
			played, failed, alike := 0, 0, 0
			for _, o := range c.Orders {
				played += o.Schedules
				failed += o.Failed
				if o.Failed > o.Schedules {
					t.Errorf("%s: %d of %d failed of %s %s", c.ID, o.Failed, o.Schedules, o.History, o.Manner)
				}
			}
			for _, f := range c.Failures {
				alike += f.Count
			}
			if played != c.Schedules || failed != alike || len(c.Orders) == 0 {
				t.Errorf("%s: %s: shapes have %d schedules, %d failed: want %d and %d", mutant, c.ID, played, failed, c.Schedules, alike)
			}
		}
	}
}

func TestTracesAreAllOrFailures(t *testing.T) {
	_, err := conformance.Certify(t.Context(), conformance.Config{Traces: "some"})
	if err == nil || err.Error() != `traces "some": want failures or all` {
		t.Errorf("got %v", err)
	}
}
