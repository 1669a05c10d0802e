package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// How much the brief form shows, so that a receiver with one mistake takes no more
// than a screen.
const (
	maxCauses      = 3 // that are shown with what to change; of more only the first is
	maxRemedyLines = 4
	maxChecks      = 6 // failed checks, a line each
	maxIDs         = 6 // checks that share a reason
	maxRemarks     = 3
)

// brief is the form that shows the causes.
type brief struct{ page }

// write writes what a reader does something about: the causes, each with what to
// change, the smallest delivery that shows it and the command that plays it
// again; then a line a failed check; then what was not judged.
func (b brief) write() {
	b.causes()
	b.failures()
	b.sharedReasons(event.Errored, "ERROR", Red)
	b.sharedReasons(event.Skipped, "SKIP", Yellow)
	b.sharedReasons(event.Waived, "WAIVED", Yellow)
	for _, u := range b.UnneededWaivers {
		b.oneLine("WAIVER", Yellow, fmt.Sprintf("%s passed: its waiver (%s) can go", u.Check, u.Why))
	}
	b.passed()
	b.remarks(b.Notes)
	b.broke()
	if !b.isEmpty() {
		b.Gap()
	}
}

// causes writes the causes that fail a required check.
func (b brief) causes() {
	required := slices.DeleteFunc(slices.Clone(b.Causes), func(c report.Cause) bool { return c.Level == event.Recommended })
	whole := maxCauses
	if len(required) > maxCauses {
		whole = 1
	}
	for i, c := range required {
		switch {
		case i < whole:
			b.cause(c)
		case i < words.MaxCauses:
			b.oneLine("CAUSE", Red, c.Text)
		case i == words.MaxCauses:
			b.more(0, len(required)-i, "cause")
		}
	}
}

// failures writes a line for each check that failed.
func (b brief) failures() {
	failed := 0
	for _, c := range b.Checks {
		if !c.HasFailed(event.Required) {
			continue
		}
		if failed++; failed <= maxChecks {
			b.oneLine("FAIL", Red, c.ID+"  "+words.Tally(c.Failures)+uncaused(c))
		}
	}
	b.more(0, failed-maxChecks, "failed check")
	for _, c := range b.Checks {
		if c.HasFailed(event.Recommended) {
			b.oneLine("NOTE", Yellow, c.ID+" (recommended)  "+words.Tally(c.Failures)+firstCause(c))
		}
	}
}

// uncaused is the detail of a check's first failure, if no cause of it is known.
func uncaused(c report.Check) string {
	if len(c.Failures) > 0 && c.Failures[0].Cause == "" {
		return ": " + c.Failures[0].Detail
	}
	return ""
}

// firstCause is the cause of a check's first failure.
func firstCause(c report.Check) string {
	if len(c.Failures) > 0 && c.Failures[0].Cause != "" {
		return ": " + c.Failures[0].Cause
	}
	return uncaused(c)
}

// indent is where what belongs to a cause begins.
const indent = 7

// cause writes a cause with its example.
func (b brief) cause(c report.Cause) {
	likely := ""
	if c.Likely {
		likely = "likely: "
	}
	b.block("CAUSE", Red, likely+c.Text)
	name := "change"
	for i, l := range text.Wrap(text.Printable(text.Clip(c.Remedy, words.MaxValue)), b.room()) {
		if i == maxRemedyLines {
			b.Row(indent, "", "…")
			break
		}
		b.Row(indent, name, l)
		name = ""
	}
	if f, found := b.ExampleOf(c); found {
		b.example(c.Example.Check, f)
	}
	b.Gap()
}

// room is how many columns a value of a cause may take.
func (b brief) room() int { return b.Width - indent - b.label() }

// example writes the smallest delivery, what it must lead to and what it led to.
func (b brief) example(check string, f event.Failure) {
	b.Row(indent, "shown by", text.Printable(check), "  ", b.Paint(text.Printable(words.Headline(f)), Dim))
	name := "delivery"
	steps := words.Smallest(f)
	for _, step := range steps[:min(len(steps), words.MaxSteps)] {
		b.Row(indent, name, text.Fit(text.Printable(step), b.room()))
		name = ""
	}
	b.more(indent+b.label(), len(steps)-words.MaxSteps, "step")
	want, have := words.Compared(f.Expected, f.Got)
	for _, v := range []struct{ name, value string }{{"expected", want}, {"found", have}, {"detail", unseen(f)}} {
		if v.value != "" {
			b.Row(indent, v.name, text.Fit(text.Printable(v.value), b.room()))
		}
	}
	if n := len(f.Log); f.Kind == event.Crashed && n > 0 {
		b.raw(indent+b.label(), "| ", f.Log[max(0, n-maxRemarks):], b.room())
	}
	if f.Counterexample != "" {
		b.Row(indent, "again", text.Printable(b.Replay(f.Counterexample)))
	}
}

// unseen is the detail of a failure where the states do not tell it.
func unseen(f event.Failure) string {
	if f.Expected != nil && f.Got != nil {
		return ""
	}
	return f.Detail
}

// sharedReasons writes the checks with a result, those with one reason together,
// and few of their names.
func (b brief) sharedReasons(result event.Result, tag string, color Color) {
	reasons, checks := b.byReason(result)
	for _, why := range reasons {
		var names []string
		for _, c := range checks[why][:min(len(checks[why]), maxIDs)] {
			names = append(names, c.ID)
		}
		who := strings.Join(names, ", ")
		if n := len(checks[why]); n > maxIDs {
			who = text.Plural(n, "check") + " (" + who + ", …)"
		}
		b.block(tag, color, who+": "+text.Clip(why, words.MaxLine))
	}
}

// remarks writes what was noted about the run, each text once.
func (b brief) remarks(notes []report.Note) {
	var all []string
	for _, n := range notes {
		if !slices.Contains(all, n.Text) {
			all = append(all, n.Text)
		}
	}
	for _, note := range all[:min(len(all), maxRemarks)] {
		b.block("note", Dim, text.Clip(note, words.MaxLine))
	}
	b.more(0, len(all)-maxRemarks, "note")
}
