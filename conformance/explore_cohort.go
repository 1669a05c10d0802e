package conformance

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// cohort is schedules that travel side by side; first is the place of the first
// of them among all. Its messages are of the name and their places.
type cohort struct {
	name      string
	first     int
	schedules []scenarios.Schedule
}

// route is one schedule with its message, on its way.
type route struct {
	index    int
	schedule scenarios.Schedule
	cast     scenarios.Cast
	wants    []scenarios.Want
	sent     []mocksender.Event
	failed   bool
}

// bind gives the cohort's schedules their messages. Those of which nothing is
// judged are left out.
func (x *exploration) bind(c cohort) ([]*route, error) {
	routes := make([]*route, 0, len(c.schedules))
	for i, s := range c.schedules {
		r := &route{index: c.first + i, schedule: s}
		scenario := s.Scenario(x.judge)
		var err error
		r.cast, err = scenarios.Bind(scenario, x.run.cfg.seed(), x.run.cfg.Epoch, fmt.Sprintf("%s/%s%d", x.check.ID, c.name, r.index))
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", x.check.ID, err)
		}
		r.wants = x.run.kept(scenario, r.cast.Wants(scenario.Expect, x.run.cfg.Target.Identity))
		if len(r.wants) > 0 {
			routes = append(routes, r)
		}
	}
	return routes, nil
}

// worker plays cohorts, one at a time.
type worker struct {
	*exploration
	// senders are the two connections.
	senders [2]*mocksender.Sender
	// cohort and request name the request that is made next.
	cohort  string
	request int
	// late are routes whose states were not yet right when their last entry was
	// acknowledged; they are judged together, so that the time to settle is
	// waited for once.
	late    []*route
	lastAck time.Time
}

// maxLate bounds late, and so memory, where states take their time.
const maxLate = 5 * maxAlike

func (x *exploration) newWorker() *worker {
	w := &worker{exploration: x}
	for i := range w.senders {
		s := x.run.newSender(x.run.receiver.URL(), x.check)
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
	place := fmt.Sprintf("%d/%s/%s/%d", w.run.cfg.Seed, w.check.ID, w.cohort, w.request)
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(place)).String()
}

// play sends a cohort and looks at the states.
func (w *worker) play(ctx context.Context, c cohort) error {
	routes, err := w.bind(c)
	if err != nil {
		return err
	}
	if w.over() {
		for _, r := range routes {
			w.drop(r)
		}
		return nil
	}
	if err := w.travel(ctx, c, routes); err != nil {
		return err
	}
	return w.look(ctx, routes)
}

// travel sends a cohort's rounds, one after the other.
func (w *worker) travel(ctx context.Context, c cohort, routes []*route) error {
	w.cohort, w.request = c.name+strconv.Itoa(c.first), 0
	for round, most := 0, 1; round < most; round++ {
		var single, pairs []part
		for _, r := range routes {
			most = max(most, len(r.schedule.Rounds))
			if r.failed || round >= len(r.schedule.Rounds) {
				continue
			}
			p := part{route: r}
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

// look asks for the states of a cohort that was sent. Those that are not right
// yet have time to become so.
func (w *worker) look(ctx context.Context, routes []*route) error {
	var asked []*route
	var keys []mocksender.Key
	for _, r := range routes {
		if r.failed {
			continue
		}
		asked = append(asked, r)
		for _, want := range r.wants {
			keys = append(keys, want.Key)
		}
	}
	states, err := w.run.prober.States(ctx, keys)
	if err != nil {
		return w.unread(ctx, err)
	}
	patience := w.patience()
	for _, r := range asked {
		own := states[:len(r.wants)]
		states = states[len(r.wants):]
		switch {
		case r.right(own):
		case patience < maxLate && w.seen(r.symptom(own)):
			// Others have failed so when their time was over, and none that was late
			// has become right: to wait for each would make the run endless.
			w.judgeStates(r, own, "")
		default:
			w.late = append(w.late, r)
		}
	}
	w.mu.Lock()
	w.played += len(routes)
	w.countPlayed(routes)
	for _, r := range asked {
		w.judged += len(r.wants)
	}
	played := w.played
	w.mu.Unlock()
	w.run.advanced(w.check, played, w.total)
	if len(w.late) >= patience {
		return w.flush(ctx)
	}
	return nil
}

// patience is how many routes may be late before they are waited for: few at
// first, as they may be wrong; many once it is known that the receiver answers
// before it applies.
func (x *exploration) patience() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.slow {
		return maxLate
	}
	return maxAlike
}

// right says whether the states are the wanted ones.
func (r *route) right(states []*event.State) bool {
	for i, want := range r.wants {
		if !state.IsRight(want, states[i]) {
			return false
		}
	}
	return true
}

// flush waits for the late states, until the time to settle is over, and judges
// them.
func (w *worker) flush(ctx context.Context) error {
	late := w.late
	w.late = nil
	if len(late) == 0 {
		return nil
	}
	var wants []probe.Want
	for _, r := range late {
		for _, want := range r.wants {
			wants = append(wants, probe.Want{Key: want.Key, OK: func(s *event.State) bool { return state.IsRight(want, s) }})
		}
	}
	states, err := probe.Settle(ctx, w.run.prober, wants, w.lastAck.Add(w.run.cfg.Target.Settle))
	if err != nil {
		return w.unread(ctx, err)
	}
	for _, r := range late {
		own := states[:len(r.wants)]
		if r.right(own) {
			w.mu.Lock()
			w.slow = true
			w.mu.Unlock()
		}
		w.judgeStates(r, own, "")
		states = states[len(r.wants):]
	}
	return nil
}

// unread is why states could not be read. Where the receiver has ended that is a
// failure of its own, and what it knew before can't be told.
func (w *worker) unread(ctx context.Context, err error) error {
	if how, ended := w.run.revive(ctx); ended {
		w.crashed(how, nil)
		return nil
	}
	return err
}

// compare is the second look at a cohort.
func (x *exploration) compare(ctx context.Context, c cohort) error {
	routes, err := x.bind(c)
	if err != nil {
		return err
	}
	var asked []*route
	var keys []mocksender.Key
	x.mu.Lock()
	for _, r := range routes {
		if x.off[r.index] {
			continue
		}
		asked = append(asked, r)
		for _, want := range r.wants {
			keys = append(keys, want.Key)
		}
	}
	x.mu.Unlock()
	states, err := x.run.prober.States(ctx, keys)
	if err != nil {
		return err
	}
	for _, r := range asked {
		for _, round := range r.schedule.Rounds {
			for _, batch := range round {
				r.sent = append(r.sent, r.cast.Events(batch)...)
			}
		}
		x.judgeStates(r, states[:len(r.wants)], event.Reverted)
		states = states[len(r.wants):]
	}
	return nil
}
