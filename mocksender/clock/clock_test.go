package clock_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/clock"
)

func TestSleepLasts(t *testing.T) {
	for name, c := range map[string]struct {
		make func() clock.Clock
		real time.Duration // that an hour of the clock lasts
	}{
		"real":            {func() clock.Clock { return clock.Real{} }, time.Hour},
		"scaled 3600":     {func() clock.Clock { return clock.Scaled(3600) }, time.Second},
		"scaled 0.5":      {func() clock.Clock { return clock.Scaled(0.5) }, 2 * time.Hour},
		"scaled 0":        {func() clock.Clock { return clock.Scaled(0) }, time.Hour},
		"scaled -1":       {func() clock.Clock { return clock.Scaled(-1) }, time.Hour},
		"scaled NaN":      {func() clock.Clock { return clock.Scaled(math.NaN()) }, time.Hour},
		"scaled infinity": {func() clock.Clock { return clock.Scaled(math.Inf(1)) }, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := c.make()
				begin, shown := time.Now(), k.Now()
				if err := k.Sleep(t.Context(), time.Hour); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(begin); got != c.real {
					t.Errorf("an hour lasted %v, want %v", got, c.real)
				}
				if got := k.Now().Sub(shown); got != time.Hour {
					t.Errorf("the clock moved by %v, want 1h", got)
				}
			})
		})
	}
}

func TestSleepEndsWithContext(t *testing.T) {
	for name, make := range map[string]func() clock.Clock{
		"real":   func() clock.Clock { return clock.Real{} },
		"scaled": func() clock.Clock { return clock.Scaled(2) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := make()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				begin := time.Now()
				if err := c.Sleep(ctx, math.MaxInt64); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Sleep = %v, want the context's error", err)
				}
				if got := time.Since(begin); got != time.Minute {
					t.Errorf("Sleep lasted %v, want 1m", got)
				}
				if err := c.Sleep(ctx, 0); err == nil {
					t.Error("Sleep(0) of an ended context = nil, want its error")
				}
				if err := c.Sleep(t.Context(), -time.Second); err != nil {
					t.Errorf("Sleep(-1s) = %v, want nil", err)
				}
			})
		})
	}
}

// A clock so fast that its time leaves what a Duration can hold stays at the
// end instead of turning back.
func TestScaledSaturates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.Scaled(1e18)
		start := c.Now()
		if err := (clock.Real{}).Sleep(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if !c.Now().After(start) {
			t.Errorf("after an hour the clock shows %v, it began at %v", c.Now(), start)
		}
	})
}
