package chromium_test

import (
	"testing"

	"github.com/ctxpush/ctxpush/conformance/load"
)

// A load's page is read on a phone without moving it sideways, tables included.
func TestLoadIsNotCutOnAPhone(t *testing.T) {
	times := load.Latencies{P50: 1234.5, P90: 23456.7, P95: 34567.8, P99: 45678.9, P999: 56789, Max: 67890.1, Mean: 2345.6, Count: 1_000_000}
	levels := []load.Level{
		{Target: 123_456, RequestsPerS: 123_456.7, EventsPerS: 12_345_678, LatencyMS: times, Kept: true},
		{Target: 234_567, RequestsPerS: 198_765.4, EventsPerS: 19_876_543, LatencyMS: times, Broken: []string{"p99<250ms", "error_rate<0.1%", "dropped==0"}},
	}
	r := load.Report{
		Schema: load.Schema, Result: load.Fail, Requests: 1_234_567, Events: 123_456_789, Bytes: 1 << 40, LatencyMS: times, ServiceMS: times,
		Errors:  map[string]uint64{"status_503": 123_456_789},
		FindMax: &load.FindMax{Rule: "p99<250ms", RequestsPerS: 123_456, Bounded: true, Levels: levels},
	}
	b := openPage(t, func(folder string) error { return load.WriteDir(folder, r) }, look{width: 390, height: 800})
	if n := eval[int](b, `document.querySelectorAll("#latencies td").length`); n != 21 {
		t.Errorf("%d cells of latencies: want 7 rows of 3", n)
	}
	wide := eval[[]string](b, `Array.from(document.querySelectorAll("body *")).filter(e => e.checkVisibility() && (e.getBoundingClientRect().right > 390 || e.matches(".wide") && e.scrollWidth > e.clientWidth)).map(e => e.outerHTML.slice(0, 150))`)
	for _, e := range wide {
		t.Errorf("wider than the screen: %s", e)
	}
}
