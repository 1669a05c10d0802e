package explore

import (
	"context"
	"time"

	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Fields finds out which fields besides the status tell which of a message's
// entries a receiver went by. A field that is wrong although nothing came but the
// last change says nothing about order, copies and gaps: the checks of the group
// entry judge it.
//
// It also sees that the receiver does not know the messages already. sent counts,
// for each exploration, what that took.
func Fields(ctx context.Context, s *subject.Subject, all []Exploration) (fields scenarios.Fields, sent []Count, err error) {
	fields = scenarios.Fields{Method: true, Timestamp: true}
	sent = make([]Count, len(all))
	for i, x := range all {
		x.Judge = fields
		e := newExplorer(s, x)
		alone, err := e.bind(scheduleBatch{name: "alone/", schedules: lastChanges(x.Of)})
		if err == nil {
			err = e.fresh(ctx, alone)
		}
		if err == nil {
			err = e.sendAlone(ctx, alone)
		}
		if sent[i] = (Count{e.requests, e.events}); err == nil {
			fields, err = e.rightAlone(ctx, alone, fields)
		}
		if err != nil {
			return fields, sent, err
		}
	}
	return fields, sent, nil
}

// Count is how much was sent.
type Count struct{ Requests, Events int }

// sendAlone sends the schedules' one batch each. What is not acknowledged is not
// judged here: the same schedules are explored.
func (e *explorer) sendAlone(ctx context.Context, alone []*bound) error {
	w := e.newWorker()
	defer w.close()
	parts := make([]part, len(alone))
	for i, b := range alone {
		parts[i].bound = b
		parts[i].events[0] = b.cast.Events(b.schedule.Rounds[0][0])
	}
	for len(parts) > 0 {
		n := fitting(parts, mocksender.MaxBatch)
		events := batches(parts[:n])[0]
		request, err := w.requestOf(0, events)
		if err != nil {
			return err
		}
		w.transmit(ctx, 0, request, len(events), nil)
		parts = parts[n:]
	}
	return nil
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
func (e *explorer) fresh(ctx context.Context, all []*bound) error {
	keys := make([]mocksender.Key, len(all))
	for i, b := range all {
		keys[i] = b.wants[0].Key
	}
	states, err := e.subject.Prober.States(ctx, keys)
	if err != nil {
		return err
	}
	for i, got := range states {
		if err := subject.CheckFresh(keys[i], got, e.Seed.Seed); err != nil {
			return err
		}
	}
	return nil
}

// rightAlone takes out of fields what is wrong in one of the states.
func (e *explorer) rightAlone(ctx context.Context, alone []*bound, fields scenarios.Fields) (scenarios.Fields, error) {
	wants := wantsOf(alone)
	states, err := probe.Settle(ctx, e.subject.Prober, subject.Questions(wants), e.lastAck.Add(e.subject.Target.Settle))
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
