package scenarios_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// butNames are the parts of a check that its file does not say: where the file
// lies, and what its lines and scenarios are called.
var butNames = cmp.Options{
	cmpopts.IgnoreFields(scenarios.Check{}, "ID", "File"),
	cmpopts.IgnoreFields(scenarios.Scenario{}, "Name"),
	cmpopts.IgnoreFields(scenarios.Step{}, "Line"),
	cmpopts.IgnoreFields(scenarios.Expectation{}, "Line"),
	cmpopts.EquateEmpty(),
}

// roundTrip sees that the file written of a check is read as the same check.
func roundTrip(t *testing.T, c scenarios.Check) {
	t.Helper()
	text := scenarios.Format(c)
	again, err := scenarios.Parse("written.yaml", c.ID, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(c, again, butNames); diff != "" {
		t.Fatalf("%s\n%s", diff, text)
	}
}

func TestFormatIsReadBack(t *testing.T) {
	for _, c := range scenarios.Catalogue() {
		t.Run(c.ID, func(t *testing.T) { roundTrip(t, c) })
	}
}

func TestFormatReadsAsItWasWritten(t *testing.T) {
	c, err := scenarios.Parse("x.yaml", "user/x", []byte(`
scenario: delivered comes after opened
clauses: [order]
requirement: "The final state: it does not depend on arrival."
messages: {m: {history: [pending, {status: delivered, at: 250ms, method: traditional}, opened]}, n: {like: m, differs: {user_id: case}, after: -31d, content: {a: 1.0}, history: [pending]}}
deliver:
  - batch: [m.opened]
    fault: lost-ack
  - together: [[m.delivered], [m.pending, n.pending]]
  - raw: "[\n"
    secret: wrong
    answer: 4xx
expect: {m: opened, n: pending}
`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `scenario: delivered comes after opened
clauses: [order]
requirement: "The final state: it does not depend on arrival."
messages:
  m: {history: [pending, {status: delivered, at: 250ms, method: traditional}, opened]}
  n: {like: m, differs: {user_id: case}, content: "{\"a\":1.0}", after: -31d, history: [pending]}
deliver:
  - batch: [m.opened]
    fault: [lost-ack]
  - together:
    - batch: [m.delivered]
    - batch: [m.pending, n.pending]
  - raw: "[\n"
    secret: wrong
    answer: 4xx
expect: {m: opened, n: pending}
`
	if diff := cmp.Diff(want, string(scenarios.Format(c))); diff != "" {
		t.Error(diff)
	}
	roundTrip(t, c)
}

// FuzzFormat feeds files to the parser: whatever it takes can be written, and
// is read back as the same.
func FuzzFormat(f *testing.F) {
	files, err := filepath.Glob("catalogue/*/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no catalogue", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := scenarios.Parse("fuzz.yaml", "user/fuzz", data)
		if err != nil {
			t.Skip()
		}
		roundTrip(t, c)
	})
}
