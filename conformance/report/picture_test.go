package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// pageOf is the page of one check that failed in one way, and of what it explored.
func pageOf(t *testing.T, f event.Failure, orders ...event.Orders) string {
	return page(t, build(
		event.CheckFinished{Verdict: event.Verdict{ID: "a/b", Result: event.Fail, Failures: []event.Failure{f}, Orders: orders}},
		event.RunFinished{}))
}

func TestADiagramCountsTheRowsThatItLeavesOut(t *testing.T) {
	trace := &event.Trace{}
	for i := range 73 { // each is a row of its own
		trace.Steps = append(trace.Steps, event.Step{Kind: event.Waited, AtUS: int64(i) * 1_000_000, Text: "1 s"})
	}
	got := pageOf(t, event.Failure{Kind: event.Stale, Count: 1, Trace: trace})
	if want := "13 rows left out; report.json has all"; !strings.Contains(got, want) {
		t.Errorf("%q is not in the page", want)
	}
	if n := strings.Count(got, "wait 1 s"); n != 60 {
		t.Errorf("%d rows are shown, want 60", n)
	}
}

func TestABarOfFewSchedulesIsStillSeen(t *testing.T) {
	got := pageOf(t, event.Failure{Kind: event.Stale, Count: 1},
		event.Orders{History: "pending → opened", Manner: event.InOrder, Schedules: 1},
		event.Orders{History: "pending → opened", Manner: event.Copied, Schedules: 10_000, Failed: 2_500})
	for _, want := range []float64{6, 100, 25} {
		if bar := fmt.Sprintf(` width="%g" height="6"/>`, want); !strings.Contains(got, bar) {
			t.Errorf("no bar %s", bar)
		}
	}
}

func TestARevertedStateIsSaidToHaveBeenRight(t *testing.T) {
	opened, pending := &event.State{DeliveryStatus: "opened"}, &event.State{DeliveryStatus: "pending"}
	for kind, want := range map[event.Kind]string{
		event.Reverted: "The message truly ended as opened. The receiver said so at first, and later pending.",
		event.Stale:    "The message truly ended as opened, but the receiver says pending.",
	} {
		if got := pageOf(t, event.Failure{Kind: kind, Count: 1, Expected: opened, Got: pending}); !strings.Contains(got, want) {
			t.Errorf("%s: %q is not in the page", kind, want)
		}
	}
}
