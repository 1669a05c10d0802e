package html

import (
	"fmt"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// ticket is a failure as Markdown, to be pasted to a colleague: what is asked
// for, what was done, what came of it and how to see it again.
func ticket(r report.Report, c report.Check, a event.Failure, w way) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("**%s** fails the check `%s`: %s\n", shown(r.Name()), shown(c.ID), shown(c.Title))
	line("> %s\n", shown(c.Requirement))
	for _, s := range []string{w.Summary, w.Detail} {
		if s != "" {
			line("%s\n", s)
		}
	}
	if want, have := words.Compared(a.Expected, a.Got); want != "" {
		line("- expected: %s", shown(want))
		line("- got: %s", shown(have))
	}
	if a.Cause != "" {
		line("- likely cause: %s", shown(a.Cause))
	}
	if a.Frequency != "" {
		line("- %s", w.Frequency)
	}
	if len(w.Timeline) > 0 {
		line("\n```")
		for _, l := range w.Timeline[:min(len(w.Timeline), words.MaxTimeline)] {
			line("%s", l)
		}
		line("```")
	}
	if w.Scenario != "" && len(w.Scenario) < maxShown {
		line("\n`%s`:\n\n```yaml\n%s\n```", w.File, w.Scenario)
	}
	if w.Replay != "" {
		line("\nPlay it again: `%s`", w.Replay)
	}
	if r.Command != "" {
		line("\nWhole run: `%s` (ctxpush %s)", shown(r.Command), shown(r.Tool.Version))
	}
	return strings.TrimSpace(b.String())
}

// diffLine is one line of expected against got.
type diffLine struct {
	Class string // same, want or got
	Sign  string
	Field string
	Text  string
}

// diffLines are the fields of two states: one line where they agree, two where
// they do not. What is not judged is left out.
func diffLines(expected, got *event.State) []diffLine {
	var all []diffLine
	field := func(name, want, have string, same bool) {
		if same {
			all = append(all, diffLine{"same", " ", name, shown(have)})
			return
		}
		all = append(all, diffLine{"want", "−", name, shown(want)}, diffLine{"got", "+", name, shown(have)})
	}
	switch {
	case expected == nil && got == nil:
		return nil
	case expected == nil:
		field("message", words.Unknown, "known as "+words.Status(got), false)
		return all
	case got == nil:
		field("delivery_status", words.Status(expected), words.Unknown, false)
		return all
	}
	field("delivery_status", words.Status(expected), words.Status(got), words.Status(expected) == words.Status(got))
	for _, f := range []struct{ name, want, have string }{
		{"delivery_method", string(expected.DeliveryMethod), string(got.DeliveryMethod)},
		{"planned_delivery_method", string(expected.PlannedDeliveryMethod), string(got.PlannedDeliveryMethod)},
	} {
		if f.want != "" && f.have != "" {
			field(f.name, f.want, f.have, f.want == f.have)
		}
	}
	if w, h := expected.Timestamp, got.Timestamp; w != "" && h != "" {
		field("timestamp", w, h, words.SameInstant(w, h))
	}
	if len(expected.Content) > 0 && len(got.Content) > 0 {
		if path, w, h, differs := words.ContentDiff(expected.Content, got.Content); differs {
			field(path, orNothing(w), orNothing(h), false)
		} else {
			field("content", "", "the JSON value that was sent", true)
		}
	}
	return all
}

func orNothing(s string) string {
	if s == "" {
		return "(nothing)"
	}
	return s
}
