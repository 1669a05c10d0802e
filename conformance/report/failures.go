package report

import (
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
)

// Group puts failures of one symptom and cause together, so that one bug is shown
// once: the first of them, in the order in which they came, each with how many
// states or requests it stands for as its Count.
func Group(failures []event.Failure) []event.Failure {
	type key struct {
		symptom state.Symptom
		cause   string
	}
	var groups []event.Failure
	at := make(map[key]int)
	for _, f := range failures {
		k := key{f.Symptom(), f.Cause}
		n := max(1, f.Count)
		if i, ok := at[k]; ok {
			groups[i].Count += n
			continue
		}
		at[k] = len(groups)
		f.Count = n
		groups = append(groups, f)
	}
	return groups
}

// HasFailed tells whether c failed as a check of the level.
func (c Check) HasFailed(l event.Level) bool {
	return c.Result == event.Fail && (c.Level == event.Recommended) == (l == event.Recommended)
}

// IsToldElsewhere tells whether other checks explain all failures of c.
func (c Check) IsToldElsewhere() bool {
	return !slices.ContainsFunc(c.Failures, func(f event.Failure) bool { return f.SameAs == "" })
}
