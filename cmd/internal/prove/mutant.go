package prove

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// restarts is the group of the checks that stop and kill.
const restarts = "restart"

// nothingWorks is the check of the mutants that take nothing at all.
const nothingWorks = "request/acknowledged"

// trial is one certification of a mutant.
type trial struct {
	mutant   mutants.Mutant
	identity scenarios.Identity
}

// trialsOf are the mutants' trials: under the identity under which a bug shows;
// under both where its rule depends on the identity; under the one or the other
// in turn where it does not.
func trialsOf(all []mutants.Mutant) []trial {
	var trials []trial
	for i, m := range all {
		both := slices.Contains([]string{"identity", "order", "gaps"}, scenarios.Group(m.Check))
		for n, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
			if m.Identity == string(id) || m.Identity == "" && (both || n == i%2) {
				trials = append(trials, trial{m, id})
			}
		}
	}
	return trials
}

// focus are the groups that the mutant is certified with: the catalogue's, but
// the many restarts only where the bug is about them.
func (t trial) focus() []string {
	var groups []string
	for _, c := range scenarios.Catalogue() {
		g := scenarios.Group(c.ID)
		if !slices.Contains(groups, g) && (g != restarts || scenarios.Group(t.mutant.Check) == restarts) {
			groups = append(groups, g)
		}
	}
	return groups
}

// config is how the mutant is certified, with so little patience as it allows.
func (t trial) config(seed uint64) (conformance.Config, error) {
	opts, err := mutants.New(t.mutant.Name, reference.Options{})
	c := conformance.Config{
		Target: config.Config{
			Identity: t.identity,
			Protocol: mocksender.Profile(t.mutant.Protocol),
			Settle:   max(10*time.Millisecond, 10*t.mutant.Late),
			Timeout:  t.mutant.Timeout,
		},
		Seed: seed, BuiltIn: builtin.With(opts),
		TimeScale: 1e6, // the batches that are never acknowledged are many
		Explore:   scenarios.Quick,
	}
	if t.mutant.Alone {
		c.Parallel = 1
	}
	return c, err
}

// shrinking is how long the smallest delivery of one mutant is looked for.
const shrinking = 3 * time.Second

func (t trial) run(ctx context.Context, seed uint64, smallest bool) (row Row) {
	begin := time.Now()
	row = Row{Receiver: t.mutant.Name, Identity: string(t.identity), What: t.mutant.Bug, Check: t.mutant.Check}
	defer func() { row.TookMS = time.Since(begin).Milliseconds() }()
	c, err := t.config(seed)
	if err != nil {
		row.Outcome, row.Detail = Broken, err.Error()
		return row
	}
	c.Focus, c.Shrink = t.focus(), -1
	c.Observers = []event.Observer{event.Func(func(e event.Event) {
		if f, ok := e.(event.CheckFinished); ok && f.Verdict.Result == event.Fail && row.First == "" {
			row.First = f.Verdict.ID
		}
	})}
	r, err := conformance.Certify(ctx, c)
	row.Failed = failed(r)
	if doctor.IsSurroundings(err) && t.mutant.Check == nothingWorks {
		row.Outcome = Killed // by the doctor's first steps: no check was played
		return row
	}
	row.Outcome, row.Detail = t.outcome(r, err)
	if row.Outcome != Killed || !smallest {
		return row
	}
	if c, err = t.config(seed); err != nil {
		row.Outcome, row.Detail = Broken, err.Error()
		return row
	}
	c.Focus, c.Shrink = []string{t.mutant.Check}, shrinking
	if r, err = conformance.Certify(ctx, c); err != nil {
		row.Outcome, row.Detail = Broken, "its smallest delivery: "+err.Error()
		return row
	}
	for _, check := range r.Checks {
		for _, f := range check.Failures {
			if len(row.Smallest) == 0 || len(f.Smallest) > 0 && len(f.Smallest) < len(row.Smallest) {
				row.Smallest = f.Smallest
			}
		}
	}
	return row
}

// outcome judges how the mutant was found.
func (t trial) outcome(r report.Report, err error) (Outcome, string) {
	if err != nil {
		return Broken, err.Error()
	}
	i := slices.IndexFunc(r.Checks, func(c report.Check) bool { return c.ID == t.mutant.Check })
	if i < 0 {
		return Broken, "check " + t.mutant.Check + " is not in the table"
	}
	named := r.Checks[i]
	switch {
	case string(named.Level) != t.mutant.Level:
		return Broken, fmt.Sprintf("check %s is %s, the mutant %s", named.ID, named.Level, t.mutant.Level)
	case named.Result != event.Fail:
		return Survived, fmt.Sprintf("%s ended with %s %s; failed: %s", named.ID, named.Result, named.Reason, strings.Join(failed(r), ", "))
	}
	var astray []string
	for _, c := range r.Checks {
		if c.Result == event.Errored {
			return Broken, "check " + c.ID + " could not be judged: " + c.Reason
		}
		if c.Result == event.Fail && c.Level == scenarios.Required && !t.mayFail(named, c) {
			astray = append(astray, c.ID)
		}
	}
	if len(astray) > 0 {
		return Astray, fmt.Sprintf("fails checks of other rules than %s (%s): %s", named.ID, strings.Join(named.Clauses, ", "), strings.Join(astray, ", "))
	}
	return Killed, ""
}

// mayFail says whether the mutant may fail the required check c besides the one
// that is named for it.
func (t trial) mayFail(named, c report.Check) bool {
	if slices.ContainsFunc(t.mutant.Also, func(pattern string) bool { return covers(pattern, c.ID) }) {
		return true
	}
	shares := func(clause string) bool { return slices.Contains(named.Clauses, clause) }
	return t.mutant.Level == mutants.Required && slices.ContainsFunc(c.Clauses, shares)
}

func covers(pattern, id string) bool {
	if pattern == "*" {
		return true
	}
	ok, _ := path.Match(pattern, id)
	return ok
}

// failed are the ids of the checks that failed, of either level.
func failed(r report.Report) []string {
	var ids []string
	for _, c := range r.Checks {
		if c.Result == event.Fail {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
