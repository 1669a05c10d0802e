package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
	"github.com/ctxpush/ctxpush/mocksender"
)

// anyText is mostly ordinary, and at times anything.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z]{1,8}/[a-z0-9-]{1,12}`),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 30), func(b []byte) string { return string(b) }),
		rapid.Just(hostile),
	)
}

func anyState(t *rapid.T) *event.State {
	if rapid.Bool().Draw(t, "unknown") {
		return nil
	}
	return &event.State{
		DeliveryStatus: mocksender.DeliveryStatus(anyText().Draw(t, "status")),
		DeliveryMethod: mocksender.DeliveryMethod(anyText().Draw(t, "method")),
		Timestamp:      anyText().Draw(t, "timestamp"),
		Content: []byte(rapid.OneOf(anyText(), rapid.SampledFrom([]string{
			"", "null", `{"a": 1}`, `{"a":1.0,"b":[1,2,{"c":null}]}`, "\"\xff\"", `{"a":"` + hostile[len(hostile)-4:] + `"}`,
		})).Draw(t, "content")),
	}
}

func anyFailure(t *rapid.T) event.Failure {
	return event.Failure{
		Kind:     event.Kind(rapid.SampledFrom([]string{"lost", "stale", "refused", "new", ""}).Draw(t, "kind")),
		Count:    rapid.IntRange(-1, 5000).Draw(t, "count"),
		Cause:    anyText().Draw(t, "cause"),
		Detail:   anyText().Draw(t, "detail"),
		Message:  mocksender.Key{UserID: anyText().Draw(t, "user")},
		Expected: anyState(t), Got: anyState(t),
		Timeline: rapid.SliceOfN(anyText(), 0, 40).Draw(t, "timeline"),
		Curl:     rapid.SliceOfN(anyText(), 0, 6).Draw(t, "curl"),
		Log:      rapid.SliceOfN(anyText(), 0, 20).Draw(t, "log"),
	}
}

func anyCheck(t *rapid.T) event.Check {
	return event.Check{
		ID:      fmt.Sprintf("a/%d", rapid.IntRange(0, 9).Draw(t, "id")),
		Title:   anyText().Draw(t, "title"),
		Level:   rapid.SampledFrom([]event.Level{event.Required, event.Recommended}).Draw(t, "level"),
		Clauses: rapid.SliceOfN(anyText(), 0, 3).Draw(t, "clauses"),
	}
}

func anyEvent(t *rapid.T) event.Event {
	now := at(rapid.IntRange(-1000, 100_000_000).Draw(t, "ms"))
	switch rapid.IntRange(0, 7).Draw(t, "event") {
	case 0:
		return event.RunStarted{
			Time: now, Checks: rapid.SliceOfN(rapid.Custom(anyCheck), 0, 8).Draw(t, "checks"),
			Tool:     event.Tool{Seed: rapid.Uint64().Draw(t, "seed"), Version: anyText().Draw(t, "version")},
			Receiver: event.Receiver{Name: anyText().Draw(t, "name")},
			Waivers:  []event.Waiver{{Check: "a/1", Why: anyText().Draw(t, "why")}},
			Command:  anyText().Draw(t, "command"),
		}
	case 1:
		return event.CheckStarted{Time: now, ID: anyText().Draw(t, "id")}
	case 2:
		return event.Noted{Time: now, Text: anyText().Draw(t, "note")}
	case 3:
		e := event.RunFinished{Time: now, Interrupted: rapid.Bool().Draw(t, "interrupted")}
		if rapid.Bool().Draw(t, "broke off") {
			e.Err = errors.New(anyText().Draw(t, "error"))
		}
		return e
	}
	return event.CheckFinished{Time: now, Verdict: event.Verdict{
		ID:       anyCheck(t).ID,
		Result:   rapid.SampledFrom([]event.Result{event.Pass, event.Fail, event.Waived, event.Skipped, event.Errored, "odd"}).Draw(t, "result"),
		Reason:   anyText().Draw(t, "reason"),
		Duration: time.Duration(rapid.Int64Range(-5, 1e12).Draw(t, "duration")),
		Requests: rapid.IntRange(0, 1e6).Draw(t, "requests"),
		Failures: rapid.SliceOfN(rapid.Custom(anyFailure), 0, 6).Draw(t, "failures"),
	}}
}

// TestAnyRun: whatever a run tells, the counts add up, no result is better than
// what it counts, the stored report is the report, and every output can be read.
func TestAnyRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(anyEvent), 0, 12).Draw(t, "events")
		finished := make(map[string]event.Result)
		for _, e := range events {
			if e, ok := e.(event.CheckFinished); ok {
				finished[e.Verdict.ID] = e.Verdict.Result
			}
		}
		r := build(events...)
		s := r.Summary
		if got := s.Passed + s.Failed + s.Waived + s.Skipped + s.Errored; got != len(finished) || len(r.Checks) != len(finished) {
			t.Fatalf("%d counted and %d listed of %d checks finished: %+v", got, len(r.Checks), len(finished), s)
		}
		if s.Checks != len(finished)+len(r.NotRun) || s.NotRun != len(r.NotRun) {
			t.Fatalf("%d not run: %+v", len(r.NotRun), s)
		}
		if r.Result == report.Pass && (s.FailedRequired() > 0 || s.Errored > 0 || s.NotRun > 0 || s.Passed+s.Failed+s.Waived == 0) {
			t.Fatalf("passed with %+v", s)
		}
		if (r.ExitCode(report.ExitOptions{}) == 0) != (r.Result == report.Pass) {
			t.Fatalf("exit code %d of result %s", r.ExitCode(report.ExitOptions{}), r.Result)
		}

		var stored bytes.Buffer
		if err := report.JSON(&stored, r); err != nil {
			t.Fatal(err)
		}
		again, err := report.Read(bytes.NewReader(stored.Bytes()))
		if err != nil {
			t.Fatalf("%v, in\n%s", err, stored.Bytes())
		}
		if !reflect.DeepEqual(r, again) {
			t.Fatalf("reads back as\n%+v, was\n%+v", again, r)
		}
		var plain, xml bytes.Buffer
		if err := terminal.Write(&plain, again, terminal.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := inoffensive(plain.String()); err != nil {
			t.Fatal(err)
		}
		if err := ci.JUnit(&xml, again); err != nil {
			t.Fatal(err)
		}
		suite, err := readJUnit(xml.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if red := suite.Failures+suite.Errors > 0; red != (r.Result != report.Pass) {
			t.Fatalf("JUnit has %d failures and %d errors, the result is %s", suite.Failures, suite.Errors, r.Result)
		}
		if err := inoffensive(watch(&terminal.Progress{Verbose: true}, events)); err != nil {
			t.Fatal(err)
		}
		watch(&terminal.Progress{Live: true}, events)
	})
}
