package play

import (
	"slices"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// inMemory is the reference receiver with those rules, started in this process.
func inMemory(t *testing.T, rules reference.Rules) *subject.Subject {
	t.Helper()
	target := config.Config{Identity: scenarios.ByDevice, Settle: 20 * time.Millisecond}
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

// played plays a scenario of that text at s.
func played(t *testing.T, s *subject.Subject, text string, o Options) Outcome {
	t.Helper()
	c, err := scenarios.Parse("s.yaml", "user/s", []byte("scenario: s\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	o.Check, o.Seed, o.TimeScale = &c, fixtures.Seed(1).Salted(""), 1e6
	cast, err := scenarios.Bind(c.Scenarios[0], o.Seed, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	return Play(t.Context(), s, c.Scenarios[0], cast, o)
}

const reversed = `messages: {m: {history: [pending, delivered, opened]}}
deliver: [{batch: [m.opened]}, {batch: [m.delivered]}]
expect: {m: opened}
`

func TestAScenarioThatPasses(t *testing.T) {
	o := played(t, inMemory(t, reference.Rules{}), reversed, Options{})
	if len(o.Failures) > 0 || o.Broke != nil || o.Judged != 1 || len(o.Settled) != 1 || o.Sent != (Count{2, 2}) || o.Unfit != 0 {
		t.Errorf("%+v", o)
	}
	if lines := o.Lines(); len(lines) != 2 || o.LastAck().IsZero() || o.Duration <= 0 {
		t.Errorf("%q, last acknowledged at %v, in %v", lines, o.LastAck(), o.Duration)
	}
}

func TestAScenarioThatFails(t *testing.T) {
	last := func(*reference.State, reference.State) bool { return true }
	o := played(t, inMemory(t, reference.Rules{Decide: last}), reversed, Options{Illustrate: true})
	if len(o.Failures) != 1 || len(o.Settled) > 0 {
		t.Fatalf("%+v", o.Failures)
	}
	f := o.Failures[0]
	want := state.Symptom{Kind: state.Stale, Field: state.Status, Expected: mocksender.Opened, Got: mocksender.Delivered}
	if f.Symptom() != want || f.Detail != "delivery_status is delivered: want opened" || len(f.Timeline) != 2 || len(f.Curl) != 2 {
		t.Errorf("%+v", f)
	}
	looks := slices.DeleteFunc(slices.Clone(f.Trace.Steps), func(s event.Step) bool { return s.Kind != event.Looked })
	if last := looks[len(looks)-1]; len(looks) != 4 || !last.States[0].Judged || last.States[0].Wrong == "" {
		t.Errorf("%d looks, the last %+v", len(looks), looks[len(looks)-1])
	}
}

func TestARequestThatIsRefused(t *testing.T) {
	refuses := func(_, _ string) bool { return false }
	o := played(t, inMemory(t, reference.Rules{Authorized: refuses}), reversed, Options{Pace: Hasty})
	if len(o.Failures) != 1 || o.Unfit != 1 || o.Failures[0].Symptom() != (state.Symptom{Kind: state.Refused, Answer: "401"}) {
		t.Errorf("%+v, unfit %d", o.Failures, o.Unfit)
	}
}

func TestASecondLookMakesAnotherOutcome(t *testing.T) {
	s := inMemory(t, reference.Rules{})
	before := played(t, s, reversed, Options{})
	steps := len(before.Trace().Trace.Steps)
	after := before.LookedAtAgain(s, before.Settled, []*state.State{{DeliveryStatus: mocksender.Pending}})
	if len(after.Failures) != 1 || after.Failures[0].Kind != state.Reverted ||
		after.Failures[0].Detail != "delivery_status is pending: want opened, and was right before" {
		t.Errorf("%+v", after.Failures)
	}
	if len(before.Failures) > 0 || len(before.Trace().Trace.Steps) != steps || len(after.Trace().Trace.Steps) != steps+1 {
		t.Error("the first outcome has changed")
	}
	same := before.LookedAtAgain(s, before.Settled, []*state.State{{DeliveryStatus: mocksender.Opened}})
	if len(same.Failures) > 0 {
		t.Errorf("%+v", same.Failures)
	}
}

func TestAMessageThatIsKnownBeforeIsNotJudged(t *testing.T) {
	s := inMemory(t, reference.Rules{})
	played(t, s, reversed, Options{})
	if o := played(t, s, reversed, Options{}); o.Broke == nil || len(o.Failures) > 0 {
		t.Errorf("broke %v, failures %+v", o.Broke, o.Failures)
	}
}

func TestWhoFollowsIsToldEachStep(t *testing.T) {
	var told []Trace
	played(t, inMemory(t, reference.Rules{}), reversed, Options{Follow: func(x Trace) { told = append(told, x) }})
	if len(told) != 6 {
		t.Fatalf("%d traces: %+v", len(told), told)
	}
	end, ok := told[5].(ScenarioFinished)
	if !ok || len(end.After.Seen) != 1 || end.After.Seen[0].String() != "opened" || end.After.Seen[0].Name() != "m" {
		t.Errorf("%+v", told[5])
	}
}

func TestARestart(t *testing.T) {
	o := played(t, inMemory(t, reference.Rules{}), `messages: {m: {history: [pending]}}
deliver: [{batch: [m]}, {restart: kill}]
expect: {m: pending}
`, Options{})
	if len(o.Failures) > 0 || o.Broke != nil || len(o.Settled) != 1 {
		t.Errorf("%+v, %v", o.Failures, o.Broke)
	}
}
