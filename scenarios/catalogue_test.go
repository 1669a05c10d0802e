package scenarios_test

import (
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

var epoch = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range scenarios.Catalogue() {
		t.Run(c.ID, func(t *testing.T) {
			if seen[c.ID] {
				t.Error("the id stands twice")
			}
			seen[c.ID] = true
			if c.Requirement == "" || c.Cause == "" || len(c.Clauses) == 0 {
				t.Error("requirement, cause or clauses are missing")
			}
			for _, s := range c.Scenarios {
				play(t, c, s)
			}
		})
	}
	for _, clause := range scenarios.ClauseNames {
		if !citedBy(clause) {
			t.Errorf("no check cites the clause %s", clause)
		}
	}
}

func citedBy(clause string) bool {
	for _, c := range scenarios.Catalogue() {
		for _, name := range c.Clauses {
			if name == clause {
				return true
			}
		}
	}
	return false
}

// play binds a scenario and sees that everything in it can be sent, and that
// what it expects at its end is what the oracle says of the entries that are
// sent with the shared secret.
func play(t *testing.T, c scenarios.Check, s scenarios.Scenario) {
	t.Helper()
	cast, err := scenarios.Bind(s, fixtures.Seed(7), epoch, c.ID+s.Name)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	for _, step := range s.Steps {
		for _, batch := range append([]scenarios.Step{step}, step.Together...) {
			if len(batch.Batch) == 0 {
				continue
			}
			if _, err := mocksender.NewBatch(cast.Events(batch.Batch)...); err != nil {
				t.Errorf("%s: line %d: %v", s.Name, batch.Line, err)
			}
		}
	}
	for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		for _, e := range s.Expect {
			m := s.Message(e.Message)
			for _, f := range scenarios.FinalState(*m, id) {
				if e.Device != "" && e.Device != f.Device || e.Device == "" && id == scenarios.ByDevice && len(m.Devices) > 1 && namedApart(s, m.Name, f.Device) {
					continue
				}
				if f.Open != "" {
					t.Errorf("%s: %s: the contract does not settle it: %s", s.Name, e.Message, f.Open)
				}
				if refused(s, m.Name) {
					continue
				}
				if e.Status != f.Change.Status {
					t.Errorf("%s: %s (%s): expects %s, the oracle says %s", s.Name, e.Message, id, e.Status, f.Change.Status)
				}
			}
		}
	}
}

func namedApart(s scenarios.Scenario, message, device string) bool {
	for _, e := range s.Expect {
		if e.Message == message && e.Device == device {
			return true
		}
	}
	return false
}

// refused says whether an entry of the message is in a batch that must be
// refused, so that its history does not all take effect.
func refused(s scenarios.Scenario, message string) bool {
	for _, step := range s.Steps {
		if step.Answer != scenarios.Refuse {
			continue
		}
		for _, ref := range step.Batch {
			if ref.Message == message {
				return true
			}
		}
	}
	return false
}
