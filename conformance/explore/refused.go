package explore

import (
	"context"
	"fmt"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
)

// refused finds out which of the parts of a request that was not acknowledged
// are to blame. All others go on.
func (w *worker) refused(ctx context.Context, connection int, parts []part, d mocksender.Delivery) error {
	all := len(parts)
	parts = slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.bound.failed })
	if len(parts) == 0 {
		return nil
	}
	last := d.Last()
	if last.Err != nil {
		if how, ended := w.subject.Revive(ctx); ended {
			w.crashed(how, parts)
			return nil
		}
		if state.AnswerOf(last) == state.TimedOut {
			// To halve it would take a time-out each time.
			w.turnedDown(smallest(parts), d)
			w.halt("a request was not answered in time")
			return nil
		}
	}
	blamed, err := w.blame(ctx, connection, parts, d)
	if err != nil || blamed > 0 || len(parts) < all || ctx.Err() != nil {
		return err
	}
	// Each part alone is taken: it was their number, which is for the checks of
	// the group batch to judge, or trouble that is over.
	entries := len(batches(parts)[connection])
	w.mu.Lock()
	w.limit = min(w.limit, max(1, entries/2))
	w.mu.Unlock()
	w.note("%s: a request with %s was not acknowledged (%s), smaller ones were: goes on with %d at most",
		w.Of.Check.ID, text.Plural(entries, "entry"), state.Answered(last), max(1, entries/2))
	return nil
}

// blame sends each half of the parts again and halves what is refused, down to
// single parts, and returns how many of them are refused. A part that can be
// blamed for a refusal of a kind that was not seen before gets all its retries
// first.
func (w *worker) blame(ctx context.Context, connection int, parts []part, d mocksender.Delivery) (blamed int, err error) {
	if len(parts) == 1 {
		if len(d.Attempts) == 1 && !w.has(func(s state.Symptom) bool { return s == refusal(d) }) {
			request, err := w.requestOf(connection, parts[0].events[connection])
			if err != nil {
				return 0, err
			}
			d = w.senders[connection].DeliverRequest(ctx, request)
			w.add(d, len(parts[0].events[connection]))
		}
		if d.Acknowledged() || ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if err := mocksender.Local(d.Last().Err); err != nil {
			return 0, err
		}
		w.Refusals.see(parts[0].events[connection], false)
		w.turnedDown(parts[0].bound, d)
		return 1, nil
	}
	half := len(parts) / 2
	for _, side := range [][]part{parts[:half], parts[half:]} {
		before := len(side)
		side = slices.DeleteFunc(slices.Clone(side), func(p part) bool { return w.leavesOut(p.bound) })
		if blamed += before - len(side); len(side) == 0 {
			continue
		}
		if w.over(0) {
			// What was not delivered can't be judged.
			w.drop(boundOf(side)...)
			continue
		}
		request, err := w.requestOf(connection, batches(side)[connection])
		if err != nil {
			return blamed, err
		}
		d := attempt(ctx, w.senders[connection], request, nil)
		w.add(d, len(batches(side)[connection]))
		if ctx.Err() != nil {
			return blamed, ctx.Err()
		}
		if err := mocksender.Local(d.Last().Err); err != nil {
			return blamed, err
		}
		if d.Acknowledged() {
			w.taken(side, connection)
			continue
		}
		if d.Last().Err != nil {
			if how, ended := w.subject.Revive(ctx); ended {
				w.crashed(how, side)
				blamed++
				continue
			}
		}
		n, err := w.blame(ctx, connection, side, d)
		if blamed += n; err != nil {
			return blamed, err
		}
	}
	return blamed, nil
}

// leavesOut tells whether the receiver is known to refuse the schedule, and takes
// it out then.
func (w *worker) leavesOut(b *bound) bool {
	if !w.Refusals.leavesOut(b) {
		return false
	}
	b.isLeftOut = true
	w.drop(b)
	return true
}

// taken learns from parts that were acknowledged.
func (w *worker) taken(parts []part, connection int) {
	for _, p := range parts {
		w.Refusals.see(p.events[connection], true)
	}
}

// smallest is the one of the parts whose schedule says most in least.
func smallest(parts []part) *bound {
	least := parts[0].bound
	for _, p := range parts[1:] {
		if simpler(p.bound.schedule, least.schedule) {
			least = p.bound
		}
	}
	return least
}

// refusal is a delivery that was not acknowledged.
func refusal(d mocksender.Delivery) state.Symptom {
	return state.Symptom{Kind: event.Refused, Answer: state.AnswerOf(d.Last())}
}

// turnedDown records a schedule of which a request was not acknowledged.
func (w *worker) turnedDown(b *bound, d mocksender.Delivery) {
	s := refusal(d)
	w.fail(s, b, event.Failure{Kind: s.Kind, Answer: s.Answer, Message: b.wants[0].Key.Message(), Detail: state.NotAcknowledged(d)}, nil)
}

// crashed records that the receiver ended, while it had the parts, and ends the
// exploration: what it knew before may be gone.
func (w *worker) crashed(how string, parts []part) {
	f := event.Failure{Kind: event.Crashed, Detail: "the receiver " + how}
	if len(parts) > 0 {
		f.Answer = state.NoAnswer
		b := smallest(parts)
		f.Message = b.wants[0].Key.Message()
		if len(parts) > 1 {
			f.Detail += fmt.Sprintf(", while it had the entries of %d schedules", len(parts))
		}
		w.fail(f.Symptom(), b, f, nil)
	} else {
		w.crash(f)
	}
	w.end("the receiver " + how)
}
