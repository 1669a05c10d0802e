package report_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
)

// run is a run of checks that are announced, with these verdicts, which then
// ends as planned.
func run(verdicts ...event.Verdict) []event.Event {
	started := event.RunStarted{Time: at(0)}
	var events []event.Event
	for _, v := range verdicts {
		c := check(v.ID)
		if v.ID == "recommended/one" {
			c.Level = event.Recommended
		}
		started.Checks = append(started.Checks, c)
		events = append(events, event.CheckFinished{Time: at(1), Verdict: v})
	}
	return append(append([]event.Event{started}, events...), event.RunFinished{Time: at(2)})
}

func verdict(id string, r event.Result) event.Verdict { return event.Verdict{ID: id, Result: r} }

var _ = Describe("The result of a run", func() {
	pass, fail := verdict("a/pass", event.Pass), verdict("a/fail", event.Fail)
	errored, skipped, waived := verdict("a/error", event.Errored), verdict("a/skipped", event.Skipped), verdict("a/waived", event.Waived)
	recommended := verdict("recommended/one", event.Fail)

	DescribeTable("and its exit code",
		func(events []event.Event, result report.Result, code int, reason string) {
			r := build(events...)
			Expect(r.Result).To(Equal(result))
			Expect(r.ExitCode(report.ExitOptions{})).To(Equal(code))
			Expect(r.Reason).To(Equal(reason))
		},
		Entry("all pass", run(pass), report.Pass, 0, ""),
		Entry("a required check fails", run(pass, fail), report.Fail, 1, ""),
		Entry("a recommended check fails", run(pass, recommended), report.Pass, 0, ""),
		Entry("a failure is waived", run(pass, waived), report.Pass, 0, ""),
		Entry("a check could not be judged", run(pass, errored), report.Error, 3, "1 check could not be judged"),
		Entry("a failure wins over an error", run(errored, fail), report.Fail, 1, ""),
		Entry("one is skipped", run(pass, skipped), report.Pass, 0, ""),
		Entry("all are skipped", run(skipped), report.Error, 3, "no check was judged: 1 check skipped"),
		Entry("no check at all", run(), report.Error, 3, "no check was run"),
		Entry("a check that was announced never finished",
			[]event.Event{event.RunStarted{Checks: []event.Check{check("a/b")}}, event.RunFinished{}}, report.Error, 3, "1 check never finished"),
		Entry("a verdict that is none", run(verdict("a/b", "fine")), report.Error, 3, "1 check could not be judged"),
		Entry("the run broke off",
			[]event.Event{event.CheckFinished{Verdict: pass}, event.RunFinished{Err: errors.New("the receiver is gone")}}, report.Error, 3, "the receiver is gone"),
		Entry("the run broke off after a failure",
			[]event.Event{event.CheckFinished{Verdict: fail}, event.RunFinished{Err: errors.New("the receiver is gone")}}, report.Fail, 1, "the receiver is gone"),
		Entry("interrupted", []event.Event{event.CheckFinished{Verdict: pass}, event.RunFinished{Interrupted: true}}, report.Interrupted, 3, ""),
		Entry("interrupted after a failure", []event.Event{event.CheckFinished{Verdict: fail}, event.RunFinished{Interrupted: true}}, report.Interrupted, 1, ""),
		Entry("a run that is not over", []event.Event{event.CheckFinished{Verdict: pass}}, report.Interrupted, 3, "the run is not over"),
		Entry("no event", nil, report.Interrupted, 3, "the run is not over"),
		Entry("a check that nobody announced counts as required", []event.Event{event.CheckFinished{Verdict: fail}, event.RunFinished{}}, report.Fail, 1, ""),
	)

	It("is stricter when asked", func() {
		r := build(run(pass, skipped)...)
		Expect(r.ExitCode(report.ExitOptions{FailOnSkip: true})).To(Equal(1))
		Expect(r.ExitCode(report.ExitOptions{StrictWaivers: true})).To(Equal(0))

		events := run(pass, waived)
		first := events[0].(event.RunStarted)
		first.Waivers = []event.Waiver{{Check: "a/waived", Why: "x"}, {Check: "a/pass", Why: "y"}, {Check: "not/run", Why: "z"}}
		events[0] = first
		r = build(events...)
		Expect(r.UnneededWaivers).To(Equal([]event.Waiver{{Check: "a/pass", Why: "y"}}))
		Expect(r.ExitCode(report.ExitOptions{})).To(Equal(0))
		Expect(r.ExitCode(report.ExitOptions{FailOnSkip: true})).To(Equal(0))
		Expect(r.ExitCode(report.ExitOptions{StrictWaivers: true})).To(Equal(1))
	})
})

var _ = Describe("Builder", func() {
	It("reports the sample run in the order of the table", func() {
		r := build(sampleEvents()...)
		var ids []string
		for _, c := range r.Checks {
			ids = append(ids, c.ID)
		}
		Expect(ids).To(Equal([]string{"order/reversed", "order/late-pending", "batch/100", "batch/1", "content/user-info", "entry/unknown-fields", "identity/key-reuse", "crash/kill", "crash/stop"}))
		Expect(r.Summary).To(Equal(report.Summary{
			Checks: 9, Passed: 3, Failed: 3, Waived: 1, Skipped: 2, FailedRecommended: 1,
			Schedules: 1223, SchedulesOf: 1223, Requests: 3648, Events: 3747,
		}))
		Expect(r.DurationMS).To(BeEquivalentTo(3149))
		Expect(r.Started.Format("15:04:05.000Z07:00")).To(Equal("08:30:00.123Z"))
	})

	It("lets the later verdict of a check count", func() {
		again := verdict("a/b", event.Fail)
		again.Failures = []event.Failure{{Kind: event.Reverted, Count: 1}}
		r := build(event.CheckFinished{Verdict: verdict("a/b", event.Pass)}, event.CheckFinished{Verdict: again}, event.RunFinished{})
		Expect(r.Checks).To(HaveLen(1))
		Expect(r.Summary.Passed).To(BeZero())
		Expect(r.Checks[0].Failures[0].Kind).To(Equal(event.Reverted))
	})

	It("names the checks that a run which ended early did not finish", func() {
		r := build(
			event.RunStarted{Checks: []event.Check{check("a/1"), check("a/2"), check("a/3")}},
			event.CheckStarted{ID: "a/2"}, event.CheckFinished{Verdict: verdict("a/2", event.Pass)}, event.CheckStarted{ID: "a/1"},
			event.RunFinished{Interrupted: true},
		)
		Expect(r.NotRun).To(Equal([]string{"a/1", "a/3"}))
		Expect(r.Summary.NotRun).To(Equal(2))
		Expect(r.Summary.Checks).To(Equal(3))
	})

	It("gives a report that later events don't change", func() {
		b := report.New()
		b.Observe(event.Noted{Text: "one"})
		first := b.Report()
		b.Observe(event.Noted{Text: "two"})
		b.Observe(event.CheckFinished{Verdict: verdict("a/b", event.Pass)})
		Expect(first.Notes).To(HaveLen(1))
		Expect(first.Checks).To(BeEmpty())
		Expect(b.Report().Notes).To(HaveLen(2))
	})
})

func TestBuilderIsReadWhileARunGoesOn(t *testing.T) {
	b := report.New()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				b.Observe(event.CheckFinished{Verdict: verdict(fmt.Sprintf("a/%d-%d", i, j), event.Pass)})
			}
		})
		wg.Go(func() {
			for range 20 {
				if s := b.Report().Summary; s.Passed != s.Checks {
					t.Errorf("%d of %d passed", s.Passed, s.Checks)
				}
			}
		})
	}
	wg.Wait()
	if s := b.Report().Summary; s.Passed != 200 {
		t.Errorf("%d checks passed, want 200", s.Passed)
	}
}
