package ctrf_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ctrf"
)

// read is what a reader of the format takes from it.
type read struct {
	ReportFormat, SpecVersion string
	Results                   struct {
		Tool    struct{ Name, Version string }
		Summary map[string]int64
		Tests   []struct {
			Name, Status, Message, Trace, RawStatus string
			Duration                                int64
			Suite, Tags                             []string
		}
	}
}

func TestEachCheckIsATest(t *testing.T) {
	failure := []event.Failure{{Kind: event.Stale, Count: 3, Detail: "delivery_status is delivered: want opened"}}
	check := func(id string, level event.Level, result event.Result, reason string, failures ...event.Failure) report.Check {
		return report.Check{Check: event.Check{ID: id, Title: "title of " + id, Level: level}, Result: result, Reason: reason, DurationMS: 7, Failures: failures}
	}
	r := report.Report{
		Tool: event.Tool{Version: "v1", Seed: 1}, Started: time.UnixMilli(1000), DurationMS: 500, Result: report.Fail, Reason: "the receiver is gone",
		Checks: []report.Check{
			check("a/pass", event.Required, event.Pass, ""),
			check("a/fail", event.Required, event.Fail, "", failure...),
			check("a/advice", event.Recommended, event.Fail, "", failure...),
			check("a/waived", event.Required, event.Waived, "ACME-12", failure...),
			check("a/skipped", event.Required, event.Skipped, "no restart"),
			check("a/broken", event.Required, event.Errored, "the probe\nis broken"),
		},
		NotRun: []string{"b/late"},
	}
	var text strings.Builder
	if err := ctrf.Write(&text, r); err != nil {
		t.Fatal(err)
	}
	var got read
	if err := json.Unmarshal([]byte(text.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"tests": 8, "passed": 1, "failed": 3, "skipped": 1, "pending": 1, "other": 2, "start": 1000, "stop": 1500}
	if got.ReportFormat != "CTRF" || got.SpecVersion == "" || got.Results.Tool.Name != "ctxpush" || !maps.Equal(got.Results.Summary, want) {
		t.Errorf("got\n%s", text.String())
	}
	statuses := map[string]string{}
	for _, c := range got.Results.Tests {
		statuses[c.Name] = c.Status
		if len(c.Suite) != 1 || c.RawStatus == "" || c.Status != "passed" && c.Message == "" {
			t.Errorf("got %+v", c)
		}
	}
	if !maps.Equal(statuses, map[string]string{"title of a/pass": "passed", "title of a/fail": "failed", "title of a/advice": "other", "title of a/waived": "other",
		"title of a/skipped": "skipped", "title of a/broken": "failed", "b/late": "pending", "the run": "failed"}) {
		t.Errorf("got %v", statuses)
	}
	if f := got.Results.Tests[1]; !strings.Contains(f.Trace, "want opened") || f.Tags[0] != "a/fail" || f.Duration != 7 {
		t.Errorf("got %+v", f)
	}
}
