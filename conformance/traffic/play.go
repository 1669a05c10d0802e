package traffic

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

const (
	// connections is how many requests are under way at once.
	connections = 10
	// together is how many messages travel side by side, and are judged together.
	together = 1000
)

// message is one message of the recording in one order.
type message struct {
	sorted []entry // by time
	rounds []round
	last   []bool
	unsure bool // not all of it came to the receiver
}

// lastOnes tells of each entry whether it must arrive: the last of its device, or
// the message's cancellation alone.
func lastOnes(sorted []entry) []bool {
	last := make([]bool, len(sorted))
	at := map[string]int{}
	for i, e := range sorted {
		at[e.event.DeviceToken] = i
	}
	if i, cancelled := at[""]; cancelled {
		last[i] = true
		return last
	}
	for _, i := range at {
		last[i] = true
	}
	return last
}

// arrivals are the places of the entries in the order in which they came.
func arrivals(sorted []entry) []int {
	places := upTo(len(sorted))
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(sorted[a].order, sorted[b].order) })
	return places
}

// inOrder plays each message in the rounds that arrange makes of it, a thousand
// side by side.
func (v *verdict) inOrder(ctx context.Context, n, pass int, arrange func([]entry, []int, []bool) []round) error {
	suffix := v.suffix(n, pass)
	var chunk []*message
	flush := func() error {
		err := v.send(ctx, chunk)
		if err == nil {
			err = v.judge(ctx, chunk)
		}
		v.schedules += len(chunk)
		chunk = nil
		v.advanced(v.schedules, v.messages)
		return err
	}
	err := v.truth.messages(ctx, func(all []entry, _ bool) error {
		m := &message{sorted: byTime(all)}
		m.last = lastOnes(m.sorted)
		if m.rounds = arrange(m.sorted, arrivals(m.sorted), m.last); len(m.rounds) == 0 {
			return nil
		}
		m.rounds = v.Faults.bend(m.rounds, m.last, v.random)
		if err := m.rename(suffix); err != nil {
			return err
		}
		if chunk = append(chunk, m); len(chunk) < together {
			return nil
		}
		return flush()
	})
	if err == nil && len(chunk) > 0 {
		err = flush()
	}
	return err
}

// everyOrder deals all schedules to the messages, in as many passes as it takes.
func (v *verdict) everyOrder(ctx context.Context, n int) error {
	s := &shapes{schedules: map[string][][]round{}, messages: map[string]int{}}
	for pass, most := 0, 1; pass < most; pass++ {
		at := map[string]int{}
		err := v.inOrder(ctx, n, pass, func(sorted []entry, _ []int, last []bool) []round {
			shape, all := s.of(sorted, last)
			i := at[shape]
			at[shape]++
			if pass == 0 {
				s.messages[shape]++
				if len(all) == 0 {
					return nil
				}
				return all[i%len(all)]
			}
			if i += pass * s.messages[shape]; i < len(all) {
				return all[i]
			}
			return nil
		})
		if err != nil {
			return err
		}
		for shape, all := range s.schedules {
			if n := s.messages[shape]; n > 0 {
				most = max(most, (len(all)+n-1)/n)
			}
		}
	}
	return nil
}

// rename gives the message's key the suffix.
func (m *message) rename(suffix string) error {
	if suffix == "" {
		return nil
	}
	change := map[string]func(json.RawMessage) json.RawMessage{
		"idempotency_key": texts(func(key string) string { return suffixed(key, suffix) }),
	}
	for i, e := range m.sorted {
		var err error
		if m.sorted[i], err = e.with(change); err != nil {
			return err
		}
	}
	return nil
}

// parcel is a request of entries of several messages.
type parcel struct {
	entries []entry
	of      []*message
}

// send sends the messages' rounds, each when the one before it was answered.
func (v *verdict) send(ctx context.Context, messages []*message) error {
	most := 0
	for _, m := range messages {
		most = max(most, len(m.rounds))
	}
	for n := range most {
		var all []parcel
		for lane := range 2 {
			all = append(all, packed(messages, n, lane)...)
		}
		// The two lanes of one message go out together.
		half := len(packed(messages, n, 0))
		all = alternate(all[:half], all[half:])
		var g errgroup.Group
		g.SetLimit(v.connections())
		for _, p := range all {
			g.Go(func() error { return v.sendParcel(ctx, p) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (v *verdict) connections() int {
	if n := v.subject.Target.Limits.Connections; n > 0 {
		return min(n, connections)
	}
	return connections
}

// packed are the requests of a round's lane: each message's batch stays together.
func packed(messages []*message, n, lane int) (all []parcel) {
	var p parcel
	for _, m := range messages {
		if n >= len(m.rounds) || lane >= len(m.rounds[n]) {
			continue
		}
		batch := m.rounds[n][lane]
		if len(p.entries) > 0 && len(p.entries)+len(batch) > mocksender.MaxBatch {
			all, p = append(all, p), parcel{}
		}
		for _, place := range batch {
			if len(p.entries) == mocksender.MaxBatch {
				all, p = append(all, p), parcel{}
			}
			p.entries = append(p.entries, m.sorted[place])
			p.of = append(p.of, m)
		}
	}
	if len(p.entries) > 0 {
		all = append(all, p)
	}
	return all
}

// alternate are both in turn.
func alternate(a, b []parcel) []parcel {
	var all []parcel
	for i := range max(len(a), len(b)) {
		if i < len(a) {
			all = append(all, a[i])
		}
		if i < len(b) {
			all = append(all, b[i])
		}
	}
	return all
}

func (v *verdict) sendParcel(ctx context.Context, p parcel) error {
	q := v.sender.Request(mocksender.Batch{})
	q.Body = bodyOf(p.entries)
	d, err := v.deliver(ctx, q, len(p.entries))
	if err != nil || d.Acknowledged() {
		return err
	}
	v.mu.Lock()
	for _, m := range p.of {
		m.unsure = true
	}
	v.mu.Unlock()
	v.refused(d, p.of[0], p.entries[0].event.Key())
	return nil
}

// deliver sends a request until it is acknowledged or dropped. The error is of the
// surroundings.
func (v *verdict) deliver(ctx context.Context, q mocksender.Request, entries int) (mocksender.Delivery, error) {
	v.mu.Lock()
	faults := v.Faults.onWire(v.random)
	v.mu.Unlock()
	d := v.sender.DeliverRequest(ctx, q, faults...)
	v.count(d, entries)
	if d.Acknowledged() {
		v.acks.came()
		return d, nil
	}
	if ctx.Err() != nil {
		return d, ctx.Err()
	}
	if local := mocksender.Local(d.Last().Err); local != nil {
		return d, local
	}
	if d.TooMany() {
		return d, state.ErrTooMany
	}
	v.subject.ReviveSoon(ctx)
	return d, v.subject.Gone()
}

// judge compares the states of the messages with what the recording tells.
func (v *verdict) judge(ctx context.Context, messages []*message) error {
	if v.NoProbe {
		return nil
	}
	var wants []scenarios.Want
	var of []*message
	for _, m := range messages {
		if m.unsure {
			continue // the request that was not acknowledged is the failure
		}
		all, why := wantsOf(m.sorted, v.subject.Target.Identity)
		if len(all) == 0 {
			v.leave(why)
			continue
		}
		for _, w := range v.subject.WithoutIgnored(all) {
			if m.names(w.Key.DeviceToken) {
				wants, of = append(wants, w), append(of, m)
			}
		}
	}
	if len(wants) == 0 {
		return nil
	}
	deadline := v.acks.when().Add(v.subject.Target.Settle)
	states, err := probe.Settle(ctx, v.subject.Prober, subject.Questions(wants), deadline)
	if err != nil {
		return err
	}
	v.judged += len(wants)
	var open []int
	for i, w := range wants {
		if !state.IsRight(w, states[i]) {
			open = append(open, i)
		}
	}
	if err := v.waitLonger(ctx, wants, states, open); err != nil {
		return err
	}
	for _, i := range open {
		if m, wrong := state.Compare(wants[i], states[i]); wrong {
			v.misjudged(wants[i], states[i], m, of[i])
		}
	}
	return nil
}

// waitLonger asks again for states that were wrong when the time to settle was over:
// the page sets no time, so one that comes right is late and no failure. Once some
// have stayed wrong for so long, no others of the run are waited for.
func (v *verdict) waitLonger(ctx context.Context, wants []scenarios.Want, states []*state.State, open []int) error {
	if len(open) == 0 || v.hasWaited {
		return nil
	}
	ask := make([]scenarios.Want, len(open))
	for n, i := range open {
		ask[n] = wants[i]
	}
	settle := v.subject.Target.Settle
	deadline := time.Now().Add(subject.LatePatience * settle)
	again, err := probe.Settle(ctx, v.subject.Prober, subject.Questions(ask), deadline)
	if err != nil {
		return err
	}
	for n, i := range open {
		states[i] = again[n]
		v.hasWaited = v.hasWaited || !state.IsRight(ask[n], again[n])
	}
	if !v.hasWaited {
		v.late = max(v.late, time.Since(v.acks.when()))
		v.subject.Target.Settle = max(settle, 2*v.late.Round(time.Millisecond))
	}
	return nil
}

// names tells whether the receiver was told of the device; with none, whether that
// does not matter.
func (m *message) names(device string) bool {
	if device == "" {
		return true
	}
	for _, r := range m.rounds {
		for _, batch := range r {
			for _, place := range batch {
				if m.sorted[place].event.DeviceToken == device {
					return true
				}
			}
		}
	}
	return m.rounds == nil // as it was: all of it came
}

func (v *verdict) misjudged(w scenarios.Want, got *state.State, m state.Mismatch, of *message) {
	var sent []mocksender.Event
	for _, e := range of.sorted {
		sent = append(sent, e.event)
	}
	v.fail(event.Failure{Kind: state.KindOf(w, got, sent, nil), Field: m.Field, Detail: m.String(), Message: w.Key,
		Expected: state.Expected(w), Got: got}, of)
}

// advanced tells how many messages, or requests, of the order were played.
func (v *verdict) advanced(played int, of int64) {
	v.emit(event.Advanced{Time: time.Now(), ID: v.order.id, Played: played, Of: int(of)})
}
