package explain_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// memory is a receiver without HTTP: what it makes of a scenario's requests, one
// after the other.
type memory struct {
	// decides tells whether an entry takes the place of what is stored; nil state is
	// none. refuses tells whether a batch is answered 500.
	decides func(stored *mocksender.Event, e mocksender.Event) bool
	refuses func(batch []mocksender.Event) bool
	plays   int
}

// newest is how a right receiver decides.
func newest(stored *mocksender.Event, e mocksender.Event) bool {
	return stored == nil || e.Timestamp.After(stored.Timestamp)
}

func (m *memory) replay(_ context.Context, _ *scenarios.Check, s scenarios.Scenario, o explain.Options) (explain.Play, error) {
	m.plays++
	cast, err := scenarios.Bind(s, fixtures.Seed(1), epoch, o.Label)
	if err != nil {
		return explain.Play{}, err
	}
	p := explain.Play{Scenario: s, Cast: cast}
	stored := map[mocksender.Key]*mocksender.Event{}
	for n := 1; s.Request(n) != nil; n++ {
		batch := cast.Events(s.Request(n).Batch)
		if m.refuses != nil && m.refuses(batch) {
			p.Unfit = n
			f := event.Failure{Kind: state.Refused, Answer: "500", Count: 1, Detail: "answered 500", Message: batch[0].Key().Message(), CauseID: "copy-refused-or-new"}
			p.Failures = []event.Failure{f}
			return p, nil
		}
		for _, e := range batch {
			if key := e.Key(); m.decides == nil || m.decides(stored[key], e) {
				stored[key] = &e
			}
		}
	}
	for _, w := range cast.Wants(s.Expect, scenarios.ByDevice) {
		var got *state.State
		if e := stored[w.Key]; e != nil {
			got = &state.State{DeliveryStatus: e.DeliveryStatus}
		}
		if mismatch, wrong := state.Compare(w, got); wrong {
			p.Failures = append(p.Failures, event.Failure{Kind: state.Stale, Field: mismatch.Field, Count: 1, Detail: mismatch.String(),
				Message: w.Key, Expected: state.Expected(w), Got: got, CauseID: "order-dependent"})
		}
	}
	return p, nil
}

// checkOf is a check of one scenario.
func checkOf(t *testing.T, id, text string) *scenarios.Check {
	t.Helper()
	c, err := scenarios.Parse(id+".yaml", id, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

// failing plays the check at the receiver, which must fail it.
func failing(t *testing.T, m *memory, c *scenarios.Check) explain.Failing {
	t.Helper()
	f := explain.Failing{Check: c}
	for _, s := range c.Scenarios {
		p, err := m.replay(t.Context(), c, s, explain.Options{Label: c.ID})
		if err != nil {
			t.Fatal(err)
		}
		f.Plays = append(f.Plays, p)
	}
	if len(f.Plays[0].Failures) == 0 {
		t.Fatalf("%s does not fail", c.ID)
	}
	return f
}

func seen(all ...explain.Failing) explain.Seen {
	return explain.Seen{Identity: scenarios.ByDevice, Seed: 1, Epoch: epoch, Settle: time.Second, Parallel: 1, For: 10 * time.Second,
		Receiver: "--config r.yaml", Failing: all}
}

const reversed = `scenario: s
messages: {a: {history: [pending, delivered, opened]}, b: {history: [pending]}}
deliver: [{batch: [b, a.opened]}, {batch: [a.delivered]}, {batch: [a.pending]}]
expect: {a: opened, b: pending}
`

func TestExplainFindsTheSmallestDeliveryAndItsCause(t *testing.T) {
	m := &memory{}
	f := failing(t, m, checkOf(t, "order/s", reversed))
	before := f.Plays[0].Failures[0]
	got := explain.Explain(t.Context(), seen(f), m.replay)
	if len(got) != 1 || got[0].Check != "order/s" || got[0].Cut || len(got[0].Failures) != 1 {
		t.Fatalf("%+v", got)
	}
	shown := got[0].Failures[0]
	if want := []string{"batch: [a.opened]", "batch: [a.pending]"}; !slices.Equal(shown.Smallest, want) {
		t.Errorf("smallest: %q, want %q", shown.Smallest, want)
	}
	if shown.CauseID != "last-arrival-wins" || shown.SameAs != "" || shown.Frequency != "" {
		t.Errorf("cause %s, same as %q, %q", shown.CauseID, shown.SameAs, shown.Frequency)
	}
	file := string(shown.Scenario)
	if shown.Counterexample != "counterexamples/order/s.yaml" || !strings.Contains(file, "ctxpush scenario run "+shown.Counterexample+" --config r.yaml\n") ||
		!strings.Contains(file, "cause: last-arrival-wins\n") {
		t.Errorf("%s:\n%s", shown.Counterexample, file)
	}
	if after := f.Plays[0].Failures[0]; len(after.Smallest) > 0 || after.CauseID != before.CauseID {
		t.Errorf("what was seen has been changed: %+v", after)
	}
}

func TestOneFailureTellsACauseTheOthersNameIt(t *testing.T) {
	m := &memory{}
	first, second := failing(t, m, checkOf(t, "order/a", reversed)), failing(t, m, checkOf(t, "order/b", reversed))
	waived := failing(t, m, checkOf(t, "order/0", reversed))
	waived.Rank = 2
	got := explain.Explain(t.Context(), seen(waived, first, second), m.replay)
	for i, same := range []string{"order/a", "", "order/a"} {
		if f := got[i].Failures[0]; f.SameAs != same || f.CauseID != "last-arrival-wins" {
			t.Errorf("%s: cause %s, same as %q: want %q", got[i].Check, f.CauseID, f.SameAs, same)
		}
	}
	later := seen(failing(t, m, checkOf(t, "restart/c", reversed)))
	later.Telling = map[string]string{"last-arrival-wins": "order/a"}
	if f := explain.Explain(t.Context(), later, m.replay)[0].Failures[0]; f.SameAs != "order/a" {
		t.Errorf("same as %q: want the check that told it before", f.SameAs)
	}
}

func TestTheEntriesThatABatchIsRefusedForAreFound(t *testing.T) {
	m := &memory{
		// It refuses what failed, and beside that the last arrival wins.
		refuses: func(batch []mocksender.Event) bool {
			return slices.ContainsFunc(batch, func(e mocksender.Event) bool { return e.DeliveryStatus == mocksender.Failed })
		},
	}
	c := checkOf(t, "batch/s", `scenario: s
messages: {a: {history: [pending, delivered]}, b: {history: [pending, failed]}, c: {history: [pending]}}
deliver: [{batch: [a.delivered, b, c]}, {batch: [a.pending]}]
expect: {a: delivered, b: failed, c: pending}
`)
	got := explain.Explain(t.Context(), seen(failing(t, m, c)), m.replay)[0]
	refused := got.Failures[0]
	if want := "refused because of entry 3 (failed); the other 3 are acknowledged without it"; refused.Remark != want {
		t.Errorf("%q, want %q", refused.Remark, want)
	}
	if len(got.Further) != 1 || len(got.Failures) != 2 || got.Failures[1].CauseID != "last-arrival-wins" {
		t.Errorf("what else is wrong is hidden: %d further plays, %+v", len(got.Further), got.Failures)
	}
}

func TestWhatDoesNotFailAgainSaysSo(t *testing.T) {
	m := &memory{}
	f := failing(t, m, checkOf(t, "order/s", reversed))
	m.decides, m.plays = newest, 0
	got := explain.Explain(t.Context(), seen(f), m.replay)[0].Failures[0]
	if got.Frequency != "1 of 41" || m.plays != 40 || len(got.Smallest) > 0 {
		t.Errorf("%q after %d plays, smallest %q", got.Frequency, m.plays, got.Smallest)
	}
	if !strings.HasPrefix(got.Counterexample, "counterexamples/unconfirmed/") || !strings.Contains(string(got.Scenario), "\nunconfirmed: true\n") {
		t.Errorf("%s is not kept apart:\n%s", got.Counterexample, got.Scenario)
	}
	if !strings.Contains(string(got.Scenario), "it did not fail again in 40 replays") {
		t.Errorf("%s", got.Scenario)
	}
}

func TestALimitIsTold(t *testing.T) {
	m := &memory{refuses: func(batch []mocksender.Event) bool { return len(batch) > 50 }}
	c := checkOf(t, "batch/s", "scenario: s\nmessages: {m: {count: 100, history: [pending]}}\ndeliver: [{batch: [m]}]\nexpect: {m: pending}\n")
	got := explain.Explain(t.Context(), seen(failing(t, m, c)), m.replay)[0].Failures[0]
	if got.CauseID != "entry-limit" || got.Limits != "51 entries fail, 50 pass" {
		t.Errorf("cause %s, limits %q", got.CauseID, got.Limits)
	}
}

func TestNothingIsPlayedWithoutTimeOrReceiver(t *testing.T) {
	m := &memory{}
	f := failing(t, m, checkOf(t, "order/s", reversed))
	m.plays = 0
	none := seen(f)
	none.For = 0
	if got := explain.Explain(t.Context(), none, m.replay); m.plays > 0 || len(got[0].Failures) != 1 {
		t.Errorf("%d plays, %+v", m.plays, got)
	}
	gone := func(context.Context, *scenarios.Check, scenarios.Scenario, explain.Options) (explain.Play, error) {
		m.plays++
		return explain.Play{}, explain.ErrGone
	}
	if got := explain.Explain(t.Context(), seen(f), gone); m.plays != 1 || !got[0].Cut {
		t.Errorf("%d plays of a receiver that is gone, cut %t", m.plays, got[0].Cut)
	}
	broken := func(context.Context, *scenarios.Check, scenarios.Scenario, explain.Options) (explain.Play, error) {
		return explain.Play{}, errors.New("the probe is broken")
	}
	if got := explain.Explain(t.Context(), seen(f), broken); len(got[0].Failures[0].Smallest) > 0 {
		t.Error("what could not be judged has shown something")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m.plays = 0
	if got := explain.Explain(ctx, seen(f), m.replay); m.plays > 0 || !got[0].Cut {
		t.Errorf("%d plays after the end, cut %t", m.plays, got[0].Cut)
	}
}
