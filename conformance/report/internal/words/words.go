// Package words says what a report holds in the words that its renderers share.
package words

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
)

// How much of one failure people are shown. report.json has it all.
const (
	MaxGroups    = 3    // ways in which one check failed
	MaxTimeline  = 24   // lines
	MaxCurl      = 4    // commands
	MaxCurlBytes = 4000 // of one command
	MaxLog       = 12   // lines
	MaxValue     = 1000 // bytes of a cause, a detail or another value
	MaxLine      = 400  // bytes of a line that the receiver may have written

	MaxCauses = 4 // that are told with what shows them
	MaxSteps  = 8 // of a smallest delivery

	MaxReasonLines = 60 // of why a run or a check has no result
)

// Headline is a group of failures in one line: 3 × stale: an earlier state stayed.
func Headline(f event.Failure) string {
	s := fmt.Sprintf("%s × %s", text.Thousands(max(1, f.Count)), f.Kind)
	if m := meaning(f.Kind); m != "" {
		s += ": " + m
	}
	return s
}

// meaning says what a kind of failure is; empty for one that is not known.
func meaning(k event.Kind) string {
	switch k {
	case event.Lost:
		return "the receiver never knew it"
	case event.Stale:
		return "an earlier state stayed"
	case event.Reverted:
		return "the state was right, then changed"
	case event.Merged:
		return "the state of another message or device"
	case event.Invented:
		return "a state that was never sent"
	case event.Refused:
		return "a valid request was not acknowledged"
	case event.Accepted:
		return "a request that had to be refused was accepted"
	case event.Crashed:
		return "the receiver ended, or did not start again"
	}
	return ""
}

// Tally counts the kinds of failures, the most frequent first: 3 × stale, 1 × lost.
func Tally(failures []event.Failure) string {
	counts := make(map[event.Kind]int)
	var kinds []event.Kind
	for _, f := range failures {
		if counts[f.Kind] == 0 {
			kinds = append(kinds, f.Kind)
		}
		counts[f.Kind] += max(1, f.Count)
	}
	slices.SortStableFunc(kinds, func(a, b event.Kind) int { return cmp.Compare(counts[b], counts[a]) })
	parts := make([]string, len(kinds))
	for i, k := range kinds {
		parts[i] = fmt.Sprintf("%s × %s", text.Thousands(counts[k]), k)
	}
	return strings.Join(parts, ", ")
}

// Message is a failed check in one line.
func Message(c report.Check) string {
	if len(c.Failures) == 0 {
		return Line(cmp.Or(c.Reason, c.Requirement, "failed"))
	}
	f := report.Group(c.Failures)[0]
	s := Headline(f)
	if want, have := Compared(f.Expected, f.Got); want != "" {
		s += fmt.Sprintf(": expected %s, got %s", text.Clip(want, MaxLine), text.Clip(have, MaxLine))
	} else if f.Detail != "" {
		s += ": " + text.Clip(f.Detail, MaxLine)
	}
	return text.Printable(s)
}

// Line is the first line of a text of others, of bounded length.
func Line(s string) string { return text.Shown(text.FirstLine(s), MaxLine) }

// Summary is a run's figures in one line. What is zero is left out, but never how
// many checks passed and failed.
func Summary(s report.Summary, ms int64) string {
	parts := []string{text.Thousands(s.Passed) + " passed", text.Thousands(s.FailedRequired()) + " failed"}
	for _, of := range []struct {
		n    int
		what string
	}{
		{s.FailedRecommended, "recommended failed"}, {s.Waived, "waived"}, {s.Skipped, "skipped"},
		{s.Errored, "not judged"}, {s.NotRun, "not run"},
	} {
		if of.n != 0 {
			parts = append(parts, text.Thousands(of.n)+" "+of.what)
		}
	}
	return fmt.Sprintf("%s of %s, %s, %s in %s", strings.Join(parts, ", "), text.Plural(s.Checks, "check"),
		text.Plural(s.Requests, "request"), text.Plural(s.Events, "event"), text.Elapsed(ms))
}

// Smallest is a failure's smallest delivery, with how often it fails.
func Smallest(f event.Failure) []string {
	if f.Frequency == "" {
		return f.Smallest
	}
	return append(slices.Clone(f.Smallest), "fails only sometimes: "+f.Frequency)
}

// Split parts a check's id into its group and its name.
func Split(id string) (group, name string) {
	if g, n, ok := strings.Cut(id, "/"); ok {
		return g, n
	}
	return id, id
}
