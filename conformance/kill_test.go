package conformance_test

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	reference "github.com/ctxpush/ctxpush/fixtures/receiver"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// catalogueGroups are the groups of checks that mutants are certified with.
var catalogueGroups = func() []string {
	var groups []string
	for _, c := range scenarios.Catalogue() {
		if g := scenarios.Group(c.ID); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups
}()

// restarts is the group of the checks that stop and kill.
const restarts = "restart"

// trial is one certification of a mutant; of the reference receiver where the
// mutant has no name.
type trial struct {
	mutant   mutants.Mutant
	identity scenarios.Identity
	focus    []string // nil is catalogueGroups
	seed     uint64   // 0 is 7

	report report.Report
	err    error
}

func (t *trial) String() string {
	name := t.mutant.Name
	if name == "" {
		name = "reference"
	}
	return fmt.Sprintf("%s, identity %s", name, t.identity)
}

// run certifies, with so little patience as the mutant allows.
func (t *trial) run(ctx context.Context) {
	opts := reference.Options{}
	if t.mutant.Name != "" {
		if opts, t.err = mutants.New(t.mutant.Name, opts); t.err != nil {
			return
		}
	}
	c := conformance.Config{
		Target: config.Config{
			Identity: t.identity,
			Protocol: mocksender.Profile(t.mutant.Protocol),
			Settle:   max(10*time.Millisecond, 10*t.mutant.Late),
			Timeout:  t.mutant.Timeout,
		},
		Seed: t.seed, Focus: t.focus, BuiltIn: opts,
		TimeScale: 1e6, // the batches that are never acknowledged are many
		Explore:   scenarios.Quick,
		Shrink:    -1,
	}
	if c.Seed == 0 {
		c.Seed = 7
	}
	if c.Focus == nil {
		c.Focus = catalogueGroups
	}
	if t.mutant.Alone {
		c.Parallel = 1
	}
	t.report, t.err = conformance.Certify(ctx, c)
}

// runAll runs the trials side by side. Most of their time is waiting.
func runAll(ctx context.Context, trials []*trial) {
	const width = 8
	free := make(chan struct{}, width)
	var all sync.WaitGroup
	for _, t := range trials {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			t.run(ctx)
		})
	}
	all.Wait()
}

// trialsOf are the mutants' trials: under the identity under which a bug shows;
// under both where its rule depends on the identity; under the one or the other
// in turn where it does not. Each is certified with the catalogue, but with the
// many restarts only where the bug is about them; under the race detector with
// the group of the check that must find it.
func trialsOf(all []mutants.Mutant) []*trial {
	identities := []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser}
	var trials []*trial
	for i, m := range all {
		both := slices.Contains([]string{"identity", "order", "gaps"}, scenarios.Group(m.Check))
		for n, id := range identities {
			if m.Identity == string(id) || m.Identity == "" && (both || n == i%2) {
				t := &trial{mutant: m, identity: id, focus: catalogueGroups}
				if group := scenarios.Group(m.Check); raceDetector {
					t.focus = []string{group}
				} else if group != restarts {
					t.focus = slices.DeleteFunc(slices.Clone(t.focus), func(g string) bool { return g == restarts })
				}
				trials = append(trials, t)
			}
		}
	}
	return trials
}

// verdict is what is wrong with how the mutant was found, nil if nothing is.
func (t *trial) verdict() error {
	if t.err != nil {
		return t.err
	}
	named, ok := find(t.report, t.mutant.Check)
	switch {
	case !ok:
		return fmt.Errorf("check %s is not in the table", t.mutant.Check)
	case string(named.Level) != t.mutant.Level:
		return fmt.Errorf("check %s is %s, the mutant %s", named.ID, named.Level, t.mutant.Level)
	case named.Result != event.Fail:
		return fmt.Errorf("survives %s (%s %s); caught by: %s", named.ID, named.Result, named.Reason, strings.Join(failing(t.report), ", "))
	}
	var astray []string
	for _, c := range t.report.Checks {
		if c.Result == event.Errored {
			return fmt.Errorf("check %s could not be judged: %s", c.ID, c.Reason)
		}
		if c.Result == event.Fail && c.Level == scenarios.Required && !t.mayFail(named, c) {
			astray = append(astray, c.ID)
		}
	}
	if len(astray) > 0 {
		return fmt.Errorf("fails checks of other rules than %s (%s): %s", named.ID, strings.Join(named.Clauses, ", "), strings.Join(astray, ", "))
	}
	return nil
}

// mayFail says whether the mutant may fail the required check c besides the one
// that is named for it.
func (t *trial) mayFail(named, c report.Check) bool {
	if slices.ContainsFunc(t.mutant.Also, func(pattern string) bool { return also(pattern, c.ID) }) {
		return true
	}
	shares := func(clause string) bool { return slices.Contains(named.Clauses, clause) }
	return t.mutant.Level == mutants.Required && slices.ContainsFunc(c.Clauses, shares)
}

func also(pattern, id string) bool {
	if pattern == "*" {
		return true
	}
	ok, _ := path.Match(pattern, id)
	return ok
}

func find(r report.Report, id string) (report.Check, bool) {
	i := slices.IndexFunc(r.Checks, func(c report.Check) bool { return c.ID == id })
	if i < 0 {
		return report.Check{}, false
	}
	return r.Checks[i], true
}
