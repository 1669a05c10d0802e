package conformance

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// group is the schedules that failed in one way.
type group struct {
	count int
	// route is the simplest of them, failure what it showed.
	route   *route
	failure event.Failure
}

// simpler says whether a shows in less what b shows: in fewer requests, or as
// many with fewer entries, or without any at once.
func simpler(a, b scenarios.Schedule) bool {
	atOnce := func(s scenarios.Schedule) int {
		if s.AtOnce() {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(a.Requests(), b.Requests()),
		cmp.Compare(a.Entries(), b.Entries()),
		cmp.Compare(atOnce(a), atOnce(b)),
	) < 0
}

// fail counts a failed schedule. It is called with mu locked.
func (x *exploration) fail(s state.Symptom, r *route, f event.Failure) {
	if r.failed {
		return // on both of its connections
	}
	r.failed = true
	x.off[r.index] = true
	x.countFailed(r)
	g := x.failing[s]
	if g == nil {
		g = &group{}
		x.failing[s] = g
	}
	g.count++
	if g.route == nil || simpler(r.schedule, g.route.schedule) ||
		!simpler(g.route.schedule, r.schedule) && r.index < g.route.index {
		f.Schedule = r.schedule.String()
		g.route, g.failure = r, f
	}
	if g.count >= maxAlike {
		x.stop(fmt.Sprintf("%d failed alike", g.count))
	}
}

// failed is how many failures there are.
func (x *exploration) failed() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := 0
	for _, g := range x.failing {
		n += g.count
	}
	return n
}

// seen says whether a schedule has failed in the shape.
func (x *exploration) seen(s state.Symptom) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.failing[s] != nil
}

// drop takes a route out that can't be judged.
func (x *exploration) drop(r *route) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r.failed = true
	x.off[r.index] = true
}

// judgeStates compares a schedule's states with the wanted ones. kind is how a
// wrong one is called; empty: as the entries tell.
func (x *exploration) judgeStates(r *route, states []*event.State, kind event.Kind) {
	for i, w := range r.wants {
		m, wrong := state.Compare(w, states[i])
		if !wrong {
			continue
		}
		s, detail := r.symptom(states), m.String()
		cause := r.cause(w, states[i], x.check.Cause)
		if kind != "" {
			s.Kind = kind
			detail += ", and was right before"
			cause = explain.AppliedLater
		}
		x.mu.Lock()
		x.fail(s, r, event.Failure{Kind: s.Kind, Field: s.Field, Detail: detail, Message: w.Key, Expected: state.Expected(w), Got: states[i], CauseID: cause})
		x.mu.Unlock()
		return // the others of the same message may follow from it
	}
}

// symptom is how the first of the states that are wrong is wrong.
func (r *route) symptom(states []*event.State) state.Symptom {
	for i, w := range r.wants {
		if m, wrong := state.Compare(w, states[i]); wrong {
			return state.Symptom{Kind: state.KindOf(w, states[i], r.sent, nil), Field: m.Field, Expected: w.Status, Got: states[i].Status()}
		}
	}
	return state.Symptom{}
}

// cause is what the receiver most likely does, by what it has made of the
// schedule.
func (r *route) cause(w scenarios.Want, got *event.State, otherwise string) string {
	if got == nil {
		return explain.EntryDropped
	}
	own := func(e mocksender.Event) bool {
		return w.Key.DeviceToken == "" || e.DeviceToken == "" || e.DeviceToken == w.Key.DeviceToken
	}
	sent := slices.DeleteFunc(slices.Clone(r.sent), func(e mocksender.Event) bool { return !own(e) })
	if len(sent) == 0 || r.schedule.AtOnce() {
		return otherwise
	}
	switch {
	case state.Says(sent[len(sent)-1], w, got):
		return explain.LastArrival
	case state.Says(sent[0], w, got):
		return explain.FirstArrival
	}
	return otherwise
}

// refusal is a delivery that was not acknowledged.
func refusal(d mocksender.Delivery) state.Symptom {
	return state.Symptom{Kind: event.Refused, Answer: state.AnswerOf(d.Last())}
}

// turnedDown records a schedule of which a request was not acknowledged.
func (x *exploration) turnedDown(r *route, d mocksender.Delivery) {
	last := d.Last()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fail(refusal(d), r, event.Failure{Kind: event.Refused, Answer: state.AnswerOf(last), Message: r.wants[0].Key.Message(),
		Detail:  fmt.Sprintf("not acknowledged in %d attempts, the last: %s", len(d.Attempts), outcome(last)),
		CauseID: explain.AnswerCause(last.Answer.Status, x.check.Cause)})
}

// crashed records that the receiver ended, while it had the parts, and ends the
// exploration: what it knew before may be gone.
func (x *exploration) crashed(how string, parts []part) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.crashes = true
	f := event.Failure{Kind: event.Crashed, Detail: "the receiver " + how, CauseID: explain.EndedAfter}
	if len(parts) > 0 {
		f.CauseID = explain.EndedDuring
		r := smallest(parts)
		f.Message = r.wants[0].Key.Message()
		if len(parts) > 1 {
			f.Detail += fmt.Sprintf(", while it had the entries of %d schedules", len(parts))
		}
		x.fail(state.Symptom{Kind: event.Crashed}, r, f)
	} else {
		x.failing[state.Symptom{Kind: event.Crashed}] = &group{count: 1, failure: f}
	}
	x.stop("the receiver " + how)
}
