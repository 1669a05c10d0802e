package prove

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/scenarios"
)

func mutant(t *testing.T, name string) mutants.Mutant {
	t.Helper()
	for _, m := range mutants.List() {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no mutant %s", name)
	return mutants.Mutant{}
}

func TestAMutantIsKilledWithItsSmallestDelivery(t *testing.T) {
	row := trial{mutant(t, "last-arrival-wins"), scenarios.ByDevice}.run(t.Context(), 7, true)
	if row.Outcome != Killed || row.First == "" || len(row.Failed) == 0 {
		t.Errorf("got %+v: want it killed, with the checks that it failed", row)
	}
	if len(row.Smallest) == 0 || len(row.Smallest) > 3 {
		t.Errorf("the smallest delivery has %d steps: %q", len(row.Smallest), row.Smallest)
	}
}

func TestAMutantThatNothingFindsSurvives(t *testing.T) {
	m := mutant(t, "last-arrival-wins")
	m.Check, m.Level = "secret/wrong", mutants.Required
	row := trial{m, scenarios.ByDevice}.run(t.Context(), 7, false)
	if row.Outcome != Survived || !strings.Contains(row.Detail, "secret/wrong ended with pass") {
		t.Errorf("got %s (%s): want it to survive secret/wrong", row.Outcome, row.Detail)
	}
}

func TestOutcome(t *testing.T) {
	tr := trial{mutants.Mutant{Check: "order/a", Level: mutants.Required, Also: []string{"copies/*"}}, scenarios.ByUser}
	check := func(id string, result event.Result, clauses ...string) report.Check {
		return report.Check{Check: event.Check{ID: id, Level: scenarios.Required, Clauses: clauses}, Result: result}
	}
	named := check("order/a", event.Fail, "order")
	for name, c := range map[string]struct {
		checks []report.Check
		err    error
		want   Outcome
	}{
		"found":                       {[]report.Check{named}, nil, Killed},
		"not found":                   {[]report.Check{check("order/a", event.Pass, "order")}, nil, Survived},
		"found with a sibling":        {[]report.Check{named, check("order/b", event.Fail, "order", "gaps")}, nil, Killed},
		"found with one it may fail":  {[]report.Check{named, check("copies/b", event.Fail, "at-least-once")}, nil, Killed},
		"found with another rule's":   {[]report.Check{named, check("secret/b", event.Fail, "secret")}, nil, Astray},
		"found, another not judged":   {[]report.Check{named, check("secret/b", event.Errored, "secret")}, nil, Broken},
		"not in the table":            {nil, nil, Broken},
		"the surroundings are broken": {nil, errors.New("no disk"), Broken},
	} {
		if got, detail := tr.outcome(report.Report{Checks: c.checks}, c.err); got != c.want {
			t.Errorf("%s: got %s (%s): want %s", name, got, detail, c.want)
		}
	}
}

func TestMatrix(t *testing.T) {
	m := Matrix{
		Seed:     7,
		Mutants:  []Row{{Receiver: "a", Identity: "user", Outcome: Killed, Failed: []string{"order/reversed"}, Smallest: []string{"batch: [m.a | b]"}}, {Receiver: "a", Identity: "device", Outcome: Survived}, {Receiver: "b", Outcome: Killed}},
		Designs:  []Row{{Receiver: "x", Outcome: Cleared}, {Receiver: "y", Outcome: Missing}},
		Needless: []string{},
	}
	if got, want := m.Counts(), "1 of 2 mutants killed, 0 of 2 correct designs accused"; got != want {
		t.Errorf("got %q: want %q", got, want)
	}
	if m.Good() {
		t.Error("a matrix with a survivor is good")
	}
	m.Mutants[1].Outcome = Killed
	if !m.Good() {
		t.Error("a matrix without a survivor is not good")
	}
	m.Designs[0].Outcome = Accused
	if m.Good() || m.Counts() != "2 of 2 mutants killed, 1 of 2 correct designs accused" {
		t.Errorf("an accused design: good %v, %s", m.Good(), m.Counts())
	}
	var page bytes.Buffer
	if err := m.Markdown(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"**accused** x", `batch: [m.a \| b]`, "## Correct designs"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, &page)
		}
	}
	if data, err := json.Marshal(m); err != nil || !bytes.Contains(data, []byte(`"needless":[]`)) {
		t.Errorf("JSON: %s, %v", data, err)
	}
	idle := needless([]Row{{Failed: []string{"order/reversed"}}})
	asked := len(slices.DeleteFunc(scenarios.Catalogue(), func(c scenarios.Check) bool { return c.Pauses() || c.DisruptsServices() }))
	if len(idle) != asked-1-len(Unfailing) {
		t.Errorf("%d of %d checks are needless", len(idle), len(scenarios.Catalogue()))
	}
}
