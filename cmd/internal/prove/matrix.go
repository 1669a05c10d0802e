package prove

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/scenarios"
)

// Outcome is how a receiver came out of its certification.
type Outcome string

const (
	// Killed is a mutant that was found as it must be.
	Killed Outcome = "killed"
	// Survived is a mutant that the check named for it did not find.
	Survived Outcome = "survived"
	// Astray is a mutant that failed checks of other rules besides.
	Astray Outcome = "astray"
	// Cleared is a correct design that was not accused.
	Cleared Outcome = "cleared"
	// Accused is a correct design that failed a check.
	Accused Outcome = "accused"
	// Missing is a design whose programs this machine lacks.
	Missing Outcome = "missing"
	// Broken is a receiver that could not be judged.
	Broken Outcome = "broken"
)

// Good says whether the outcome is the one that is wanted. A design that could
// not be started is not held against the suite.
func (o Outcome) Good() bool { return o == Killed || o == Cleared || o == Missing }

// Row is one receiver and how it came out.
type Row struct {
	Receiver string  `json:"receiver"`
	Identity string  `json:"identity"`
	What     string  `json:"what"` // the bug, or the design, in one sentence
	Check    string  `json:"check,omitempty"`
	Outcome  Outcome `json:"outcome"`
	Detail   string  `json:"detail,omitempty"` // why the outcome is not good
	// First is the check that failed first in the run.
	First string `json:"first,omitempty"`
	// Failed are all checks that failed, in the order of the table.
	Failed []string `json:"failed,omitempty"`
	// Smallest is the smallest delivery that shows the bug, a line a step.
	Smallest []string `json:"smallest,omitempty"`
	TookMS   int64    `json:"took_ms"`
}

func (r Row) String() string { return fmt.Sprintf("%s, identity %s", r.Receiver, r.Identity) }

// Matrix is what was measured.
type Matrix struct {
	Seed    uint64 `json:"seed"` // the first one, where there are several
	Mutants []Row  `json:"mutants"`
	Designs []Row  `json:"designs"`
	// Needless are the checks that no mutant failed.
	Needless []string      `json:"needless"`
	Took     time.Duration `json:"-"`
}

// Unfailing are the checks that a receiver can't fail without failing nearly
// all: the one that it works at all, those whose failed attempts it never sees,
// and the one of the headers that each request of its protocol has. No mutant
// has to fail them.
var Unfailing = []string{"request/acknowledged", "retry/after-500", "protocol/newer-headers"}

// Good says whether nothing is wrong with the suite as far as it was measured.
func (m Matrix) Good() bool {
	bad := func(r Row) bool { return !r.Outcome.Good() }
	return len(m.Needless) == 0 && !slices.ContainsFunc(m.Mutants, bad) && !slices.ContainsFunc(m.Designs, bad)
}

// Count is how many of the rows have the outcome.
func Count(rows []Row, o Outcome) int {
	n := 0
	for _, r := range rows {
		if r.Outcome == o {
			n++
		}
	}
	return n
}

// names is how many different receivers the rows are about.
func names(rows []Row) int {
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.Receiver] = true
	}
	return len(seen)
}

// Counts is the measurement in one sentence, as the README states it.
func (m Matrix) Counts() string {
	return fmt.Sprintf("%d of %d mutants killed, %d of %d correct designs accused",
		killedNames(m.Mutants), names(m.Mutants), accusedNames(m.Designs), names(m.Designs))
}

// killedNames counts the mutants all of whose rows are killed.
func killedNames(rows []Row) int {
	return names(rows) - namesWhere(rows, func(o Outcome) bool { return o != Killed })
}

func accusedNames(rows []Row) int {
	return namesWhere(rows, func(o Outcome) bool { return !o.Good() })
}

func namesWhere(rows []Row, is func(Outcome) bool) int {
	return names(slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !is(r.Outcome) }))
}

// needless are the checks that mutants can be asked and that none of them failed.
func needless(rows []Row) []string {
	failed := map[string]bool{}
	for _, r := range rows {
		for _, id := range r.Failed {
			failed[id] = true
		}
	}
	idle := []string{}
	for _, c := range scenarios.Catalogue() {
		// A mutant runs in this process and has no database of its own: it can't
		// be frozen, nor what it needs be killed. A receiver that comes with a
		// compose file has such a bug, and is certified in the tests.
		if c.Pauses() || c.DisruptsServices() {
			continue
		}
		if !failed[c.ID] && !slices.Contains(Unfailing, c.ID) {
			idle = append(idle, c.ID)
		}
	}
	return idle
}

// step is the smallest delivery in one line.
func (r Row) step() string { return strings.Join(r.Smallest, "; ") }
