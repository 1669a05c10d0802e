package explore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// worker plays batches of schedules, one at a time.
type worker struct {
	*explorer
	// senders are the two connections.
	senders [2]*mocksender.Sender
	// batch and request name the request that is made next.
	batch   string
	request int
	// waiting are schedules whose states were not yet right when their last entry was
	// acknowledged; they are judged together, so that the time to settle is
	// waited for once.
	waiting []*bound
	acked   time.Time // the last acknowledgement
}

func (e *explorer) newWorker() *worker {
	w := &worker{explorer: e}
	for i := range w.senders {
		s := e.sender()
		s.RequestID = w.requestID
		w.senders[i] = s
	}
	return w
}

func (w *worker) close() {
	for _, s := range w.senders {
		s.Close()
	}
}

// requestID is of the request's place in the run, whichever worker sends it.
func (w *worker) requestID() string {
	w.request++
	place := fmt.Sprintf("%d/%s/%s/%d", w.Seed.Keys(), w.Of.Check.ID, w.batch, w.request)
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(place)).String()
}

// play sends a batch of schedules and looks at the states.
func (w *worker) play(ctx context.Context, b scheduleBatch) error {
	all, err := w.bind(b)
	if err != nil {
		return err
	}
	if w.over(b.first) {
		w.drop(all...)
		return nil
	}
	if err := w.travel(ctx, b, all); err != nil {
		return err
	}
	return w.look(ctx, all)
}

// travel sends the schedules' rounds, one after the other.
func (w *worker) travel(ctx context.Context, c scheduleBatch, all []*bound) error {
	w.batch, w.request = c.name+strconv.Itoa(c.first), 0
	for round, most := 0, 1; round < most; round++ {
		var single, pairs []part
		for _, r := range all {
			most = max(most, len(r.schedule.Rounds))
			if r.failed || round >= len(r.schedule.Rounds) || w.leavesOut(r) {
				continue
			}
			p := part{bound: r}
			for i, batch := range r.schedule.Rounds[round] {
				p.events[i] = r.cast.Events(batch)
				r.sent = append(r.sent, p.events[i]...)
			}
			if len(p.events[1]) == 0 {
				single = append(single, p)
			} else {
				pairs = append(pairs, p)
			}
		}
		for _, parts := range [][]part{single, pairs} {
			if err := w.send(ctx, parts); err != nil {
				return err
			}
		}
	}
	return nil
}

// look asks for the states of schedules that were sent. Those that are not right
// yet have time to become so.
func (w *worker) look(ctx context.Context, all []*bound) error {
	asked := slices.DeleteFunc(slices.Clone(all), func(b *bound) bool { return b.failed })
	states, err := w.subject.Prober.States(ctx, keysOf(asked))
	if err != nil {
		return w.unread(ctx, err)
	}
	before, slow := len(w.waiting), w.isSlow()
	for _, b := range asked {
		own := states[:len(b.wants)]
		states = states[len(b.wants):]
		b.due = w.acked
		switch {
		case b.right(own):
			w.looked(b, own)
		case !slow && w.has(func(s state.Symptom) bool { return s == b.symptom(own) }):
			// Others have failed so when their time was over, and none that was late
			// has become right: to wait for each would make the run endless.
			w.judge(b, own, "")
		default:
			w.waiting = append(w.waiting, b)
		}
	}
	played := w.tallyUp(slices.DeleteFunc(all, func(b *bound) bool { return b.isLeftOut }), asked)
	if w.Advanced != nil {
		w.Advanced(played, w.total)
	}
	open := len(w.waiting) - before
	if lags := 2*open > len(asked) || slow && open > 0; lags {
		err := w.flush(ctx)
		w.keepPace(len(all), time.Since(w.acked))
		return err
	}
	w.setPace(max(w.pace(), 2*len(all)))
	if len(w.waiting) >= maxAlike {
		return w.flush(ctx)
	}
	return nil
}

// keepPace bounds what is under way by what settles, so that a queue stays short:
// so many schedules took so long.
func (w *worker) keepPace(schedules int, took time.Duration) {
	if took < w.subject.Target.Settle/2 {
		w.setPace(2 * schedules)
	} else {
		w.setPace(schedules / 2)
	}
}

// right says whether the states are the wanted ones.
func (b *bound) right(states []*state.State) bool {
	for i, want := range b.wants {
		if !state.IsRight(want, states[i]) {
			return false
		}
	}
	return true
}

// symptom is how the first of the states that are wrong is wrong.
func (b *bound) symptom(states []*state.State) state.Symptom {
	for i, w := range b.wants {
		if m, wrong := state.Compare(w, states[i]); wrong {
			return state.Symptom{Kind: state.KindOf(w, states[i], b.sent, nil), Field: m.Field, Expected: w.Status, Got: states[i].Status()}
		}
	}
	return state.Symptom{}
}

// judge compares a schedule's states with the wanted ones. kind is how a wrong
// one is called; empty: as the entries tell.
func (e *explorer) judge(b *bound, states []*state.State, kind event.Kind) {
	e.looked(b, states)
	for i, w := range b.wants {
		m, wrong := state.Compare(w, states[i])
		if !wrong {
			continue
		}
		s, detail := b.symptom(states), m.String()
		if kind != "" {
			s.Kind = kind
			detail += ", and was right before"
		}
		f := event.Failure{Kind: s.Kind, Field: s.Field, Detail: detail, Message: w.Key, Expected: state.Expected(w), Got: states[i]}
		var late *subject.Latecomer
		if s.Kind == event.Lost || s.Kind == event.Stale {
			late = e.subject.Late.Await(b.wants, b.due)
		}
		e.fail(s, b, f, late)
		return // the others of the same message may follow from it
	}
}

// looked keeps the states of a schedule that had settled.
func (e *explorer) looked(b *bound, states []*state.State) {
	for i, w := range b.wants {
		e.subject.Journal.Looked(e.Of.Check.ID, w, states[i])
	}
}

// flush waits for the late states, until the time to settle is over, and judges
// them.
func (w *worker) flush(ctx context.Context) error {
	waiting := w.waiting
	w.waiting = nil
	if len(waiting) == 0 {
		return nil
	}
	states, err := probe.Settle(ctx, w.subject.Prober, subject.Questions(wantsOf(waiting)), w.acked.Add(w.subject.Target.Settle))
	if err != nil {
		return w.unread(ctx, err)
	}
	for _, b := range waiting {
		own := states[:len(b.wants)]
		if b.right(own) {
			w.mu.Lock()
			w.slow = true
			w.mu.Unlock()
		}
		w.judge(b, own, "")
		states = states[len(b.wants):]
	}
	return nil
}

// unread is why states could not be read. Where the receiver has ended that is a
// failure of its own, and what it knew before can't be told.
func (w *worker) unread(ctx context.Context, err error) error {
	if how, ended := w.subject.Revive(ctx); ended {
		w.crashed(how, nil)
		return nil
	}
	return err
}

// compare is the second look at a batch of schedules.
func (e *explorer) compare(ctx context.Context, b scheduleBatch) error {
	all, err := e.bind(b)
	if err != nil {
		return err
	}
	e.mu.Lock()
	asked := slices.DeleteFunc(all, func(b *bound) bool { return e.off[b.index] })
	e.mu.Unlock()
	states, err := e.subject.Prober.States(ctx, keysOf(asked))
	if err != nil {
		return err
	}
	for _, b := range asked {
		for _, round := range b.schedule.Rounds {
			for _, batch := range round {
				b.sent = append(b.sent, b.cast.Events(batch)...)
			}
		}
		if own := states[:len(b.wants)]; !b.right(own) {
			e.judge(b, own, event.Reverted)
		}
		states = states[len(b.wants):]
	}
	return nil
}

func wantsOf(all []*bound) []scenarios.Want {
	var wants []scenarios.Want
	for _, b := range all {
		wants = append(wants, b.wants...)
	}
	return wants
}

func keysOf(all []*bound) []mocksender.Key {
	var keys []mocksender.Key
	for _, b := range all {
		for _, want := range b.wants {
			keys = append(keys, want.Key)
		}
	}
	return keys
}
