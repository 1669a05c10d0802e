package conformance

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

func diagnosed(t *testing.T, name string, id scenarios.Identity, p mocksender.Profile) explain.Diagnosis {
	c := Config{Seed: 11, Shrink: -1, Target: config.Config{Identity: id, Protocol: p}}
	if name != "" {
		o, err := mutants.New(name, reference.Options{Identity: string(id)})
		if err != nil {
			t.Fatal(err)
		}
		c.BuiltIn = o
	}
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
	begin := time.Now()
	d := explain.Diagnose(t.Context(), r.subject.Journal, id, explain.Diagnosis{})
	t.Logf("%s %s: %d failures, causes %v, by check %v, %d kB, %s", name, id, d.Failures, d.Causes, d.ByCheck, r.subject.Journal.Bytes()>>10, time.Since(begin))
	return d
}

func TestDev(t *testing.T) {
	for _, name := range strings.Split(os.Getenv("MUTANTS"), ",") {
		diagnosed(t, name, scenarios.Identity(os.Getenv("IDENTITY")), mocksender.Profile(os.Getenv("PROFILE")))
	}
}
