package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Bounds are the longest times of a Buckets' counts.
var Bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
}

// Buckets count times by how long they were, coarsely: small enough to be told as
// a run goes on. The zero Buckets are empty.
type Buckets struct {
	// Upto are how many times were at most as long as the bound at the same place.
	Upto [len(Bounds)]uint64
	// Count is how many times there were, and Sum how long they were in all.
	Count uint64
	Sum   time.Duration
}

// add counts the times of a histogram of microseconds.
func (b *Buckets) add(h *hdrhistogram.Histogram) {
	if h.TotalCount() == 0 {
		return // its many bars hold nothing
	}
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		n, longest := uint64(bar.Count), time.Duration(bar.To)*time.Microsecond
		b.Count += n
		b.Sum += time.Duration(bar.Count) * time.Duration(bar.From+bar.To) * time.Microsecond / 2
		for i, bound := range Bounds {
			if longest <= bound {
				b.Upto[i] += n
			}
		}
	}
}
