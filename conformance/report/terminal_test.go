package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
	"github.com/ctxpush/ctxpush/mocksender"
)

func render(o terminal.Options, events ...event.Event) string {
	var b bytes.Buffer
	Expect(terminal.Write(&b, build(events...), o)).To(Succeed())
	return b.String()
}

var _ = Describe("Terminal", func() {
	It("ends with the verdict", func() {
		out := strings.Split(strings.TrimSuffix(render(terminal.Options{}, sampleEvents()...), "\n"), "\n")
		Expect(out[len(out)-1]).To(Equal("FAIL  acme-receiver: 3 passed, 2 failed, 1 recommended failed, 1 waived, 2 skipped of 9 checks, 3,648 requests, 3,747 events in 3.1 s"))
		Expect(out[len(out)-2]).To(Equal("again   ctxpush certify receiver.yaml --seed 7"))
	})

	It("has no escape without colours, and the same words with them", func() {
		plain := render(terminal.Options{}, sampleEvents()...)
		Expect(plain).NotTo(ContainSubstring("\x1b"))
		colored := render(terminal.Options{Color: true}, sampleEvents()...)
		Expect(colored).To(ContainSubstring("\x1b[31m"))
		for _, code := range []string{"31", "32", "33", "1", "2", "0"} {
			colored = strings.ReplaceAll(colored, "\x1b["+code+"m", "")
		}
		Expect(colored).To(Equal(plain))
	})

	It("says of an interrupted run what it did not do", func() {
		out := render(terminal.Options{}, event.RunStarted{Checks: []event.Check{check("a/1"), check("a/2")}},
			event.CheckFinished{Verdict: verdict("a/1", event.Pass)}, event.RunFinished{Interrupted: true})
		Expect(out).To(ContainSubstring("not run: a/2\n"))
		Expect(out).To(HaveSuffix("INTERRUPTED  receiver: 1 passed, 0 failed, 1 not run of 2 checks, 0 requests, 0 events in 0.0 s\n"))
	})

	It("shows one bug once", func() {
		v := event.Verdict{ID: "a/b", Result: event.Fail}
		for i := range 10_000 {
			v.Failures = append(v.Failures, event.Failure{
				Kind: event.Stale, Count: 1, Cause: "the one bug", Message: message(i), Timeline: []string{"POST"},
				Expected: &event.State{DeliveryStatus: mocksender.Opened}, Got: &event.State{DeliveryStatus: mocksender.Pending},
			})
		}
		out := render(terminal.Options{}, event.CheckFinished{Verdict: v}, event.RunFinished{})
		Expect(out).To(ContainSubstring("10,000 × stale"))
		Expect(strings.Count(out, "\n")).To(BeNumerically("<", 25))
	})

	It("counts the ways to fail that it does not show", func() {
		v := event.Verdict{ID: "a/b", Result: event.Fail}
		for i := range 7 {
			v.Failures = append(v.Failures, event.Failure{Kind: event.Lost, Count: 10, Cause: fmt.Sprintf("cause %d", i)})
		}
		out := render(terminal.Options{Verbose: true}, event.CheckFinished{Verdict: v}, event.RunFinished{})
		Expect(out).To(ContainSubstring("cause 2\n"))
		Expect(out).NotTo(ContainSubstring("cause 3\n"))
		Expect(out).To(ContainSubstring("and 40 × lost more, shown in report.json\n"))
	})

	It("cuts long evidence in the middle and keeps the log's end", func() {
		f := event.Failure{Kind: event.Lost, Count: 1}
		for i := range 100 {
			f.Timeline = append(f.Timeline, fmt.Sprintf("step %d", i))
			f.Curl = append(f.Curl, fmt.Sprintf("curl %d", i))
			f.Log = append(f.Log, fmt.Sprintf("logged %d", i))
		}
		out := render(terminal.Options{Verbose: true}, event.CheckFinished{Verdict: event.Verdict{ID: "a/b", Result: event.Fail, Failures: []event.Failure{f}}}, event.RunFinished{})
		Expect(out).To(And(ContainSubstring("step 0\n"), ContainSubstring("… 76 more lines in report.json\n"), ContainSubstring("step 99\n")))
		Expect(out).To(And(ContainSubstring("curl 3\n"), ContainSubstring("… 96 more requests in report.json\n")))
		Expect(out).To(And(ContainSubstring("| logged 99\n"), Not(ContainSubstring("| logged 50\n"))))
	})

	It("shows the requests of the first failed checks only", func() {
		var events []event.Event
		for i := range 42 {
			events = append(events, event.CheckFinished{Verdict: event.Verdict{ID: fmt.Sprintf("a/%d", i), Result: event.Fail, Failures: []event.Failure{{Kind: event.Lost, Count: 1, Curl: []string{"curl x"}}}}})
		}
		out := render(terminal.Options{Verbose: true}, append(events, event.RunFinished{})...)
		Expect(strings.Count(out, "curl x")).To(Equal(5))
		Expect(strings.Count(out, "\nFAIL  a/")).To(Equal(42))
	})

	DescribeTable("says what differs between two states",
		func(expected, got *event.State, want, have string) {
			v := event.Verdict{ID: "a/b", Result: event.Fail, Failures: []event.Failure{{Kind: event.Stale, Expected: expected, Got: got}}}
			out := render(terminal.Options{Verbose: true}, event.CheckFinished{Verdict: v}, event.RunFinished{})
			Expect(out).To(ContainSubstring("expected  " + want + "\n"))
			Expect(out).To(ContainSubstring("got       " + have + "\n"))
		},
		Entry("unknown to the receiver", &event.State{DeliveryStatus: "opened"}, nil, "opened", "not known to the receiver"),
		Entry("should not be known", nil, &event.State{DeliveryStatus: "opened"}, "not known to the receiver", "opened"),
		Entry("no status", &event.State{DeliveryStatus: "opened"}, &event.State{}, "opened", "a state without delivery_status"),
		Entry("the methods",
			&event.State{DeliveryStatus: "opened", DeliveryMethod: "traditional", PlannedDeliveryMethod: "context_aware"},
			&event.State{DeliveryStatus: "opened", DeliveryMethod: "context_aware", PlannedDeliveryMethod: "traditional"},
			"opened, with delivery_method = traditional, with planned_delivery_method = context_aware",
			"opened, with delivery_method = context_aware, with planned_delivery_method = traditional"),
		Entry("a field that is not judged", &event.State{DeliveryStatus: "opened"}, &event.State{DeliveryStatus: "pending", DeliveryMethod: "traditional", Timestamp: "x", Content: []byte("{}")}, "opened", "pending"),
		Entry("a field that the probe does not report", &event.State{DeliveryStatus: "opened", DeliveryMethod: "traditional", Timestamp: "x", Content: []byte("{}")}, &event.State{DeliveryStatus: "pending"}, "opened", "pending"),
		Entry("one instant in two forms, numbers of one value",
			&event.State{DeliveryStatus: "opened", Timestamp: "2025-02-07T15:20:40.600Z", Content: []byte(`{"a":1,"b":100}`)},
			&event.State{DeliveryStatus: "pending", Timestamp: "2025-02-07T16:20:40.600000+01:00", Content: []byte(`{"b":1e2,"a":1.0}`)}, "opened", "pending"),
		Entry("two instants",
			&event.State{DeliveryStatus: "opened", Timestamp: "2025-02-07T15:20:40.600Z"}, &event.State{DeliveryStatus: "opened", Timestamp: "2025-02-07T15:20:40Z"},
			"opened, with timestamp = 2025-02-07T15:20:40.600Z", "opened, with timestamp = 2025-02-07T15:20:40Z"),
		Entry("null is not nothing",
			&event.State{DeliveryStatus: "opened", Content: []byte(`{"u":{"a":null}}`)}, &event.State{DeliveryStatus: "opened", Content: []byte(`{"u":{}}`)},
			"opened, with content.u.a = null", "opened, with no content.u.a"),
		Entry("large integers",
			&event.State{DeliveryStatus: "opened", Content: []byte(`[9007199254740993]`)}, &event.State{DeliveryStatus: "opened", Content: []byte(`[9007199254740992]`)},
			"opened, with content[0] = 9007199254740993", "opened, with content[0] = 9007199254740992"),
		Entry("spaces count",
			&event.State{DeliveryStatus: "opened", Content: []byte(`{"t":"a  b"}`)}, &event.State{DeliveryStatus: "opened", Content: []byte(`{"t":"a b"}`)},
			`opened, with content.t = "a  b"`, `opened, with content.t = "a b"`),
		Entry("an object for a string",
			&event.State{DeliveryStatus: "opened", Content: []byte(`{"t":{"x":1}}`)}, &event.State{DeliveryStatus: "opened", Content: []byte(`{"t":"{\"x\":1}"}`)},
			`opened, with content.t = {"x":1}`, `opened, with content.t = "{\"x\":1}"`),
	)

	It("shows of two long texts where they begin to differ", func() {
		long := strings.Repeat("é", 5000)
		state := func(s string) *event.State {
			return &event.State{DeliveryStatus: "opened", Content: []byte(`{"body":"` + s + `"}`)}
		}
		v := event.Verdict{ID: "a/b", Result: event.Fail, Failures: []event.Failure{{Kind: event.Stale, Expected: state(long + "x" + long), Got: state(long + "y" + long)}}}
		out := render(terminal.Options{Verbose: true}, event.CheckFinished{Verdict: v}, event.RunFinished{})
		Expect(out).To(MatchRegexp(`expected  opened, with content.body = …é+xé+… \(20,003 bytes\)\n`))
		Expect(out).To(MatchRegexp(`got       opened, with content.body = …é+yé+… \(20,003 bytes\)\n`))
	})

	It("tells when its text can't be written", func() {
		Expect(terminal.Write(&brokenPipe{}, build(), terminal.Options{})).To(MatchError(ContainSubstring("broken pipe")))
		Expect(report.JSON(&brokenPipe{}, build())).To(MatchError(ContainSubstring("broken pipe")))
		Expect(ci.JUnit(&brokenPipe{}, build())).To(MatchError(ContainSubstring("broken pipe")))
	})

	It("keeps the lines of a long reason", func() {
		out := render(terminal.Options{Verbose: true}, event.RunFinished{Err: errors.New("it did not start\nlog 1\nlog 2\n")})
		Expect(out).To(ContainSubstring("it did not start\n  | log 1\n  | log 2\n"))
	})

	It("begins with the cause, and says what to change, what shows it and what plays that again", func() {
		out := render(terminal.Options{Width: 100}, wrongEvents(30)...)
		Expect(out).To(HavePrefix("CAUSE  likely: the last arrival wins\n"))
		for _, want := range []string{"change    Compare the timestamps.", "shown by  order/0  1 × stale", "delivery  batch: [m.opened]",
			"          batch: [m.delivered]", "expected  opened", "found     delivered", "ctxpush scenario run counterexamples/order/0.yaml",
			"FAIL  order/0 1 × stale", "… 24 more failed checks"} {
			Expect(out).To(ContainSubstring(want))
		}
	})

	It("takes at most 40 lines for one mistake, whatever it fails", func() {
		Expect(strings.Count(render(terminal.Options{Width: 100}, wrongEvents(200)...), "\n")).To(BeNumerically("<=", 40))
	})

	It("shows all of it if asked to", func() {
		Expect(strings.Count(render(terminal.Options{Verbose: true}, wrongEvents(200)...), "\n")).To(BeNumerically(">", 1000))
	})
})

// wrongEvents are those of a receiver with one mistake, which fails n checks.
func wrongEvents(n int) []event.Event {
	var all []event.Event
	for i := range n {
		id := fmt.Sprintf("order/%d", i)
		all = append(all, event.CheckFinished{Verdict: event.Verdict{ID: id, Result: event.Fail, Failures: []event.Failure{{
			Kind: event.Stale, Count: 1, Cause: "the last arrival wins", CauseID: "last-arrival-wins", Remedy: "Compare the timestamps.", Message: message(i),
			Expected: &event.State{DeliveryStatus: mocksender.Opened}, Got: &event.State{DeliveryStatus: mocksender.Delivered},
			Smallest: []string{"batch: [m.opened]", "batch: [m.delivered]"}, Counterexample: "counterexamples/" + id + ".yaml",
		}}}})
	}
	return append(all, event.RunFinished{})
}

var _ = Describe("A recommended check that could not be judged", func() {
	It("decides no result and no exit code", func() {
		recommended := check("a/odd")
		recommended.Level = event.Recommended
		events := []event.Event{event.RunStarted{Checks: []event.Check{check("a/1"), recommended}},
			event.CheckFinished{Verdict: verdict("a/1", event.Pass)},
			event.CheckFinished{Verdict: event.Verdict{ID: "a/odd", Result: event.Errored, Reason: "probe: answered 500"}}, event.RunFinished{}}
		r := build(events...)
		Expect(r.Result).To(Equal(report.Pass))
		Expect(r.ExitCode(report.ExitOptions{})).To(Equal(0))
		Expect(render(terminal.Options{}, events...)).To(ContainSubstring("ERROR  a/odd: probe: answered 500\n"))
	})
})
