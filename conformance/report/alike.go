package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
)

// alike is failures that one bug explains: the first of them, and how many
// states or requests they stand for.
type alike struct {
	event.Failure
	count int
}

// group puts failures of one kind, cause and states together, in the order in
// which the first of each came, so that one bug is shown once.
func group(failures []event.Failure) []alike {
	type key struct {
		symptom state.Symptom
		cause   string
	}
	var groups []alike
	at := make(map[key]int)
	for _, f := range failures {
		k := key{f.Symptom(), f.Cause}
		n := max(1, f.Count)
		if i, ok := at[k]; ok {
			groups[i].count += n
			continue
		}
		at[k] = len(groups)
		groups = append(groups, alike{Failure: f, count: n})
	}
	return groups
}

func statusOf(s *event.State) string { return string(s.Status()) }

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

// headline is a group in one line: 3 × stale: an earlier state stayed.
func (a alike) headline() string {
	s := fmt.Sprintf("%s × %s", count(a.count), a.Kind)
	if m := meaning(a.Kind); m != "" {
		s += ": " + m
	}
	return s
}

// tally counts the kinds of failures, the most frequent first: 3 × stale, 1 × lost.
func tally(failures []event.Failure) string {
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
		parts[i] = fmt.Sprintf("%s × %s", count(counts[k]), k)
	}
	return strings.Join(parts, ", ")
}
