package mocksender_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/mocksender"
)

func sum(waits []time.Duration) (total time.Duration) {
	for _, w := range waits {
		total += w
	}
	return total
}

func TestBackoffContract(t *testing.T) {
	want := []float64{7.038, 14.076, 28.152, 56.305, 112.610, 225.220, 450.440, 900.880, 1801.760, 3603.519}
	waits := mocksender.Backoff{}.Waits()
	if len(waits) != len(want) {
		t.Fatalf("%d waits, want %d", len(waits), len(want))
	}
	for i, w := range waits {
		if got := math.Round(w.Seconds()*1000) / 1000; got != want[i] {
			t.Errorf("wait %d is %v s, want %v", i, got, want[i])
		}
	}
	if got := sum(waits); got != 2*time.Hour {
		t.Errorf("the waits add up to %v, want 2h", got)
	}
}

func TestBackoffSettings(t *testing.T) {
	s := time.Second
	for name, c := range map[string]struct {
		b    mocksender.Backoff
		want []time.Duration
	}{
		"even":          {mocksender.Backoff{Retries: 4, Window: 4 * s, Factor: 1}, []time.Duration{s, s, s, s}},
		"factor 2":      {mocksender.Backoff{Retries: 3, Window: 7 * s}, []time.Duration{s, 2 * s, 4 * s}},
		"shrinking":     {mocksender.Backoff{Retries: 3, Window: 7 * s, Factor: 0.5}, []time.Duration{4 * s, 2 * s, s}},
		"no retry":      {mocksender.Backoff{Retries: -1}, nil},
		"at once":       {mocksender.Backoff{Retries: 2, Window: -1}, []time.Duration{0, 0}},
		"too many":      {mocksender.Backoff{Retries: 10_001}, nil},
		"bad factor":    {mocksender.Backoff{Factor: -1}, nil},
		"huge factor":   {mocksender.Backoff{Retries: 2, Window: s, Factor: 1e300}, []time.Duration{0, s}},
		"a tiny window": {mocksender.Backoff{Retries: 2, Window: 1, Factor: 1}, []time.Duration{1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.b.Waits(); !slices.Equal(got, c.want) {
				t.Errorf("waits %v, want %v", got, c.want)
			}
		})
	}
}

func TestBackoffValidate(t *testing.T) {
	for want, b := range map[string]mocksender.Backoff{
		"backoff: 10001 retries: want at most 10000":              {Retries: 10_001},
		"backoff: factor -1: want a number above 0, or 0 for 2":   {Factor: -1},
		"backoff: factor NaN: want a number above 0, or 0 for 2":  {Factor: math.NaN()},
		"backoff: factor +Inf: want a number above 0, or 0 for 2": {Factor: math.Inf(1)},
		"backoff: jitter 1.5: want 0 to 1":                        {Jitter: 1.5},
		"backoff: jitter NaN: want 0 to 1":                        {Jitter: math.NaN()},
	} {
		if err := b.Validate(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestBackoffProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := mocksender.Backoff{
			Retries: rapid.IntRange(1, 500).Draw(t, "retries"),
			Window:  time.Duration(rapid.Int64Range(1, math.MaxInt64/2).Draw(t, "window")),
			Factor:  rapid.Float64Range(1e-3, 1e3).Draw(t, "factor"),
		}
		waits := b.Waits()
		if len(waits) != b.Retries || sum(waits) != b.Window {
			t.Fatalf("%d waits that add up to %v, want %d and %v", len(waits), sum(waits), b.Retries, b.Window)
		}
		if slices.Min(waits) < 0 {
			t.Fatalf("a wait is negative: %v", waits)
		}
		b.Jitter = rapid.Float64Range(0, 1).Draw(t, "jitter")
		b.Seed = rapid.Uint64().Draw(t, "seed")
		jittered := b.Waits()
		for i, w := range jittered {
			least := float64(waits[i]) * (1 - b.Jitter)
			if w > waits[i] || float64(w) < least-1-least*1e-9 {
				t.Fatalf("wait %d is %v, want at most %v, shortened by at most %v", i, w, waits[i], b.Jitter)
			}
		}
		if !slices.Equal(jittered, b.Waits()) {
			t.Fatal("the same seed gave other waits")
		}
	})
}

func TestBackoffJitterSpreads(t *testing.T) {
	a := mocksender.Backoff{Jitter: 0.5, Seed: 1}.Waits()
	b := mocksender.Backoff{Jitter: 0.5, Seed: 2}.Waits()
	if slices.Equal(a, b) {
		t.Error("two seeds gave the same waits")
	}
}
