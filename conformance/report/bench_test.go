package report_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
	"github.com/ctxpush/ctxpush/mocksender"
)

// fullRun is a run of 80 checks and 200,000 schedules; the first so many checks
// fail in as many ways each as a run tells. The evidence of most is a message of
// its own; one way in each has full batches.
func fullRun(failing int) report.Report {
	const checks, schedules, ways = 80, 200_000, 4
	const entry = `[{"user_id":"usr_7_18ivismm2bb6n","delivery_status":"opened","content":{"title":"jealous jaw cook"}}]`
	full := "[" + strings.Repeat(`{"user_id":"usr_7_18ivismm2bb6n","delivery_status":"opened","content":{"title":"jealous jaw cook"}},`, 400) + "{}]" // 40 KB
	var events []event.Event
	for i := range checks {
		v := event.Verdict{ID: fmt.Sprintf("group-%d/check-%d", i/8, i), Result: event.Pass, Schedules: schedules / checks, Requests: 300, Events: 9000}
		if i < failing {
			v.Result = event.Fail
			for w := range ways {
				f := event.Failure{Kind: event.Stale, Count: 100, Cause: fmt.Sprintf("cause %d", w), Message: message(w), Detail: "delivery_status is pending: want opened",
					Expected: &event.State{DeliveryStatus: mocksender.Opened}, Got: &event.State{DeliveryStatus: mocksender.Pending}, Smallest: []string{"batch: [m.opened]", "batch: [m.pending]"},
					Counterexample: fmt.Sprintf("counterexamples/group/%d-%d.yaml", i, w), Scenario: []byte("scenario: x\n")}
				body := entry
				if w == 0 {
					body = full
				}
				for n := range 6 {
					f.Timeline = append(f.Timeline, fmt.Sprintf("#%d (opened april…or-3-7/usr_7…mm2bb6n/push-…ismm2bb6n) → 200 in 1.2ms", n))
					f.Curl = append(f.Curl, "curl -sS --data-raw '"+body+"'")
				}
				for n := range 20 {
					f.Log = append(f.Log, fmt.Sprintf("time=10:30:02 level=INFO msg=upsert n=%d", n))
				}
				v.Failures = append(v.Failures, f)
			}
		}
		events = append(events, event.CheckFinished{Verdict: v})
	}
	return build(append(events, event.RunFinished{})...)
}

func BenchmarkWriteDir(b *testing.B) {
	runs := map[string]report.Report{"explored orders fail": exploredRun()}
	for _, failing := range []int{0, 10, 80} {
		runs[fmt.Sprintf("%d of 80 checks fail", failing)] = fullRun(failing)
	}
	for name, r := range runs {
		b.Run(name, func(b *testing.B) {
			folder := filepath.Join(b.TempDir(), "report")
			for b.Loop() {
				if err := dir.Write(folder, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkObserve is what an observer that watches costs the run, for each
// attempt of a full batch.
func BenchmarkObserve(b *testing.B) {
	body := []byte("[" + strings.Repeat(`{"user_id":"usr_7_18ivismm2bb6n"},`, 99) + "{}]")
	for name, verbose := range map[string]bool{"progress": false, "verbose": true} {
		b.Run(name, func(b *testing.B) {
			var out buffer
			p := &terminal.Progress{W: &out, Live: true, Verbose: verbose}
			defer p.Close()
			for b.Loop() {
				p.Observe(event.AttemptFinished{ID: "a/b", Attempt: mocksender.Attempt{Number: 1, Request: mocksender.Request{Body: body}}})
				p.Observe(event.Advanced{ID: "a/b", Played: 1, Of: 2})
			}
		})
	}
}
