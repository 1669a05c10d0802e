package report_test

import (
	"bytes"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

var _ = Describe("An explanation", func() {
	failure := func(cause, sameAs string, smallest ...string) event.Failure {
		return event.Failure{Kind: event.Stale, Count: 1, Cause: cause, SameAs: sameAs, Smallest: smallest, Frequency: "7 of 40",
			Timeline: []string{"the timeline"}, Counterexample: "counterexamples/x.yaml"}
	}
	verdict := func(id string, failures ...event.Failure) event.CheckFinished {
		return event.CheckFinished{Verdict: event.Verdict{ID: id, Result: event.Fail, Failures: failures}}
	}
	r := build(
		verdict("a/later", failure("one", "b/first", "batch: [m.pending]")),
		verdict("b/first", failure("one", "", "batch: [m.opened]"), failure("two", "", "batch: [m.failed]")),
		verdict("c/unexplained", failure("three", "")),
		event.RunFinished{},
	)

	It("names the checks that fail for one cause, first the one that tells it", func() {
		Expect(r.Explanations).To(Equal([]report.Explanation{
			{Cause: "one", Checks: []string{"b/first", "a/later"}, Smallest: []string{"batch: [m.opened]"}, Counterexample: "counterexamples/x.yaml"},
			{Cause: "two", Checks: []string{"b/first"}, Smallest: []string{"batch: [m.failed]"}, Counterexample: "counterexamples/x.yaml"},
		}))
	})

	It("is told once on the terminal", func() {
		var b bytes.Buffer
		Expect(terminal.Write(&b, r, terminal.Options{Verbose: true})).To(Succeed())
		out := b.String()
		Expect(out).To(MatchRegexp(`(?s)a/later.*same as   b/first.*b/first.*smallest delivery that fails\n          batch: \[m.opened\]\n          fails only sometimes: 7 of 40`))
		Expect(out).NotTo(ContainSubstring("m.pending"))
		Expect(out).To(ContainSubstring("cause  one: fails 2 checks: b/first, a/later\n"))
		Expect(out).NotTo(ContainSubstring("cause  two"))
	})

	It("is stored", func() {
		var b bytes.Buffer
		Expect(report.JSON(&b, r)).To(Succeed())
		again, err := report.Read(&b)
		Expect(err).NotTo(HaveOccurred())
		Expect(again).To(Equal(r))
	})
})
