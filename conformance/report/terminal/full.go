package terminal

import (
	"fmt"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
	"github.com/ctxpush/ctxpush/mocksender"
)

// maxEvidence is how many failed checks show their requests. A receiver that
// fails everything is read from its first failures.
const maxEvidence = 5

// full is the form that shows every failure.
type full struct{ page }

// Details are all that people are told of a failed check.
func Details(c report.Check) string {
	f := full{page{Printer: &Printer{Width: 100}}}
	f.Line(0, text.Printable(c.ID), " (", text.Printable(string(c.Level)), ")")
	f.check(c, true)
	return f.buf.String()
}

// write writes all that is not as it should be.
func (f full) write() {
	f.passed()
	f.reasons(event.Skipped, "SKIP", Yellow)
	f.reasons(event.Waived, "WAIVED", Yellow)
	for _, u := range f.UnneededWaivers {
		f.block("WAIVER", Yellow, fmt.Sprintf("%s passed: its waiver (%s) can go", u.Check, u.Why))
	}
	f.failures(event.Recommended, "NOTE", Yellow, 0)
	f.failures(event.Required, "FAIL", Red, maxEvidence)
	f.reasons(event.Errored, "ERROR", Red)
	f.broke()
	if !f.isEmpty() {
		f.Gap()
	}
	f.shared()
}

// failures writes the checks that failed as such of the level; the requests that
// show it of so many of them.
func (f full) failures(l event.Level, tag string, color Color, evidence int) {
	for _, c := range f.Checks {
		if !c.HasFailed(l) {
			continue
		}
		f.Gap()
		f.Line(0, f.Paint(tag, color, Bold), "  ", f.Paint(text.Printable(c.ID), Bold), "  ", f.Paint(string(l), Dim))
		f.check(c, evidence > 0)
		if !c.IsToldElsewhere() {
			evidence--
		}
	}
}

// reasons writes the checks with a result, those with one reason together.
func (f full) reasons(result event.Result, tag string, color Color) {
	order, checks := f.byReason(result)
	for _, why := range order {
		var ids []string
		for _, c := range checks[why] {
			id := c.ID
			if len(c.Failures) > 0 {
				id += " (" + words.Tally(c.Failures) + ")"
			}
			ids = append(ids, id)
		}
		f.block(tag, color, strings.Join(ids, ", ")+": "+text.Clip(why, words.MaxValue))
	}
}

// check writes a failed check: what it asks for and how it was not met. evidence
// is set where the requests that show it are written as well.
func (f full) check(c report.Check, evidence bool) {
	const indent = 6
	if c.Title != c.ID {
		f.prose(indent, c.Title, Bold)
	}
	f.prose(indent, c.Requirement)
	f.field(indent, "clauses", strings.Join(c.Clauses, ", "))
	f.prose(indent, c.Reason)
	groups := report.Group(c.Failures)
	for i, g := range groups[:min(len(groups), words.MaxGroups)] {
		f.Gap()
		f.failure(indent, g, evidence && i == 0)
	}
	if rest := groups[min(len(groups), words.MaxGroups):]; len(rest) > 0 {
		f.Gap()
		f.prose(indent, fmt.Sprintf("and %s more, shown in report.json", words.Tally(rest)))
	}
}

// failure writes one group of failures, by the example of its first.
func (f full) failure(indent int, a event.Failure, evidence bool) {
	f.prose(indent, words.Headline(a), Red)
	indent += 2
	if k := a.Message; k != (mocksender.Key{}) {
		f.value(indent, "message", fmt.Sprintf("campaign_id %s, user_id %s, idempotency_key %s", k.CampaignID, k.UserID, k.IdempotencyKey))
		f.value(indent, "device", k.DeviceToken)
	}
	f.field(indent, "schedule", a.Schedule)
	want, have := words.Compared(a.Expected, a.Got)
	f.value(indent, "expected", want)
	f.value(indent, "got", have)
	f.field(indent, "detail", a.Detail)
	f.field(indent, "cause", a.Cause)
	if a.SameAs != "" {
		f.value(indent, "same as", a.SameAs)
		f.value(indent, "scenario", a.Counterexample)
		return
	}
	f.field(indent, "change", a.Remedy)
	if len(a.Smallest) > 0 {
		f.Line(indent, f.Paint("smallest delivery that fails", Dim))
		f.excerpt(indent+2, "", words.Smallest(a), words.MaxTimeline)
	}
	f.value(indent, "scenario", a.Counterexample)
	if evidence {
		f.evidence(indent, a)
	}
}

// evidence writes what was sent, how to send it again, and what was logged.
func (f full) evidence(indent int, a event.Failure) {
	if len(a.Timeline) > 0 {
		f.Line(indent, f.Paint("timeline", Dim))
		f.excerpt(indent+2, "", a.Timeline, words.MaxTimeline)
	}
	if n := len(a.Curl); n > 0 {
		f.Line(indent, f.Paint("send the requests again (CTXPUSH_SECRET is the secret)", Dim))
		for _, c := range a.Curl[:min(n, words.MaxCurl)] {
			// Cut before it is split: a body is one line, and may be long.
			f.raw(indent+2, "", text.Lines(text.Clip(c, words.MaxCurlBytes)), words.MaxCurlBytes)
		}
		f.more(indent+2, n-words.MaxCurl, "request")
	}
	if n := len(a.Log); n > 0 {
		f.Line(indent, f.Paint("the receiver's log", Dim))
		f.raw(indent+2, "| ", a.Log[max(0, n-words.MaxLog):], words.MaxLine)
	}
}

// shared writes what the failures have in common, and a line for each of them.
func (f full) shared() {
	for _, e := range f.Explanations {
		if len(e.Checks) > 1 {
			f.block("cause", Red, fmt.Sprintf("%s: fails %s: %s", e.Cause, text.Plural(len(e.Checks), "check"), strings.Join(e.Checks, ", ")))
		}
	}
	if f.Summary.FailedRequired() < 2 {
		return
	}
	for _, c := range f.Checks {
		if c.HasFailed(event.Required) {
			f.Line(0, f.Paint("failed", Red), "  ", text.Printable(c.ID), "  ", f.Paint(text.Printable(words.Tally(c.Failures)), Dim))
		}
	}
}
