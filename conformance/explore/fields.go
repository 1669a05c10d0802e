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

// Survey is what is found out of a receiver before it is explored.
type Survey struct {
	// Fields are those besides the status that are compared.
	Fields scenarios.Fields
	// Sent is what that took, for each exploration.
	Sent []Count
	// Lags says that states became right after they had been asked for.
	Lags bool
}

// Look finds out which fields besides the status tell which of a message's
// entries a receiver went by. A field that is wrong although nothing came but the
// last change says nothing about order, copies and gaps: the checks of the group
// entry judge it.
//
// It also sees that the receiver does not know the messages already.
func Look(ctx context.Context, s *subject.Subject, all []Exploration) (Survey, error) {
	found := Survey{Fields: scenarios.Fields{Method: true, Timestamp: true}, Sent: make([]Count, len(all))}
	for i, x := range all {
		x.Judge = found.Fields
		e := newExplorer(s, x)
		alone, err := e.bind(scheduleBatch{name: "alone/", schedules: lastChanges(x.Of)})
		if err == nil {
			err = e.fresh(ctx, alone)
		}
		if err == nil {
			err = e.sendAlone(ctx, alone)
		}
		if found.Sent[i] = (Count{e.requests, e.events}); err == nil {
			err = e.rightAlone(ctx, alone, &found)
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
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

// rightAlone takes out of the fields what is wrong in one of the states.
func (e *explorer) rightAlone(ctx context.Context, alone []*bound, found *Survey) error {
	wants := wantsOf(alone)
	questions := make([]probe.Question, len(wants))
	wrong := make([]bool, len(wants)) // when it was asked for
	for i, w := range wants {
		questions[i] = probe.Question{Key: w.Key, OK: func(got *state.State) bool {
			right := got.Status() == w.Status
			wrong[i] = wrong[i] || !right
			return right
		}}
	}
	states, err := probe.Settle(ctx, e.subject.Prober, questions, e.lastAck.Add(e.subject.Target.Settle))
	if err != nil {
		return err
	}
	fields := &found.Fields
	for i, got := range states {
		if got == nil || got.DeliveryStatus != wants[i].Status {
			continue
		}
		found.Lags = found.Lags || wrong[i]
		method, timestamp := wants[i], wants[i]
		method.Timestamp, timestamp.Method = time.Time{}, ""
		fields.Method = fields.Method && state.IsRight(method, got)
		fields.Timestamp = fields.Timestamp && state.IsRight(timestamp, got)
	}
	return nil
}
