package subject

import (
	"context"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// lagging knows each message as opened from the look of its number on.
type lagging struct {
	probe.Prober
	from  map[string]int
	looks int
}

func (l *lagging) States(_ context.Context, keys []mocksender.Key) ([]*state.State, error) {
	l.looks++
	states := make([]*state.State, len(keys))
	for i, k := range keys {
		if from := l.from[k.UserID]; from > 0 && l.looks >= from {
			states[i] = &state.State{DeliveryStatus: mocksender.Opened}
		}
	}
	return states, nil
}

func awaited(l *lagging, settle time.Duration) (all *Latecomers, await func(user string) *Latecomer) {
	all = &Latecomers{prober: l, settle: func() time.Duration { return settle }}
	return all, func(user string) *Latecomer {
		return all.Await([]scenarios.Want{{Key: mocksender.Key{UserID: user}, Status: mocksender.Opened}}, time.Now().Add(-time.Second))
	}
}

func TestWhoIsRightAtTheLastLookWasLate(t *testing.T) {
	all, await := awaited(&lagging{from: map[string]int{"late": 1}}, time.Millisecond)
	late, lost := await("late"), await("lost")
	if err := all.LastLook(t.Context()); err != nil || late.Took() < time.Second || lost.Took() != 0 || all.Came().IsZero() {
		t.Errorf("%v, late %s, lost %s", err, late.Took(), lost.Took())
	}
}

func TestWhereOthersCameLateTheRestIsWaitedFor(t *testing.T) {
	asked := &lagging{from: map[string]int{"first": 1, "second": 3}}
	all, await := awaited(asked, 10*time.Second)
	first, second := await("first"), await("second")
	for _, w := range []*Latecomer{first, second} {
		w.since = w.since.Add(-time.Minute) // their time to settle is over
	}
	if err := all.LastLook(t.Context()); err != nil || first.Took() == 0 || second.Took() == 0 || asked.looks != 3 {
		t.Errorf("%v, %s and %s after %d looks", err, first.Took(), second.Took(), asked.looks)
	}
}

func TestWhereNobodyCameTheLastLookIsOne(t *testing.T) {
	asked := &lagging{}
	all, await := awaited(asked, time.Millisecond)
	await("lost")
	if err := all.LastLook(t.Context()); err != nil || asked.looks != 1 || !all.Came().IsZero() {
		t.Errorf("%v, %d looks", err, asked.looks)
	}
	if err := all.LastLook(t.Context()); err != nil || asked.looks != 1 {
		t.Errorf("%v: who has not come by the last look is asked for again", err)
	}
}
