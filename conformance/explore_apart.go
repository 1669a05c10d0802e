package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// tellsApart finds out which fields besides the status tell which of a message's
// entries a receiver went by. A field that is wrong although nothing came but the
// last change says nothing about order, copies and gaps: the checks of the group
// entry judge it.
//
// It also sees that the receiver does not know the messages already.
func (r *run) tellsApart(ctx context.Context, verdicts []*verdict) (scenarios.Fields, error) {
	fields := scenarios.Fields{Method: true, Timestamp: true}
	for _, v := range verdicts {
		x := v.explored
		x.judge = fields
		routes, err := x.bind(cohort{name: "alone/", schedules: lastChanges(x.of)})
		if err != nil {
			return fields, err
		}
		if err := x.fresh(ctx, routes); err != nil {
			return fields, err
		}
		w := x.newWorker()
		parts := make([]part, len(routes))
		for i, route := range routes {
			parts[i].route = route
			parts[i].events[0] = route.cast.Events(route.schedule.Rounds[0][0])
		}
		for len(parts) > 0 && err == nil {
			n := fitting(parts, mocksender.MaxBatch)
			events := batches(parts[:n])[0]
			var request mocksender.Request
			if request, err = w.requestOf(0, events); err == nil {
				// Not acknowledged is not judged here: the same schedules are explored.
				w.transmit(ctx, 0, request, len(events), nil)
			}
			parts = parts[n:]
		}
		w.close()
		if err == nil {
			fields, err = r.rightAlone(ctx, routes, fields, w.lastAck)
		}
		if err != nil {
			return fields, err
		}
	}
	return fields, nil
}

// lastChanges are the schedules in which only the changes come that the contract
// guarantees, in one batch, one for each history; and with a cancellation the
// entries without which its devices can't be asked for.
func lastChanges(e scenarios.Exploration) []scenarios.Schedule {
	var all []scenarios.Schedule
	for _, p := range e.Parts {
		for _, m := range p.Histories {
			var batch []scenarios.Ref
			entries, final := m.Entries()
			for i, ref := range entries {
				if final[i] || m.Cancelled != nil {
					batch = append(batch, ref)
				}
			}
			all = append(all, scenarios.Schedule{Message: m, Rounds: []scenarios.Round{{batch}}})
		}
	}
	return all
}

// fresh sees that the receiver does not know the messages, as it does when a
// seed is played twice on the same disk.
func (x *exploration) fresh(ctx context.Context, routes []*route) error {
	keys := make([]mocksender.Key, len(routes))
	for i, r := range routes {
		keys[i] = r.wants[0].Key
	}
	states, err := x.run.prober.States(ctx, keys)
	if err != nil {
		return err
	}
	for i, s := range states {
		if s != nil {
			return fmt.Errorf("the receiver knows message %s, as %s, before anything was sent: seed %d has been played on it before (choose another --seed), or its probe makes states up",
				keys[i], s.DeliveryStatus, x.run.cfg.Seed)
		}
	}
	return nil
}

// rightAlone takes out of fields what is wrong in one of the routes' states.
func (r *run) rightAlone(ctx context.Context, routes []*route, fields scenarios.Fields, lastAck time.Time) (scenarios.Fields, error) {
	var questions []probe.Want
	var wants []scenarios.Want
	for _, route := range routes {
		for _, want := range route.wants {
			wants = append(wants, want)
			questions = append(questions, probe.Want{Key: want.Key, OK: func(s *event.State) bool { return state.IsRight(want, s) }})
		}
	}
	states, err := probe.Settle(ctx, r.prober, questions, lastAck.Add(r.cfg.Target.Settle))
	if err != nil {
		return fields, err
	}
	for i, got := range states {
		if got == nil || got.DeliveryStatus != wants[i].Status {
			continue
		}
		method, timestamp := wants[i], wants[i]
		method.Timestamp, timestamp.Method = time.Time{}, ""
		fields.Method = fields.Method && state.IsRight(method, got)
		fields.Timestamp = fields.Timestamp && state.IsRight(timestamp, got)
	}
	return fields, nil
}
