package load_test

import (
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

// A rate or a ramp that is taken says when each request is due, none before the
// one that comes first.
func FuzzPace(f *testing.F) {
	for _, s := range []string{"500/s", "30000/m", "100/h", "0.5", "max", "0..2000/s:60s", "100/s:10s,500/s:30s", "0:1ns", "1000000000/s..0/h:8760h", "1/s:1e300h",
		"0.000001/h", "1e9", "-1", "1/x", "500/s\n", "0..0/s:1s", "99999999999999999999/s", "1..2..3:1s", ",,", "1/s:1ns,1/s:8760h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (load.Pace, error){load.ParseRate, load.ParseRamp} {
			pace, err := parse(s)
			if err != nil {
				if msg := err.Error(); strings.ContainsAny(msg, "\n\r\x1b") {
					t.Fatalf("not one clear line: %q", msg)
				}
				continue
			}
			if pace == nil {
				continue // max
			}
			before := pace.Due(0)
			for _, n := range []uint64{1, 2, 3, 100, 1e6, 1 << 40, 1 << 63, 1<<64 - 1} {
				due := pace.Due(n)
				if due < before || due < 0 {
					t.Fatalf("%q: request %d is due after %s, and one before it after %s", s, n, due, before)
				}
				before = due
			}
		}
	})
}
