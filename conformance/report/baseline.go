package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// Baseline is how a run differs from an earlier one. What is compared is a way
// to fail: a check, a kind, and the statuses that were expected and found. Which
// message it was, how often it happened and in which words it is told has no
// say, as another seed changes all of them.
type Baseline struct {
	// Started, Version and Seed are the earlier run's.
	Started time.Time `json:"started"`
	Version string    `json:"version"`
	Seed    uint64    `json:"seed"`
	// New are the failures that the earlier run did not have, waived ones left
	// out.
	New []Change `json:"new"`
	// Fixed are the failures of the earlier run that a check which was judged
	// again does not have, waived ones too.
	Fixed []Change `json:"fixed"`
	// Known counts the failures that both runs have, whether waived or not.
	Known int `json:"known"`
	// OnlyNew is set where failures that are known do not fail the run.
	OnlyNew bool `json:"only_new,omitempty"`
	// Unjudged counts the failures of the earlier run whose check was not judged
	// in this one.
	Unjudged int `json:"unjudged"`
}

// Change is one way to fail.
type Change struct {
	Check string      `json:"check"` // its id
	Level event.Level `json:"level"`
	Kind  event.Kind  `json:"kind,omitempty"` // empty: the check failed without telling how
	// Expected and Got are delivery statuses; empty for a message that is not
	// known, or where no state was looked at.
	Expected string `json:"expected,omitempty"`
	Got      string `json:"got,omitempty"`
}

// String is the change in one line: order/late-pending: stale, opened became
// pending.
func (c Change) String() string {
	s := c.Check
	if c.Kind != "" {
		s += ": " + string(c.Kind)
	}
	known := func(status string) string {
		if status == "" {
			return "not known"
		}
		return status
	}
	if c.Expected != "" || c.Got != "" {
		s += fmt.Sprintf(", expected %s, got %s", known(c.Expected), known(c.Got))
	}
	return s
}

// Since is r with what is new and what is fixed since an earlier run.
func (r Report) Since(earlier Report) Report {
	b := &Baseline{Started: earlier.Started, Version: earlier.Tool.Version, Seed: earlier.Tool.Seed, New: []Change{}, Fixed: []Change{}}
	had := make(map[Change]bool)
	for _, c := range earlier.Checks {
		for _, w := range c.ways() {
			had[w.plain()] = true
		}
	}
	judged := make(map[string]bool)
	has := make(map[Change]bool)
	for _, c := range r.Checks {
		judged[c.ID] = c.Result == event.Pass || c.Result == event.Fail || c.Result == event.Waived
		for _, w := range c.ways() {
			has[w.plain()] = true
			switch {
			case had[w.plain()]:
				b.Known++
			case c.Result == event.Fail:
				b.New = append(b.New, w)
			}
		}
	}
	for _, c := range earlier.Checks {
		for _, w := range c.ways() {
			switch {
			case has[w.plain()]:
			case judged[c.ID]:
				b.Fixed = append(b.Fixed, w)
			default:
				b.Unjudged++
			}
		}
	}
	r.Baseline = b
	return r
}

// plain is c without its level, which may change between runs.
func (c Change) plain() Change {
	c.Level = ""
	return c
}

// ways are the ways in which c failed, each once.
func (c Check) ways() []Change {
	if c.Result != event.Fail && c.Result != event.Waived {
		return nil
	}
	if len(c.Failures) == 0 {
		return []Change{{Check: c.ID, Level: c.Level}}
	}
	var all []Change
	seen := make(map[Change]bool)
	for _, f := range c.Failures {
		w := Change{Check: c.ID, Level: c.Level, Kind: f.Kind, Expected: string(f.Expected.Status()), Got: string(f.Got.Status())}
		if !seen[w] {
			seen[w] = true
			all = append(all, w)
		}
	}
	return all
}

// Accepted says in which words a run passes whose failures are all known, where only
// new ones count; empty for any other run.
func (r Report) Accepted() string {
	if r.Baseline == nil || !r.Baseline.OnlyNew || r.Result != Fail || r.ExitCode(ExitOptions{OnlyNew: true}) != 0 {
		return ""
	}
	return "nothing new, " + text.Thousands(r.Baseline.Known) + " known"
}

// newRequired is how many new failures are of required checks.
func (b *Baseline) newRequired() int {
	n := 0
	for _, c := range b.New {
		if c.Level != event.Recommended {
			n++
		}
	}
	return n
}

// Tally is the comparison in one line.
func (b *Baseline) Tally() string {
	parts := []string{text.Thousands(len(b.New)) + " new", text.Thousands(len(b.Fixed)) + " fixed", text.Thousands(b.Known) + " known"}
	if b.Unjudged > 0 {
		parts = append(parts, text.Thousands(b.Unjudged)+" not judged again")
	}
	return fmt.Sprintf("%s since the run of %s", strings.Join(parts, ", "), b.Started.Format("2006-01-02 15:04 UTC"))
}
