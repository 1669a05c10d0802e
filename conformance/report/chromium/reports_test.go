package chromium_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// certified is the report of a receiver with a known bug; of the reference
// receiver where the mutant has no name.
func certified(t *testing.T, mutant string, traces conformance.Traces, focus ...string) report.Report {
	t.Helper()
	c := conformance.Config{
		Target: config.Config{Name: "acme-receiver", Settle: 100 * time.Millisecond, Secret: "s3cret-of-the-tests", Identity: scenarios.ByDevice},
		Seed:   11, Epoch: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Version: "test", Explore: scenarios.Quick, Focus: focus, Traces: traces,
		Command: "ctxpush certify receiver.yaml --seed 11 --epoch 2026-11-24T00:00:00Z",
	}
	if mutant != "" {
		opts, err := mutants.New(mutant, reference.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c.BuiltIn = builtin.With(opts)
	}
	r, err := conformance.Certify(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func built(events ...event.Event) report.Report {
	b := report.New()
	for _, e := range events {
		b.Observe(e)
	}
	return b.Report()
}

var began = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

// hostile does harm wherever it is taken for anything but text: it is markup,
// a script, a style, an attribute, a comment, a template and a control at once,
// and turns what follows it around.
const hostile = "</pre></script><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>\" onfocus=alert(4) autofocus x=\"' {{.}} --><style>*{display:none}</style>" +
	"\x1b[2J\x00\x07\u202eright to left\u2066 \xff javascript:alert(5)"

// hostileReport is of a receiver that writes such texts wherever it can.
func hostileReport() report.Report {
	long := strings.Repeat("<b>"+hostile+"שלום", (1<<20)/len(hostile)) // a line of 1 MB
	state := &event.State{DeliveryStatus: hostile, DeliveryMethod: hostile, Timestamp: hostile, Content: json.RawMessage(hostile)}
	entry := event.Entry{Message: hostile, Device: hostile, Status: hostile, Time: hostile}
	trace := &event.Trace{Truth: []event.Entry{entry}, Steps: []event.Step{
		{Kind: event.Looked, States: []event.Seen{{Message: hostile, Device: hostile, Status: hostile, Judged: true, Wrong: long}}},
		{Kind: event.Attempted, Request: 1, Attempt: 1, Entries: []event.Entry{entry}, Count: 1, Text: long, Fault: hostile, Error: long},
		{Kind: event.Restarted, Text: hostile, Error: hostile}, {Kind: event.Waited, Text: hostile}, {Kind: hostile, Text: hostile},
	}}
	check := event.Check{ID: "a/" + hostile, Title: hostile, Requirement: long, Level: event.Required, Clauses: []string{hostile, hostile + "2"}}
	failure := event.Failure{Kind: hostile, Cause: long, Remedy: hostile, Detail: long, Schedule: hostile, Frequency: hostile, Expected: state, Got: &event.State{DeliveryStatus: "opened", Content: json.RawMessage(`{"a":"<script>alert(6)</script>"}`)},
		Message: mocksender.Key{CampaignID: hostile, UserID: hostile, IdempotencyKey: hostile, DeviceToken: hostile}, Timeline: []string{long}, Curl: []string{hostile, long}, Log: []string{long, hostile},
		Smallest: []string{hostile}, Counterexample: "counterexamples/a.yaml", Scenario: []byte(hostile), Trace: trace}
	return built(
		event.RunStarted{Time: began, Tool: event.Tool{Version: hostile, Seed: 1, Protocol: hostile}, Receiver: event.Receiver{Name: hostile, Kind: hostile, URL: "javascript:alert(7)", Image: hostile, Identity: hostile},
			Checks: []event.Check{check}, Command: long, Settings: []event.Setting{{Name: hostile, Value: long}}},
		event.Noted{Time: began, Text: long},
		event.CheckFinished{Time: began, Verdict: event.Verdict{ID: check.ID, Result: event.Fail, Reason: long, Failures: []event.Failure{failure},
			Orders:    []event.Orders{{History: hostile, Manner: event.AtOnce, Schedules: 9, Failed: 3}},
			Scenarios: []event.Scenario{{Name: hostile, Failed: true, Trace: trace}}}},
		event.CheckFinished{Time: began, Verdict: event.Verdict{ID: "b/" + hostile, Result: event.Errored, Reason: long}},
		event.RunFinished{Time: began, Err: fmt.Errorf("%s\n%s", hostile, long)},
	)
}

// many is a report with n failed checks, of n causes, each with its evidence, and
// as many states that failed alike in one more.
func many(n int) report.Report {
	started := event.RunStarted{Time: began, Receiver: event.Receiver{Name: "acme-receiver"}, Command: "ctxpush certify --seed 1"}
	var finished []event.Event
	failure := func(i int, cause string) event.Failure {
		return event.Failure{Kind: event.Stale, Count: 1, Cause: cause, Detail: "delivery_status is pending: want opened", Schedule: "opened, pending", Message: mocksender.Key{CampaignID: "spring", UserID: fmt.Sprint("user-", i), IdempotencyKey: "k"},
			Expected: &event.State{DeliveryStatus: mocksender.Opened}, Got: &event.State{DeliveryStatus: mocksender.Pending},
			Timeline: []string{"#1 (opened spring/user/k) → 200 in 1 ms", "#1 (pending spring/user/k) → 200 in 1 ms"}, Curl: []string{"curl -sS http://127.0.0.1/webhook --data-raw '" + strings.Repeat("x", 800) + "'"},
			Trace: &event.Trace{Steps: []event.Step{
				{Kind: event.Attempted, Request: 1, Attempt: 1, Status: 200, AtUS: 100, TookUS: 900, Count: 1, Entries: []event.Entry{{Message: "m", Status: mocksender.Opened, Time: "2026-11-24T09:30:02.000Z"}}},
				{Kind: event.Attempted, Request: 2, Attempt: 1, Status: 200, AtUS: 2000, TookUS: 900, Count: 1, Entries: []event.Entry{{Message: "m", Status: mocksender.Pending, Time: "2026-11-24T09:30:00.000Z"}}},
				{Kind: event.Looked, AtUS: 4000, States: []event.Seen{{Message: "m", Status: mocksender.Pending, Count: 1, Judged: true, Wrong: "delivery_status is pending: want opened"}}},
			}}}
	}
	var alike []event.Failure
	for i := range n {
		c := event.Check{ID: fmt.Sprintf("own/check-%d", i), Title: fmt.Sprintf("the rule of number %d is kept", i), Requirement: "Whatever comes, it is as it should be.", Level: event.Required, Clauses: []string{scenarios.ClauseNames[i%len(scenarios.ClauseNames)]}}
		started.Checks = append(started.Checks, c)
		finished = append(finished, event.CheckFinished{Time: began, Verdict: event.Verdict{ID: c.ID, Result: event.Fail, Failures: []event.Failure{failure(i, fmt.Sprintf("cause number %d", i))}}})
		alike = append(alike, failure(i, "one cause"))
	}
	finished = append(finished, event.CheckFinished{Time: began, Verdict: event.Verdict{ID: "own/alike", Result: event.Fail, Failures: alike}}, event.RunFinished{Time: began.Add(time.Minute)})
	return built(append([]event.Event{started}, finished...)...)
}

// failing is the first check of r that failed.
func failing(r report.Report) report.Check {
	for _, c := range r.Checks {
		if c.Result == event.Fail {
			return c
		}
	}
	panic("no check failed")
}

// withAll is r with a check of each other result, and advice that is not
// followed.
func withAll(r report.Report) report.Report {
	for _, result := range []event.Result{event.Waived, event.Skipped, event.Errored} {
		c := failing(r)
		c.ID, c.Reason, c.Result = "own/"+string(result), "as it is", result
		if result != event.Waived {
			c.Failures = nil
		}
		r.Checks = append(r.Checks, c)
	}
	advice := failing(r)
	advice.ID, advice.Level = "own/advice", event.Recommended
	r.Checks = append(r.Checks, advice)
	r.NotRun = []string{"own/not-run"}
	r.Notes = append(r.Notes, report.Note{Time: began, Text: "a note"})
	return r
}
