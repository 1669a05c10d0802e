package load

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRetriesComeByTheirTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h retries
		var want []time.Duration
		for i, step := range rapid.SliceOf(rapid.Int64Range(-1, 1000)).Draw(t, "steps") {
			if step >= 0 {
				due := time.Duration(step) * time.Second
				h.push(newRetry(BatchID(i), due, i%10_000+1))
				want = append(want, due)
				slices.Sort(want)
				continue
			}
			if len(want) == 0 {
				if h.top() != Never {
					t.Fatalf("an empty heap has something due at %v", h.top())
				}
				continue
			}
			top := h.top()
			r := h.pop()
			if r.due() != want[0] || top != want[0] || r.attempt() != int(r.id)%10_000+1 {
				t.Fatalf("%v is due at %v, attempt %d; want %v", r.id, r.due(), r.attempt(), want[0])
			}
			want = want[1:]
		}
		if len(h) != len(want) {
			t.Fatalf("%d left, want %d", len(h), len(want))
		}
	})
}

// No retry comes before its time, and none more than a microsecond later.
func TestRetryKeepsItsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := time.Duration(rapid.Int64Range(-1e9, 8*365*24*3600*1e9).Draw(t, "due"))
		attempt := rapid.IntRange(2, 10_001).Draw(t, "attempt")
		r := newRetry(7, due, attempt)
		if late := r.due() - max(due, 0); late < 0 || late >= time.Microsecond || r.attempt() != attempt {
			t.Fatalf("due at %v instead of %v, attempt %d", r.due(), due, r.attempt())
		}
	})
}

// Too many batches that wait are not kept.
func TestRoomForRetriesIsBounded(t *testing.T) {
	e := newEngine(t.Context(), Config{Connections: 1, TimeScale: 1})
	e.room = 3
	for i := range 5 {
		if kept := e.again(job{id: BatchID(i), attempt: 1}, 0); kept != (i < 3) {
			t.Errorf("batch %d is kept: %v", i, kept)
		}
	}
	if kept := e.again(job{id: 9, attempt: 11}, 0); kept {
		t.Error("a batch is kept beyond its last attempt")
	}
}

// Jitter shortens waits by at most its share, another one for each batch, and
// the same one again.
func TestJitterFollowsTheSeed(t *testing.T) {
	dues := func(seed uint64) (all []time.Duration) {
		c := Config{Connections: 1, TimeScale: 1, Seed: seed}
		c.Backoff.Jitter = .5
		e := newEngine(t.Context(), c)
		for i := range 100 {
			e.again(job{id: BatchID(i), attempt: 10}, 0)
			all = append(all, e.waiting[len(e.waiting)-1].due())
			e.waiting = e.waiting[:0]
		}
		return all
	}
	a := dues(1)
	if !slices.Equal(a, dues(1)) || slices.Equal(a, dues(2)) {
		t.Error("the same seed gives other times, or another one the same")
	}
	exact := Config{TimeScale: 1}.schedule()[9]
	low, high := slices.Min(a), slices.Max(a)
	if low < exact/2 || high > exact+time.Microsecond || high-low < exact/4 {
		t.Errorf("from %v to %v, want from %v to %v", low, high, exact/2, exact)
	}
}
