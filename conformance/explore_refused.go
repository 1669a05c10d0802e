package conformance

import (
	"context"
	"errors"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
)

// refuses says whether the receiver is known to refuse what is right.
func (x *exploration) refuses() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for s := range x.failing {
		if s.Kind == event.Refused {
			return true
		}
	}
	return false
}

// refused finds out which of the parts of a request that was not acknowledged
// are to blame. All others go on.
func (w *worker) refused(ctx context.Context, connection int, parts []part, d mocksender.Delivery) error {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.route.failed })
	if len(parts) == 0 {
		return nil
	}
	last := d.Last()
	if last.Err != nil {
		if how, ended := w.run.revive(ctx); ended {
			w.crashed(how, parts)
			return nil
		}
		var slow interface{ Timeout() bool }
		if errors.As(last.Err, &slow) && slow.Timeout() {
			// To halve it would take a time-out each time.
			w.turnedDown(smallest(parts), d)
			w.mu.Lock()
			w.stop("a request was not answered in time")
			w.mu.Unlock()
			return nil
		}
	}
	blamed, err := w.blame(ctx, connection, parts, d)
	if err != nil || blamed > 0 || ctx.Err() != nil {
		return err
	}
	// Each part alone is taken: it was their number, which is for the checks of
	// the group batch to judge, or trouble that is over.
	entries := len(batches(parts)[connection])
	w.mu.Lock()
	w.limit = min(w.limit, max(1, entries/2))
	w.mu.Unlock()
	w.run.note("%s: %d entries in one request were not acknowledged (%s), in smaller ones they were: goes on with %d at most",
		w.check.ID, entries, outcome(last), max(1, entries/2))
	return nil
}

// blame sends each half of the parts again and halves what is refused, down to
// single parts, and returns how many of them are refused. A part that can be
// blamed for a refusal of a kind that was not seen before gets all its retries
// first.
func (w *worker) blame(ctx context.Context, connection int, parts []part, d mocksender.Delivery) (blamed int, err error) {
	if len(parts) == 1 {
		if len(d.Attempts) == 1 && !w.seen(refusal(d)) {
			request, err := w.requestOf(connection, parts[0].events[connection])
			if err != nil {
				return 0, err
			}
			d = w.senders[connection].DeliverRequest(ctx, request)
			w.count(d, len(parts[0].events[connection]))
		}
		if d.Acknowledged() || ctx.Err() != nil {
			return 0, ctx.Err()
		}
		w.turnedDown(parts[0].route, d)
		return 1, nil
	}
	half := len(parts) / 2
	for _, side := range [][]part{parts[:half], parts[half:]} {
		if w.over() {
			// What was not delivered can't be judged.
			for _, p := range side {
				w.drop(p.route)
			}
			continue
		}
		request, err := w.requestOf(connection, batches(side)[connection])
		if err != nil {
			return blamed, err
		}
		d := attempt(ctx, w.senders[connection], request, nil)
		w.count(d, len(batches(side)[connection]))
		if ctx.Err() != nil {
			return blamed, ctx.Err()
		}
		if d.Acknowledged() {
			continue
		}
		if d.Last().Err != nil {
			if how, ended := w.run.revive(ctx); ended {
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

// revived is how often the receiver was started again after it had ended.
func (r *run) revived() int {
	r.reviving.Lock()
	defer r.reviving.Unlock()
	return r.revivals
}

// smallest is the route of the parts whose schedule says most in least.
func smallest(parts []part) *route {
	least := parts[0].route
	for _, p := range parts[1:] {
		if simpler(p.route.schedule, least.schedule) {
			least = p.route
		}
	}
	return least
}
