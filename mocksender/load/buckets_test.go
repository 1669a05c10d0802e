package load

import (
	"testing"
	"time"
)

// What a histogram's times are in buckets: each is counted by all bounds that it
// keeps, and what keeps none is in the count alone.
func TestBuckets(t *testing.T) {
	var b Buckets
	for _, times := range [][]time.Duration{{}, {300 * time.Microsecond, 40 * time.Millisecond, 40 * time.Millisecond}, {700 * time.Millisecond, 10 * time.Minute}} {
		h := NewHistogram()
		for _, d := range times {
			record(h, d)
		}
		b.add(h)
	}
	want := map[time.Duration]uint64{time.Millisecond: 1, 25 * time.Millisecond: 1, 50 * time.Millisecond: 3, 500 * time.Millisecond: 3, time.Second: 4, time.Minute: 4}
	for i, bound := range Bounds {
		if n, ok := want[bound]; ok && b.Upto[i] != n {
			t.Errorf("%d are at most %s: want %d", b.Upto[i], bound, n)
		}
		if i > 0 && b.Upto[i] < b.Upto[i-1] {
			t.Errorf("fewer are at most %s than %s", bound, Bounds[i-1])
		}
	}
	sum := 10*time.Minute + 780*time.Millisecond + 300*time.Microsecond
	if off := (b.Sum - sum).Abs(); b.Count != 5 || off > sum/1000 {
		t.Errorf("%d times are %s in all: want 5, %s to three digits", b.Count, b.Sum, sum)
	}
}
