package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Each mistake is named by what was sent and seen alone, and a right receiver has
// none.
func TestDiagnosisNamesTheMistake(t *testing.T) {
	for _, c := range []struct {
		mutant   string
		identity scenarios.Identity
		protocol mocksender.Profile
		focus    string
		cause    string // empty: none
		aside    string // the recommended check whose cause it is; empty: it is a required one's
	}{
		{"", scenarios.ByDevice, mocksender.Profile2025, "*", "", ""},
		{"", scenarios.ByUser, mocksender.Profile2026, "*", "", ""},
		{"last-arrival-wins", scenarios.ByUser, mocksender.Profile2025, "order", "last-arrival-wins", ""},
		{"secret-prefix-passes", scenarios.ByDevice, mocksender.Profile2026, "secret", "secret-prefix-passes", ""},
		{"seen-before-stored", scenarios.ByDevice, mocksender.Profile2025, "retry", "seen-before-stored", ""},
		{"surrogate-refused", scenarios.ByDevice, mocksender.Profile2025, "content", "surrogate-refused", "content/risky"},
		{"status-of-first-entry", scenarios.ByDevice, mocksender.Profile2025, "batch", "status-of-first-entry", ""},
		{"cancelled-on-one-device", scenarios.ByDevice, mocksender.Profile2025, "identity", "cancelled-on-one-device", ""},
		{"rebuilt-by-arrival", scenarios.ByDevice, mocksender.Profile2025, "restart/out-of-order", "rebuilt-by-arrival", ""},
	} {
		t.Run(c.mutant+" "+string(c.identity), func(t *testing.T) {
			opts := reference.Options{}
			if c.mutant != "" {
				var err error
				if opts, err = mutants.New(c.mutant, opts); err != nil {
					t.Fatal(err)
				}
			}
			d := diagnosisOf(t, Config{
				Seed: 11, Shrink: -1, Focus: []string{c.focus}, Explore: scenarios.Quick, BuiltIn: builtin.With(opts),
				Target: config.Config{Identity: c.identity, Protocol: c.protocol},
			})
			var want []string
			if c.cause != "" {
				want = []string{c.cause}
			}
			if c.aside != "" {
				if b := d.ByCheck[c.aside]; !slices.Equal(b.Causes, want) || !b.Foretold || d.Failures > 0 {
					t.Errorf("%d required failures, by check %v: want %s by %v", d.Failures, d.ByCheck, c.aside, want)
				}
				return
			}
			if !slices.Equal(d.Causes, want) || (d.Failures > 0) != (c.cause != "") {
				t.Errorf("%d failures, causes %v, by check %v: want %v", d.Failures, d.Causes, d.ByCheck, want)
			}
		})
	}
}

// diagnosisOf plays the checks and explains what was seen.
func diagnosisOf(t *testing.T, c Config) explain.Diagnosis {
	t.Helper()
	c.setDefaults(time.Now())
	checks, err := Checks(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRun(c, checks)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.subject.Close() }()
	if err := r.certify(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := explain.Diagnose(t.Context(), r.subject.Journal, c.Target.Identity, r.harmless(), explain.Diagnosis{})
	t.Logf("a journal of %d kB", r.subject.Journal.Bytes()>>10)
	return d
}
