package explore

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// tally is what was found so far. Its methods may be called side by side.
type tally struct {
	mu     sync.Mutex
	count  // what was played and sent
	groups map[state.Symptom]*Group
	orders map[order]*counted
	off    map[int]bool // schedules that are not looked at again
	limit  int          // how many entries a request holds
	slow   bool         // a state became right after it had been looked at
	most   int          // how many schedules a batch has at most
	ended  bool         // the receiver ended of its own
	// stopped is why the rest is not played; empty: it is.
	stopped string
}

type count struct {
	given, played, judged, requests, events int
	lastAck                                 time.Time
}

func newTally() *tally {
	return &tally{groups: map[state.Symptom]*Group{}, orders: map[order]*counted{}, off: map[int]bool{}, limit: mocksender.MaxBatch, most: batchSize}
}

// begin takes over what was found before.
func (t *tally) begin(r Result) {
	t.count = count{r.given, r.Played, r.Judged, r.Requests, r.Events, r.LastAck}
	t.off = maps.Clone(r.off)
	for _, g := range r.Groups {
		t.groups[g.Symptom] = &g
	}
	for _, o := range r.Orders {
		t.orders[order{o.History, o.Manner}] = &counted{o.Schedules, o.Failed}
	}
}

// result is what was found, of so many schedules.
func (t *tally) result(total int) Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := Result{
		Total: total, Played: t.played, Judged: t.judged, Requests: t.requests, Events: t.events, LastAck: t.lastAck,
		Orders: counts(t.orders), Ended: t.ended, given: t.given, off: t.off,
	}
	for _, g := range t.groups {
		r.Groups = append(r.Groups, *g)
	}
	slices.SortFunc(r.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), compareSymptoms(a.Symptom, b.Symptom))
	})
	return r
}

func compareSymptoms(a, b state.Symptom) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Expected, b.Expected), cmp.Compare(a.Got, b.Got),
		cmp.Compare(a.Field, b.Field), cmp.Compare(a.Answer, b.Answer))
}

// member is a schedule that failed.
type member struct {
	*bound
	failure event.Failure
	late    *subject.Latecomer // nil where it can't come right
}

// represent makes the simplest of the members stand for the group.
func (g *Group) represent() {
	g.Count = len(g.members)
	for i, m := range g.members {
		if i == 0 || simpler(m.schedule, g.schedule) || !simpler(g.schedule, m.schedule) && m.index < g.Index {
			g.Index, g.schedule, g.Cast, g.Failure = m.index, m.schedule, m.cast, m.failure
		}
	}
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

// fail counts a failed schedule.
func (t *tally) fail(s state.Symptom, b *bound, f event.Failure, late *subject.Latecomer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b.failed {
		return // on both of its connections
	}
	b.failed = true
	t.off[b.index] = true
	t.counter(b).failed++
	g := t.groups[s]
	if g == nil {
		g = &Group{Symptom: s}
		t.groups[s] = g
	}
	f.Schedule = b.schedule.String()
	g.members = append(g.members, member{b, f, late})
	g.represent()
	if g.Count >= maxAlike {
		t.stop(humanize.Comma(int64(g.Count)) + " failed alike")
	}
}

// crash records that the receiver ended for no schedule's sake.
func (t *tally) crash(f event.Failure) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups[f.Symptom()] = &Group{Symptom: f.Symptom(), Count: 1, Failure: f}
}

// end says that the receiver ended.
func (t *tally) end(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.stop(why)
}

// stop ends the exploration; the first reason counts. It is called with mu
// locked.
func (t *tally) stop(why string) { t.stopped = cmp.Or(t.stopped, why) }

// halt is stop for those who don't hold mu.
func (t *tally) halt(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop(why)
}

func (t *tally) isStopped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopped != ""
}

// has says whether a schedule has failed with a symptom that matches.
func (t *tally) has(matches func(state.Symptom) bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := range t.groups {
		if matches(s) {
			return true
		}
	}
	return false
}

// drop takes schedules out that can't be judged.
func (t *tally) drop(parts ...*bound) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range parts {
		b.failed = true
		t.off[b.index] = true
	}
}

// dealt says that the schedules before that place were dealt.
func (t *tally) dealt(before int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.given = max(t.given, before)
}

// sent counts a delivery, of so many entries.
func (t *tally) sent(d mocksender.Delivery, events int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests += len(d.Attempts)
	t.events += len(d.Attempts) * events
	if d.Acknowledged() {
		t.lastAck = time.Now()
	}
}

// tallyUp counts schedules that were played, of which some were asked for, and
// returns how many were played so far.
func (t *tally) tallyUp(played, asked []*bound) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.played += len(played)
	for _, b := range played {
		t.counter(b).played++
	}
	for _, b := range asked {
		t.judged += len(b.wants)
	}
	return t.played
}

// counter is that of the schedule's order. It is called with mu locked.
func (t *tally) counter(b *bound) *counted {
	o := orderOf(b.schedule)
	c := t.orders[o]
	if c == nil {
		c = &counted{}
		t.orders[o] = c
	}
	return c
}

func thousands(n int) string { return humanize.Comma(int64(n)) }
