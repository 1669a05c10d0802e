package conformance_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/scenarios"
)

var update = flag.Bool("update", false, "store the verdicts as they are now")

// told is what a report says of a check, without times and keys.
type told struct {
	ID       string       `json:"id"`
	Level    event.Level  `json:"level"`
	Result   event.Result `json:"result"`
	Failures []toldOf     `json:"failures,omitempty"`
}

type toldOf struct {
	Kind     event.Kind `json:"kind"`
	Expected string     `json:"expected,omitempty"`
	Got      string     `json:"got,omitempty"`
	Cause    string     `json:"cause"`
}

// The verdicts of one seed, with the failures and their causes, stay as they are stored. What depends on time is left out.
func TestVerdictsAreAsStored(t *testing.T) {
	for name, c := range map[string]struct {
		mutant   string
		identity scenarios.Identity
		focus    []string
	}{
		"right":                {"", scenarios.ByDevice, []string{"batch", "copies", "entry", "gaps", "identity", "order", "secret", "explored"}},
		"right-user":           {"", scenarios.ByUser, []string{"entry", "identity", "explored"}},
		"last-arrival":         {"last-arrival-wins", scenarios.ByUser, []string{"order", "gaps", "explored"}},
		"first-arrival":        {"first-arrival-wins", scenarios.ByDevice, []string{"order/reversed", "order/late-pending", "entry/method"}},
		"message-twice":        {"message-twice-in-batch-500", scenarios.ByDevice, []string{"batch", "order"}},
		"no-user":              {"key-without-user", scenarios.ByUser, []string{"identity", "entry"}},
		"secret-unchecked":     {"secret-unchecked", scenarios.ByDevice, []string{"secret", "entry"}},
		"token-required":       {"token-required", scenarios.ByDevice, []string{"entry", "identity"}},
		"cut-to-whole-seconds": {"later-or-same-second-wins", scenarios.ByUser, []string{"order"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var races []string
			if slices.Contains(c.focus, "order") {
				races = []string{"order/two-connections", "order/many-connections", "order/overlapping-batches", "order/many-statuses", "order/instances"}
			}
			var options reference.Options
			if c.mutant != "" {
				var err error
				if options, err = mutants.New(c.mutant, options); err != nil {
					t.Fatal(err)
				}
			}
			r, err := conformance.Certify(t.Context(), conformance.Config{
				Target:  config.Config{Identity: c.identity, Settle: 100 * time.Millisecond},
				Seed:    1,
				Epoch:   time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
				BuiltIn: builtin.With(options), Focus: c.focus, Skip: races, Explore: scenarios.Quick, TimeScale: 1e6,
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(toldBy(r), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "verdicts", name+".json")
			if *update {
				if err := os.WriteFile(file, append(got, '\n'), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(want) != string(got)+"\n" {
				t.Errorf("not as in %s; go test -run %s -update stores what is so now, for git diff to show:\n%s", file, t.Name(), got)
			}
		})
	}
}

func toldBy(r report.Report) []told {
	all := make([]told, len(r.Checks))
	for i, c := range r.Checks {
		all[i] = told{ID: c.ID, Level: c.Level, Result: c.Result}
		for _, f := range c.Failures {
			all[i].Failures = append(all[i].Failures, toldOf{f.Kind, status(f.Expected), status(f.Got), f.Cause})
		}
		slices.SortFunc(all[i].Failures, func(a, b toldOf) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Expected, b.Expected), cmp.Compare(a.Got, b.Got), cmp.Compare(a.Cause, b.Cause))
		})
		all[i].Failures = slices.Compact(all[i].Failures)
	}
	return all
}

func status(s *event.State) string {
	if s == nil {
		return ""
	}
	return string(s.DeliveryStatus)
}
