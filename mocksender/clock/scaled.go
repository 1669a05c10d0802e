package clock

import (
	"context"
	"math"
	"time"
)

// Scaled is a clock that starts at the present and runs factor times as fast
// as the real one: Sleep(d) lasts d/factor. With 3600, two hours pass in two
// seconds. A factor that is not above 0, or not finite, is 1.
func Scaled(factor float64) Clock {
	if !(factor > 0) || math.IsInf(factor, 0) {
		factor = 1
	}
	return scaled{start: time.Now(), factor: factor}
}

type scaled struct {
	start  time.Time
	factor float64
}

func (s scaled) Now() time.Time {
	return s.start.Add(duration(float64(time.Since(s.start)) * s.factor))
}

// Sleep rounds up, so that afterwards Now is never short of what was waited
// for.
func (s scaled) Sleep(ctx context.Context, d time.Duration) error {
	return Real{}.Sleep(ctx, duration(math.Ceil(float64(d)/s.factor)))
}

// duration is ns nanoseconds, held within what a Duration can be.
func duration(ns float64) time.Duration {
	switch {
	case ns >= math.MaxInt64:
		return math.MaxInt64
	case ns <= math.MinInt64:
		return math.MinInt64
	}
	return time.Duration(ns)
}
