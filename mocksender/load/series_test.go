package load_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

// A long run has no more points than fit, and they still add up (see run).
func TestSeriesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{answer: always(noContent)}
		snapshots := 0
		var last load.Snapshot
		r, err := run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(0, 10), Pace: rate(t, "100/s"), Duration: 4500 * time.Millisecond,
			Connections: 1, Interval: time.Millisecond,
			Observe: func(s load.Snapshot) {
				snapshots++
				if s.Elapsed < last.Elapsed || s.Requests < last.Requests || s.Attempts < s.Acknowledged || last.Done {
					t.Errorf("%+v after %+v", s, last)
				}
				last = s
			}})
		p.group.Wait()
		if err != nil || len(r.Series) < load.MaxSeries/2 || len(r.Series) >= load.MaxSeries || snapshots < 4_400 {
			t.Errorf("%v: %d points, %d snapshots", err, len(r.Series), snapshots)
		}
		if !last.Done || last.Requests != r.Requests || last.Requests != 450 || last.Elapsed != r.Duration {
			t.Errorf("the last snapshot is %+v", last)
		}
		at := time.Duration(0)
		for _, p := range r.Series {
			if at += p.Length; p.At != at {
				t.Fatalf("a point ends at %v, those until then last %v", p.At, at)
			}
		}
		if p := r.Series[0]; p.RequestsPerSecond() < 50 || p.RequestsPerSecond() > 500 {
			t.Errorf("%v requests a second at first", p.RequestsPerSecond())
		}
	})
}

func TestQuantiles(t *testing.T) {
	h := load.NewHistogram()
	if q := load.QuantilesOf(h); q != (load.Quantiles{}) {
		t.Errorf("of nothing: %v", q)
	}
	for i := range int64(100) {
		if err := h.RecordValue((i + 1) * 10); err != nil {
			t.Fatal(err)
		}
	}
	want := load.Quantiles{P50: 500 * time.Microsecond, P90: 900 * time.Microsecond, P99: 990 * time.Microsecond, Max: time.Millisecond}
	if q := load.QuantilesOf(h); q != want {
		t.Errorf("%v, want %v", q, want)
	}
}

func TestRatesOfAPoint(t *testing.T) {
	p := load.Point{Length: 2 * time.Second, Requests: 10, Events: 1000, Bytes: 500}
	if p.RequestsPerSecond() != 5 || p.EventsPerSecond() != 500 || p.BytesPerSecond() != 250 {
		t.Error(p.RequestsPerSecond(), p.EventsPerSecond(), p.BytesPerSecond())
	}
	if r := (load.Point{Requests: 1}).RequestsPerSecond(); r != 0 {
		t.Errorf("%v in no time", r)
	}
}
