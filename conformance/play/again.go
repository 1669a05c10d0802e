package play

import (
	"context"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/scenarios"
)

// LookAgain is the outcomes after a second look at what was right, when the time
// to settle after the last acknowledgement is over: nothing may have changed by
// then. What has come right since it was judged is late, and no failure.
func LookAgain(ctx context.Context, s *subject.Subject, all []Outcome) ([]Outcome, error) {
	var wants []scenarios.Want
	last := s.Late.Came()
	all = slices.Clone(all)
	for i := range all {
		all[i] = all[i].reconsidered()
		if all[i].LastAck().Before(s.EndedAt()) {
			all[i].Settled = nil // what an end of its own leaves is for the checks of restarts
		}
		wants = append(wants, all[i].Settled...)
		if ack := all[i].LastAck(); ack.After(last) {
			last = ack
		}
	}
	if len(wants) == 0 {
		return all, nil
	}
	states, err := s.SecondLook(ctx, wants, last)
	if err != nil {
		return all, err
	}
	for i, o := range all {
		n := len(o.Settled)
		if n > 0 {
			all[i] = o.LookedAtAgain(s, o.Settled, states[:n])
		}
		states = states[n:]
	}
	return all, nil
}

// MayBeLate tells whether all that failed are states that may come right yet.
func (o Outcome) MayBeLate() bool { return o.late != nil && len(o.Failures) > 0 }

// reconsidered is the outcome without the failures that were only late.
func (o Outcome) reconsidered() Outcome {
	if !o.MayBeLate() || o.late.Took() == 0 {
		return o
	}
	o.seen = o.seen.clone()
	o.Took = o.late.Took()
	o.seen.note("right %s after it was due", o.Took.Round(time.Millisecond))
	o.seen.failures, o.Failures = nil, nil
	return o
}

// await goes on asking for states that were wrong, unless anything else has failed
// than that what was sent is not there yet. A replay's are of no interest.
func (p *player) await(open []scenarios.Want, due time.Time, final bool) {
	for _, f := range p.failures {
		if f.Kind != event.Lost && f.Kind != event.Stale {
			return
		}
	}
	if p.options.Pace != Normal {
		return
	}
	p.late, p.isCutShort = p.subject.Late.Await(open, due), !final
}

// lookAgain is the second look of a replay.
func (p *player) lookAgain(ctx context.Context, o Outcome) Outcome {
	if err := subject.Pause(ctx, time.Until(p.lastAck.Add(p.options.Settle))); err != nil {
		return p.outcome(err)
	}
	states, err := p.subject.Prober.States(ctx, keysOf(o.Settled))
	if err != nil {
		return p.outcome(err)
	}
	return o.LookedAtAgain(p.subject, o.Settled, states)
}

// LookedAtAgain is the outcome after a second look at states that were right, in
// the order of wants: nothing may have changed.
func (o Outcome) LookedAtAgain(s *subject.Subject, wants []scenarios.Want, states []*state.State) Outcome {
	e := o.seen.clone()
	for i, w := range wants {
		m, wrong := state.Compare(w, states[i])
		if !wrong {
			continue
		}
		e.compared(time.Now(), wants[i:i+1], states[i:i+1], s)
		kind := event.Reverted
		if w.Status == "" {
			kind = event.Accepted
		}
		f := e.misjudged(w, states[i], m, kind)
		f.Detail += ", and was right before"
		f.Log = s.Receiver.Log(logLines)
		e.add(s.Hide(f))
	}
	o.seen, o.Failures = e, e.told()
	return o
}
