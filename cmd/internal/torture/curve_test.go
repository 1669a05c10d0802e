package torture

import (
	"math"
	"strings"
	"testing"
	"time"
)

// curveOf is a curve with a point a second.
func curveOf(n int, value func(i int) float64) Curve {
	c := Curve{Name: "memory", Unit: "MiB", May: 4}
	for i := range n {
		c.add(time.Duration(i)*time.Second, value(i))
	}
	return c
}

func TestCurves(t *testing.T) {
	saw := func(i int) float64 { return 30 + float64(i*7%20) }
	for name, c := range map[string]struct {
		curve Curve
		wrong string
	}{
		"level":            {curveOf(600, func(int) float64 { return 30 }), ""},
		"a saw":            {curveOf(600, saw), ""},
		"caches that fill": {curveOf(600, func(i int) float64 { return min(30, float64(i)) }), ""},
		"a fall":           {curveOf(600, func(i int) float64 { return 100 - float64(i)/10 }), ""},
		"a leak":           {curveOf(600, func(i int) float64 { return 30 + float64(i)/50 }), "memory rises by 6.0 MiB in the second half, 72.0 an hour: want at most 4"},
		"a leaking saw":    {curveOf(600, func(i int) float64 { return saw(i) + float64(i)/50 }), "MiB in the second half"},
		"a step":           {curveOf(600, func(i int) float64 { return 30 + 5*float64(min(1, i/150)) }), "memory is 35.0 MiB in the last tenth and was 30.0 in the second: want at most 4 more"},
		"too short":        {curveOf(leastPoints-1, func(i int) float64 { return float64(100 * i) }), ""},
		"nothing":          {Curve{}, ""},
	} {
		if got := c.curve.Wrong(); (got == "") != (c.wrong == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("%s: %q: want %q", name, got, c.wrong)
		}
	}
}

func TestDrift(t *testing.T) {
	c := curveOf(601, func(i int) float64 { return float64(i) / 60 })
	if perHour, over := c.Drift(); math.Abs(perHour-60) > 1e-6 || math.Abs(over-5) > 1e-6 {
		t.Errorf("%g an hour, %g in the second half: want 60 and 5", perHour, over)
	}
	same := Curve{Points: make([]CurvePoint, 40)} // all at one moment
	if perHour, _ := same.Drift(); perHour != 0 {
		t.Errorf("%g an hour", perHour)
	}
}
