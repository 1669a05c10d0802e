//go:build !race

package load_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

// A long run needs no more memory than a short one: nothing is allocated for a
// request. (The race detector empties pools at random.)
func TestRequestsAllocateNothing(t *testing.T) {
	allocations := func(batches uint64) uint64 {
		var before, after runtime.MemStats
		synctest.Test(t, func(t *testing.T) {
			p := &pipes{}
			c := load.Config{URL: "http://receiver/", Dial: quietly(p), Source: &source{n: batches, size: 1000}, Connections: 4, Interval: time.Hour}
			runtime.ReadMemStats(&before)
			r, err := load.Run(t.Context(), c)
			runtime.ReadMemStats(&after)
			if err != nil || r.Acknowledged != batches {
				t.Errorf("%v: %+v", err, r.Counts)
			}
			p.group.Wait()
		})
		return after.Mallocs - before.Mallocs
	}
	allocations(1000)
	few, many := allocations(1000), allocations(50_000)
	if many > few+49_000/50 {
		t.Errorf("%d allocations for 1000 batches, %d for 50,000", few, many)
	}
}
