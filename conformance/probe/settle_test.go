package probe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/mocksender"
)

// fakeProber answers with a function of the time since its start, after a while.
type fakeProber struct {
	start  time.Time
	takes  time.Duration
	answer func(at time.Duration, k mocksender.Key) (*event.State, error)
	asked  []string // "time: users"
}

func (f *fakeProber) States(ctx context.Context, keys []mocksender.Key) ([]*event.State, error) {
	at := time.Since(f.start)
	users := ""
	states := make([]*event.State, len(keys))
	for i, k := range keys {
		var err error
		if states[i], err = f.answer(at, k); err != nil {
			return nil, err
		}
		users += k.UserID
	}
	f.asked = append(f.asked, fmt.Sprintf("%v: %s", at, users))
	select {
	case <-time.After(f.takes):
		return states, nil
	case <-ctx.Done():
		return nil, &probe.Error{Msg: "ended", Err: ctx.Err()}
	}
}

var (
	opened    = &event.State{DeliveryStatus: mocksender.Opened}
	delivered = &event.State{DeliveryStatus: mocksender.Delivered}
)

func isOpened(s *event.State) bool { return s != nil && s.DeliveryStatus == mocksender.Opened }

func user(name string) mocksender.Key { return mocksender.Key{UserID: name} }

// after is a receiver that gets each of its messages right at a time of its own.
func after(times map[string]time.Duration) func(time.Duration, mocksender.Key) (*event.State, error) {
	return func(at time.Duration, k mocksender.Key) (*event.State, error) {
		if right, ok := times[k.UserID]; ok && at >= right {
			return opened, nil
		}
		return delivered, nil
	}
}

func wants(users ...string) []probe.Question {
	var w []probe.Question
	for _, u := range users {
		w = append(w, probe.Question{Key: user(u), OK: isOpened})
	}
	return w
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func TestSettleAsksOnlyForWhatIsNotRightYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakeProber{start: time.Now(), answer: after(map[string]time.Duration{"a": 0, "b": 4 * time.Millisecond, "c": 100 * time.Millisecond})}
		states, err := probe.Settle(t.Context(), p, wants("a", "b", "c"), time.Now().Add(2*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range states {
			if !isOpened(s) {
				t.Errorf("state %d is %v", i, s)
			}
		}
		equal(t, "questions", p.asked, []string{"0s: abc", "1ms: bc", "3ms: bc", "7ms: bc", "15ms: c", "31ms: c", "63ms: c", "113ms: c"})
	})
}

func TestSettleGivesUpAtTheDeadlineAndNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakeProber{start: time.Now(), answer: after(map[string]time.Duration{"late": 101 * time.Millisecond})}
		states, err := probe.Settle(t.Context(), p, wants("late"), time.Now().Add(100*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if isOpened(states[0]) {
			t.Error("was asked for after the deadline once more")
		}
		equal(t, "last question", p.asked[len(p.asked)-1], "100ms: late")
	})
	// The state that is right exactly at the deadline is in time.
	synctest.Test(t, func(t *testing.T) {
		p := &fakeProber{start: time.Now(), answer: after(map[string]time.Duration{"a": 100 * time.Millisecond})}
		state, err := probe.Await(t.Context(), p, user("a"), time.Now().Add(100*time.Millisecond), isOpened)
		if err != nil || !isOpened(state) {
			t.Errorf("got %v, %v", state, err)
		}
	})
}

// A machine so slow that one question takes longer than the time to settle
// accuses nobody: the answer to a question from before the deadline is not the
// last.
func TestSettleOnASlowMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakeProber{start: time.Now(), takes: time.Second, answer: after(map[string]time.Duration{"a": 90 * time.Millisecond})}
		states, err := probe.Settle(t.Context(), p, wants("a", "b"), time.Now().Add(100*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if !isOpened(states[0]) || isOpened(states[1]) {
			t.Errorf("got %v", states)
		}
		equal(t, "questions", p.asked, []string{"0s: ab", "1s: ab"})
	})
	synctest.Test(t, func(t *testing.T) {
		p := &fakeProber{start: time.Now(), answer: after(nil)}
		_, err := probe.Settle(t.Context(), p, wants("a"), time.Now().Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "questions after a deadline that is long over", p.asked, []string{"0s: a"})
	})
}

func TestSettleOfNothingAsksNothing(t *testing.T) {
	p := &fakeProber{answer: after(nil)}
	states, err := probe.Settle(t.Context(), p, nil, time.Now().Add(time.Hour))
	if err != nil || len(states) != 0 || len(p.asked) != 0 {
		t.Errorf("got %v, %v, asked %v", states, err, p.asked)
	}
}

func TestSettleWaitsOutTemporaryErrors(t *testing.T) {
	locked := &probe.Error{Msg: "locked", Temporary: true}
	broken := &probe.Error{Msg: "broken"}
	for _, c := range []struct {
		name   string
		err    error
		until  time.Duration
		want   error
		passed time.Duration
	}{
		{"temporary", locked, 10 * time.Millisecond, nil, 15 * time.Millisecond},
		{"temporary for too long", locked, time.Hour, locked, time.Second},
		{"lasting", broken, 10 * time.Millisecond, broken, 0},
		{"foreign", errors.ErrUnsupported, time.Hour, errors.ErrUnsupported, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &fakeProber{start: time.Now(), answer: func(at time.Duration, _ mocksender.Key) (*event.State, error) {
				if at < c.until {
					return nil, c.err
				}
				return opened, nil
			}}
			states, err := probe.Settle(t.Context(), p, wants("a"), time.Now().Add(time.Second))
			if err != c.want || (err == nil) != (states != nil) {
				t.Errorf("%s: got %v, %v", c.name, states, err)
			}
			equal(t, c.name, time.Since(p.start), c.passed)
		})
	}
}

func TestSettleEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
		defer cancel()
		p := &fakeProber{start: time.Now(), answer: after(nil)}
		states, err := probe.Settle(ctx, p, wants("a"), time.Now().Add(time.Hour))
		if states != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, %v", states, err)
		}
		equal(t, "passed", time.Since(p.start), 40*time.Millisecond)
	})
}

type shortProber struct{}

func (shortProber) States(context.Context, []mocksender.Key) ([]*event.State, error) { return nil, nil }

func TestSettleRefusesAProberThatAnswersTooLittle(t *testing.T) {
	_, err := probe.Settle(t.Context(), shortProber{}, wants("a"), time.Now().Add(time.Hour))
	if err == nil || err.Error() != "probe: gave 0 states for 1 keys: want as many" {
		t.Errorf("got %v", err)
	}
}
