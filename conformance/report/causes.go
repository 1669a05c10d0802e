package report

import (
	"cmp"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// Cause is one mistake of the receiver's, and the checks that fail because of it.
type Cause struct {
	ID string `json:"id,omitempty"` // empty: it is a sentence of the user's own scenario
	// Level is Recommended where only recommended checks fail because of it.
	Level    event.Level `json:"level"`
	Text     string      `json:"text"`
	Remedy   string      `json:"remedy,omitempty"`
	Checks   []string    `json:"checks"` // ids, in the order of the table
	Failures int         `json:"failures"`
	// Likely says that the cause is a guess, by what a failure looks like, and not
	// what alone agrees with all that was seen.
	Likely  bool     `json:"likely"`
	Example *Example `json:"example,omitempty"`

	ended bool // the receiver's process ended by it: much else may follow from that
}

// Example is a failure that shows a cause.
type Example struct {
	Check          string `json:"check"`
	Counterexample string `json:"counterexample,omitempty"`
}

// causes are the causes of what failed and is not waived: those of required
// checks first, among them those by which the process ended, then by how many
// failures they have.
func causes(checks []Check) []Cause {
	var all []*Cause
	at := map[string]*Cause{}
	for _, c := range checks {
		if c.Result != event.Fail {
			continue
		}
		for _, f := range c.Failures {
			name := cmp.Or(f.CauseID, f.Cause)
			cause := at[name]
			if cause == nil {
				cause = &Cause{ID: f.CauseID, Level: c.Level, Text: f.Cause, Remedy: f.Remedy, Likely: !f.Foretold}
				at[name] = cause
				all = append(all, cause)
			}
			cause.add(c, f)
		}
	}
	slices.SortStableFunc(all, func(a, b *Cause) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Failures, a.Failures))
	})
	list := make([]Cause, len(all))
	for i, c := range all {
		list[i] = *c
	}
	return list
}

func rank(c *Cause) int {
	switch {
	case c.Level == event.Recommended:
		return 2
	case c.ended:
		return 0
	}
	return 1
}

// add counts a failure of a check. The first that has a smallest delivery is the
// example.
func (c *Cause) add(check Check, f event.Failure) {
	c.Failures += max(1, f.Count)
	c.ended = c.ended || f.Kind == event.Crashed
	if check.Level != event.Recommended {
		c.Level = check.Level
	}
	if !slices.Contains(c.Checks, check.ID) {
		c.Checks = append(c.Checks, check.ID)
	}
	if f.Counterexample != "" && (c.Example == nil || c.Example.Counterexample == "") {
		c.Example = &Example{check.ID, f.Counterexample}
	} else if c.Example == nil {
		c.Example = &Example{Check: check.ID}
	}
}
