package conformance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// results are the checks' results, and the reasons for them, by id.
func results(t *testing.T, mutant string, focus ...string) map[string]string {
	t.Helper()
	options, err := mutants.New(mutant, reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := conformance.Certify(t.Context(), conformance.Config{
		Target: config.Config{Settle: 100 * time.Millisecond}, Seed: 7, BuiltIn: builtin.With(options), Focus: focus, TimeScale: 1e6, Shrink: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, c := range r.Checks {
		told[c.ID] = strings.TrimSpace(string(c.Result) + " " + c.Reason)
	}
	return told
}

// Who drops what is an hour old is not judged by dates, and is by the retries'.
func TestAReceiverThatDropsTheOldIsNotJudgedByDates(t *testing.T) {
	told := results(t, "hour-old-dropped", "dates", "retry/two-hours-old", "order/reversed")
	for id, want := range map[string]event.Result{
		"dates/midnight": event.Skipped, "dates/month-end": event.Skipped, "dates/year-end": event.Skipped, "dates/clock-change": event.Skipped,
		"retry/two-hours-old": event.Fail, "order/reversed": event.Pass,
	} {
		if !strings.HasPrefix(told[id], string(want)) {
			t.Errorf("%s: %s: want %s", id, told[id], want)
		}
	}
	if !strings.Contains(told["dates/midnight"], "does not take before") {
		t.Errorf("skipped, but why: %s", told["dates/midnight"])
	}
}

// What comes last comes after all that is played beside it.
func TestCopiesThatComeLastComeAfterAllElse(t *testing.T) {
	alone := results(t, "copy-forgotten", "copies/late")
	if got := alone["copies/late"]; got != string(event.Pass) {
		t.Errorf("with nothing between: %s", got)
	}
	among := results(t, "copy-forgotten", "copies", "batch", "content")
	if got := among["copies/late"]; got != string(event.Fail) {
		t.Errorf("with more than a thousand entries between: %s", got)
	}
}
