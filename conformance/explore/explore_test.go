package explore_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/explore"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/scenarios"
)

// inMemory is the reference receiver with those rules, started in this process.
func inMemory(t *testing.T, rules reference.Rules) *subject.Subject {
	t.Helper()
	target := config.Config{Identity: scenarios.ByDevice, Settle: 50 * time.Millisecond}
	target.SetDefaults()
	s, err := subject.Open(target, builtin.With(reference.Options{Rules: rules}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func traditional() explore.Exploration {
	for _, e := range scenarios.Explorations(scenarios.Quick, scenarios.ByDevice) {
		if e.Check.ID == "explored/traditional" {
			return explore.Exploration{Of: e, Seed: fixtures.Seed(1).Salted(""), Epoch: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), TimeScale: 1e6, Workers: 2}
		}
	}
	panic("no such exploration")
}

func TestARightReceiverPassesEverySchedule(t *testing.T) {
	s, x := inMemory(t, reference.Rules{}), traditional()
	found, err := explore.Look(t.Context(), s, []explore.Exploration{x})
	if err != nil || !found.Fields.Method || !found.Fields.Timestamp || found.Sent[0].Requests == 0 || found.Lags {
		t.Fatal(found, err)
	}
	x.Judge = found.Fields
	advanced := 0
	x.Advanced = func(played, of int) { advanced = max(advanced, played) }
	r := explore.Explore(t.Context(), s, x)
	if r.Played != r.Total || r.Total != x.Of.Count() || r.Judged < r.Total || r.Failed() > 0 || r.Broke != nil || advanced != r.Total {
		t.Errorf("%+v, advanced to %d", r, advanced)
	}
	played := 0
	for _, o := range r.Orders {
		played += o.Schedules
	}
	if played != r.Played {
		t.Errorf("the orders add up to %d of %d", played, r.Played)
	}
	if again := explore.LookAgain(t.Context(), s, x, r); !reflect.DeepEqual(again, r) {
		t.Errorf("%+v\nwant what was there before: %+v", again, r)
	}
}

func TestSchedulesThatFailAlikeAreOneGroup(t *testing.T) {
	last := func(*reference.State, reference.State) bool { return true }
	s, x := inMemory(t, reference.Rules{Decide: last}), traditional()
	r := explore.Explore(t.Context(), s, x)
	if len(r.Groups) == 0 || r.Failed() == 0 {
		t.Fatal("nothing failed")
	}
	for i, g := range r.Groups {
		if g.Symptom.Kind != state.Stale || g.Failure.Symptom() != g.Symptom || g.Count < 1 || len(g.Scenario.Steps) == 0 {
			t.Errorf("%+v", g)
		}
		if i > 0 && g.Count > r.Groups[i-1].Count {
			t.Error("the groups are not in order")
		}
		if n := len(g.Scenario.Steps); n > 2 {
			t.Errorf("the simplest schedule of %+v has %d steps", g.Symptom, n)
		}
	}
	examples := explore.Examples(t.Context(), s, x, r, play.Options{Check: &x.Of.Check, Seed: x.Seed, TimeScale: 1e6})
	for i, e := range examples {
		if e.Failure.Count != r.Groups[i].Count || e.Failure.Symptom() != r.Groups[i].Symptom || e.Outcome.Trace().Trace == nil {
			t.Errorf("%+v", e.Failure)
		}
	}
}

func TestWhatChangesLaterIsFoundByTheSecondLook(t *testing.T) {
	wrong := false
	rules := reference.Rules{Combine: func(id reference.Identity, device string, rows []reference.Row) (reference.State, bool) {
		got, known := reference.Combine(id, device, rows)
		if wrong && got.Status == reference.Opened {
			got.Status = reference.Delivered
		}
		return got, known
	}}
	s, x := inMemory(t, rules), traditional()
	before := explore.Explore(t.Context(), s, x)
	if before.Failed() > 0 {
		t.Fatal("it was right")
	}
	wrong = true
	after := explore.LookAgain(t.Context(), s, x, before)
	if after.Failed() == 0 || after.Groups[0].Symptom.Kind != state.Reverted || before.Failed() > 0 || after.Played != before.Played {
		t.Errorf("before %d failed, after %d: %+v", before.Failed(), after.Failed(), after.Groups)
	}
}

func TestWhatIsRefusedIsLearntOnceAndLeftOut(t *testing.T) {
	twice := func(body []byte) ([]reference.Entry, error) {
		entries, err := reference.Parse(body)
		seen := map[reference.Key]bool{}
		for _, e := range entries {
			if err == nil && seen[e.Key] {
				err = errors.New("ON CONFLICT DO UPDATE command cannot affect row a second time")
			}
			seen[e.Key] = true
		}
		return entries, err
	}
	s, x := inMemory(t, reference.Rules{Parse: twice}), traditional()
	x.Refusals = new(explore.Refusals)
	r := explore.Explore(t.Context(), s, x)
	if n := r.Failed(); n == 0 || n > 30 || r.Played+n < r.Total/4 || r.Played >= r.Total {
		t.Errorf("%d of %d failed, %d were played", n, r.Total, r.Played)
	}
	words := x.Refusals.Words()
	if len(words) != 1 || !strings.Contains(words[0], "one message twice in a batch were left out") {
		t.Errorf("%q", words)
	}
	// The next exploration knows it from the beginning.
	before := r.Requests
	if r = explore.Explore(t.Context(), inMemory(t, reference.Rules{Parse: twice}), x); r.Failed() > 0 || r.Requests >= before || r.Broke != nil {
		t.Errorf("%d failed, %d requests after %d: %v", r.Failed(), r.Requests, before, r.Broke)
	}
}

func TestExplorationEndsWithItsTime(t *testing.T) {
	s, x := inMemory(t, reference.Rules{}), traditional()
	for _, e := range scenarios.Explorations(scenarios.Standard, scenarios.ByDevice) {
		if e.Check.ID == "explored/one-device" {
			x.Of = e
		}
	}
	x.For = time.Nanosecond
	r := explore.Explore(t.Context(), s, x)
	if r.Played == 0 || r.Played >= r.Total || r.Failed() > 0 || r.Broke != nil {
		t.Errorf("%d of %d played: %v", r.Played, r.Total, r.Broke)
	}
	if again := explore.LookAgain(t.Context(), s, x, r); again.Failed() > 0 || again.Broke != nil {
		t.Errorf("%+v", again)
	}
}
