package conformance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
)

func TestWhatTheTimeLimitCutsOffIsToldAsSuch(t *testing.T) {
	c := conformance.Config{
		Target: config.Config{Settle: 50 * time.Millisecond}, Seed: 7,
		// Its retries take minutes at this scale.
		Focus: []string{"order/reversed", "retry/dropped"}, TimeScale: 20, TimeLimit: 2 * time.Second,
	}
	r, err := conformance.Certify(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]report.Check{}
	for _, check := range r.Checks {
		results[check.ID] = check
	}
	cut := results["retry/dropped"]
	if cut.Result != event.Errored || !strings.Contains(cut.Reason, "within the time limit of 2s") {
		t.Errorf("%s: %s %s", cut.ID, cut.Result, cut.Reason)
	}
	if whole := results["order/reversed"]; whole.Result != event.Pass {
		t.Errorf("%s: %s %s", whole.ID, whole.Result, whole.Reason)
	}
	if r.Result != report.Error || r.ExitCode(report.ExitOptions{}) != 3 || r.DurationMS > 20_000 {
		t.Errorf("%s in %d ms", r.Result, r.DurationMS)
	}
}
