package scenarios_test

import (
	"context"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// model is a receiver in memory, right but for what is set in it.
type model struct {
	// refuses says whether a batch is answered with an error.
	refuses func(entries, known []mocksender.Event) bool
	// picks is the entry that decides, of those of one message on one device, in
	// the order in which they came.
	picks func([]mocksender.Event) mocksender.Event
	// drops says whether an entry of an acknowledged batch is forgotten.
	drops func(e mocksender.Event, known []mocksender.Event) bool
	// key is what names a message.
	key func(mocksender.Key) mocksender.Key
}

func rank(e mocksender.Event) int {
	return slices.Index([]mocksender.DeliveryStatus{mocksender.Pending, mocksender.Failed, mocksender.Delivered, mocksender.Opened, mocksender.Cancelled}, e.DeliveryStatus)
}

func furthest(events []mocksender.Event) mocksender.Event {
	return slices.MaxFunc(events, func(a, b mocksender.Event) int { return rank(a) - rank(b) })
}

// fails plays a scenario at the model. What goes wrong on the way, and at the
// same time, does not matter to it.
func (m model) fails(s scenarios.Scenario, id scenarios.Identity) bool {
	if m.picks == nil {
		m.picks = furthest
	}
	if m.key == nil {
		m.key = func(k mocksender.Key) mocksender.Key { return k }
	}
	cast, err := scenarios.Bind(s, fixtures.Seed(7), epoch, "model")
	if err != nil {
		return false
	}
	var known []mocksender.Event
	wrong := func(expect []scenarios.Expectation) bool {
		for _, w := range cast.Wants(expect, id) {
			if m.state(known, w.Key, id) != w.Status {
				return true
			}
		}
		return false
	}
	for _, step := range s.Steps {
		for _, send := range append([]scenarios.Step{step}, step.Together...) {
			if len(send.Batch) == 0 || send.Answer != scenarios.Acknowledge {
				continue
			}
			events := cast.Events(send.Batch)
			if m.refuses != nil && m.refuses(events, known) {
				return true
			}
			for _, e := range events {
				if m.drops == nil || !m.drops(e, known) {
					known = append(known, e)
				}
			}
		}
		if wrong(step.Expect) {
			return true
		}
	}
	return wrong(s.Expect)
}

func (m model) state(known []mocksender.Event, key mocksender.Key, id scenarios.Identity) mocksender.DeliveryStatus {
	devices := map[string][]mocksender.Event{}
	var cancelled []mocksender.Event
	for _, e := range known {
		if m.key(e.Key().Message()) != m.key(key.Message()) {
			continue
		}
		if e.DeviceToken == "" {
			cancelled = append(cancelled, e)
		}
		devices[e.DeviceToken] = append(devices[e.DeviceToken], e)
	}
	if id == scenarios.ByDevice {
		own := append(slices.Clone(devices[key.DeviceToken]), cancelled...)
		if len(own) == 0 {
			return ""
		}
		return m.picks(own).DeliveryStatus
	}
	var states []mocksender.DeliveryStatus
	for _, events := range devices {
		states = append(states, m.picks(events).DeliveryStatus)
	}
	for _, s := range []mocksender.DeliveryStatus{mocksender.Opened, mocksender.Delivered, mocksender.Cancelled, mocksender.Pending, mocksender.Failed} {
		if slices.Contains(states, s) {
			return s
		}
	}
	return ""
}

// bugs are models that are wrong, by what is wrong with them.
var bugs = map[string]model{
	"last arrival wins":  {picks: func(e []mocksender.Event) mocksender.Event { return e[len(e)-1] }},
	"first arrival wins": {picks: func(e []mocksender.Event) mocksender.Event { return e[0] }},
	"key lacks the user": {key: func(k mocksender.Key) mocksender.Key { k.UserID = ""; return k }},
	"ignores case":       {key: func(k mocksender.Key) mocksender.Key { k.UserID = strings.ToLower(k.UserID); return k }},
	"cuts keys": {key: func(k mocksender.Key) mocksender.Key {
		k.IdempotencyKey = k.IdempotencyKey[:min(100, len(k.IdempotencyKey))]
		return k
	}},
	"takes 50 entries": {refuses: func(e, _ []mocksender.Event) bool { return len(e) > 50 }},
	"takes 20 KB":      {refuses: func(e, _ []mocksender.Event) bool { return len(mocksender.AppendEvents(nil, e)) > 20_000 }},
	"refuses cancelled": {refuses: func(e, _ []mocksender.Event) bool {
		return slices.ContainsFunc(e, func(e mocksender.Event) bool { return e.DeliveryStatus == mocksender.Cancelled })
	}},
	"refuses copies in a batch": {refuses: func(e, _ []mocksender.Event) bool {
		seen := map[string]bool{}
		for _, e := range e {
			if k := e.Key().String() + string(e.DeliveryStatus); seen[k] {
				return true
			} else {
				seen[k] = true
			}
		}
		return false
	}},
	"wants pending first": {drops: func(e mocksender.Event, known []mocksender.Event) bool {
		return e.DeliveryStatus != mocksender.Pending && !slices.ContainsFunc(known, func(k mocksender.Event) bool {
			return k.Key().Message() == e.Key().Message() && k.DeliveryStatus == mocksender.Pending
		})
	}},
	"chokes on emoji": {refuses: func(e, _ []mocksender.Event) bool {
		return slices.ContainsFunc(e, func(e mocksender.Event) bool { return strings.Contains(string(e.Content), "👑") })
	}},
}

// shrink shrinks s at the model.
func (m model) shrink(ctx context.Context, s scenarios.Scenario, id scenarios.Identity) scenarios.Shrunk {
	return scenarios.Shrink(ctx, s, id, func(_ context.Context, s scenarios.Scenario) bool { return m.fails(s, id) })
}
