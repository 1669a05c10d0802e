package report_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
	"github.com/ctxpush/ctxpush/mocksender"
)

// fails is a verdict with a failure for each pair of statuses, on some message.
func fails(id string, r event.Result, n int, statuses ...string) event.Verdict {
	v := event.Verdict{ID: id, Result: r}
	for _, s := range statuses {
		want, got, _ := strings.Cut(s, ">")
		f := event.Failure{Kind: event.Stale, Count: n + 1, Message: message(n), Detail: s}
		if want != "" {
			f.Expected = &event.State{DeliveryStatus: mocksender.DeliveryStatus(want)}
		}
		if got != "" {
			f.Got = &event.State{DeliveryStatus: mocksender.DeliveryStatus(got)}
		}
		v.Failures = append(v.Failures, f)
	}
	return v
}

func TestSince(t *testing.T) {
	const op, od = "opened>pending", "opened>delivered"
	change := func(id, statuses string) report.Change {
		c := report.Change{Check: id, Level: event.Required, Kind: event.Stale}
		c.Expected, c.Got, _ = strings.Cut(statuses, ">")
		return c
	}
	pass := verdict("a/pass", event.Pass)
	for _, c := range []struct {
		name            string
		before, now     []event.Verdict
		added, fixed    []report.Change
		known, unjudged int
		only, all       int // exit codes
	}{
		{"nothing failed", []event.Verdict{pass}, []event.Verdict{pass}, nil, nil, 0, 0, 0, 0},
		{"the same on another message", []event.Verdict{fails("a/1", event.Fail, 1, op)}, []event.Verdict{fails("a/1", event.Fail, 2, op)}, nil, nil, 1, 0, 0, 1},
		{"another status", []event.Verdict{fails("a/1", event.Fail, 1, op)}, []event.Verdict{fails("a/1", event.Fail, 1, od)}, []report.Change{change("a/1", od)}, []report.Change{change("a/1", op)}, 0, 0, 1, 1},
		{"another check", []event.Verdict{fails("a/1", event.Fail, 1, op)}, []event.Verdict{fails("a/1", event.Fail, 1, op), fails("a/2", event.Fail, 1, op)}, []report.Change{change("a/2", op)}, nil, 1, 0, 1, 1},
		{"fixed", []event.Verdict{fails("a/1", event.Fail, 1, op, od)}, []event.Verdict{verdict("a/1", event.Pass)}, nil, []report.Change{change("a/1", op), change("a/1", od)}, 0, 0, 0, 0},
		{"one of two fixed", []event.Verdict{fails("a/1", event.Fail, 1, op, od)}, []event.Verdict{fails("a/1", event.Fail, 1, od)}, nil, []report.Change{change("a/1", op)}, 1, 0, 0, 1},
		{"not run again", []event.Verdict{fails("a/1", event.Fail, 1, op)}, []event.Verdict{pass}, nil, nil, 0, 1, 0, 0},
		{"skipped now", []event.Verdict{fails("a/1", event.Fail, 1, op)}, []event.Verdict{pass, verdict("a/1", event.Skipped)}, nil, nil, 0, 1, 0, 0},
		{"not judged now", []event.Verdict{fails("a/1", event.Fail, 1, op)}, []event.Verdict{pass, verdict("a/1", event.Errored)}, nil, nil, 0, 1, 3, 3},
		{"known, and another not judged", []event.Verdict{fails("a/1", event.Fail, 1, op)}, []event.Verdict{fails("a/1", event.Fail, 1, op), verdict("a/2", event.Errored)}, nil, nil, 1, 0, 3, 1},
		{"was skipped, fails now", []event.Verdict{verdict("a/1", event.Skipped)}, []event.Verdict{fails("a/1", event.Fail, 1, op)}, []report.Change{change("a/1", op)}, nil, 0, 0, 1, 1},
		{"was waived, fails now", []event.Verdict{fails("a/1", event.Waived, 1, op)}, []event.Verdict{fails("a/1", event.Fail, 1, op)}, nil, nil, 1, 0, 0, 1},
		{"new and waived", []event.Verdict{pass}, []event.Verdict{pass, fails("a/1", event.Waived, 1, op)}, nil, nil, 0, 0, 0, 0},
		{"lost", []event.Verdict{pass}, []event.Verdict{fails("a/1", event.Fail, 1, "opened>", "opened>", ">")}, []report.Change{change("a/1", "opened>"), change("a/1", ">")}, nil, 0, 0, 1, 1},
		{"failed without telling how", []event.Verdict{verdict("a/1", event.Fail)}, []event.Verdict{verdict("a/1", event.Fail)}, nil, nil, 1, 0, 0, 1},
	} {
		r := build(run(c.now...)...).Since(build(run(c.before...)...))
		b := *r.Baseline
		orEmpty := func(c []report.Change) []report.Change { return append([]report.Change{}, c...) }
		if !reflect.DeepEqual(b.New, orEmpty(c.added)) || !reflect.DeepEqual(b.Fixed, orEmpty(c.fixed)) || b.Known != c.known || b.Unjudged != c.unjudged {
			t.Errorf("%s: got %+v", c.name, b)
		}
		if only, all := r.ExitCode(report.ExitOptions{OnlyNew: true}), r.ExitCode(report.ExitOptions{}); only != c.only || all != c.all {
			t.Errorf("%s: exit codes %d and %d, want %d and %d", c.name, only, all, c.only, c.all)
		}
	}
}

func TestSinceCountsRecommendedChecksForNothing(t *testing.T) {
	r := build(run(verdict("a/pass", event.Pass), fails("recommended/one", event.Fail, 1, "opened>pending"))...).Since(build(run(verdict("a/pass", event.Pass))...))
	if len(r.Baseline.New) != 1 || r.Baseline.New[0].Level != event.Recommended || r.ExitCode(report.ExitOptions{OnlyNew: true}) != 0 {
		t.Errorf("got %+v", r.Baseline)
	}
}

func TestOnlyNewWithoutABaseline(t *testing.T) {
	if code := build(run(verdict("a/b", event.Fail))...).ExitCode(report.ExitOptions{OnlyNew: true}); code != 1 {
		t.Errorf("exit code %d", code)
	}
}

func TestBaselineIsToldAndStored(t *testing.T) {
	r := build(sampleEvents()...).Since(build(run(fails("batch/1", event.Fail, 1, "opened>pending"), fails("identity/key-reuse", event.Fail, 1, "pending>opened"))...))
	var out, stored bytes.Buffer
	if err := terminal.Write(&out, r, terminal.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"new     order/late-pending: stale, expected opened, got pending\n",
		"fixed   batch/1: stale, expected opened, got pending\n",
		"since  3 new, 1 fixed, 1 known since the run of 2026-11-24 08:30 UTC\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if err := report.JSON(&stored, r); err != nil {
		t.Fatal(err)
	}
	if again, err := report.Read(&stored); err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("reads back as %+v, %v", again.Baseline, err)
	}
	if md := string(markdown(t, r)); !strings.Contains(md, "### 3 new, 1 fixed, 1 known since the run of 2026-11-24 08:30 UTC\n") || !strings.Contains(md, "| `batch/1` | stale | `opened` | `pending` |") {
		t.Errorf("got\n%s", md)
	}
	// junit.xml is the same with and without.
	var with, without bytes.Buffer
	if err := ci.JUnit(&with, r); err != nil {
		t.Fatal(err)
	}
	if err := ci.JUnit(&without, build(sampleEvents()...)); err != nil || with.String() != without.String() {
		t.Errorf("junit.xml tells of the baseline: %v", err)
	}
}
