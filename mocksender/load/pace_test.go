package load_test

import (
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]load.Pace{
		"500":        load.Rate{Count: 500, Per: time.Second},
		"500/s":      load.Rate{Count: 500, Per: time.Second},
		"30000/m":    load.Rate{Count: 30000, Per: time.Minute},
		"100/h":      load.Rate{Count: 100, Per: time.Hour},
		"0.5/s":      load.Rate{Count: 5, Per: 10 * time.Second},
		"0.000001/h": load.Rate{Count: 1, Per: 1e6 * time.Hour},
		"max":        nil,
	} {
		if got, err := load.ParseRate(text); err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                       "not a number",
		"max/s":                  "not a number",
		"-5/s":                   "not a number",
		"1e3/s":                  "not a number",
		"5./s":                   "not a number",
		".5/s":                   "not a number",
		"NaN":                    "not a number",
		"0/s":                    "is 0",
		"0.0":                    "is 0",
		"5/d":                    `unknown unit "d"`,
		"5/":                     `unknown unit ""`,
		"5/s/s":                  `unknown unit "s/s"`,
		"1.1234567/s":            "7 decimals",
		"1000000001/s":           "too high",
		"99999999999999999999/s": "too high",
	} {
		if got, err := load.ParseRate(text); err == nil || got != nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("ParseRate(%q) = %v, %v, want one line with %q", text, got, err, want)
		}
	}
}

func TestParseRamp(t *testing.T) {
	for text, dues := range map[string]map[uint64]time.Duration{
		// n = 2000/60·t²/2, so t = √(n·60/1000).
		"0..2000/s:60s":      {0: 0, 60_000: 60 * time.Second, 15_000: 30 * time.Second, 62_000: 61 * time.Second},
		"100/s:10s,500/s:1s": {0: 0, 1: 10 * time.Millisecond, 1000: 10 * time.Second, 1001: 10*time.Second + 2*time.Millisecond, 1500: 11 * time.Second},
		"0/s:10s,10/s:1s":    {0: 10 * time.Second, 1: 10*time.Second + 100*time.Millisecond},
		"10/s:1s,0/s:1s":     {9: 900 * time.Millisecond, 10: load.Never, 11: load.Never},
		"10..0/s:2s":         {0: 0, 10: load.Never},
		"60..60/m:1m":        {1: time.Second, 60: time.Minute},
		"1/s..60/m:1m":       {1: time.Second},
	} {
		p, err := load.ParseRamp(text)
		if err != nil {
			t.Errorf("ParseRamp(%q): %v", text, err)
			continue
		}
		for n, want := range dues {
			if got := p.Due(n); got != want {
				t.Errorf("%s: request %d is due at %v, want %v", text, n, got, want)
			}
		}
	}
	for text, want := range map[string]string{
		"":                   "no length",
		"5/s":                "no length",
		"5/s:":               `length ""`,
		"5/s:0s":             `length "0s"`,
		"5/s:-1s":            `length "-1s"`,
		"5/s:20000h":         `length "20000h"`,
		"5/s:8000h,5/s:800h": "longer than a year",
		"5/s:10s,":           "no length",
		"0/s:10s":            "is 0 throughout",
		"1..2..3/s:1s":       `rate "2..3/s"`,
		"5/x:1s":             `unknown unit "x"`,
		"max:1s":             `rate "max"`,
	} {
		if got, err := load.ParseRamp(text); err == nil || got != nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("ParseRamp(%q) = %v, %v, want one line with %q", text, got, err, want)
		}
	}
}

// A constant rate has no drift: request n is due at n·Per/Count, to the
// nanosecond, however large n is.
func TestRateIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := load.Rate{Count: rapid.Uint64Range(1, 1e15).Draw(t, "count"), Per: time.Duration(rapid.Int64Range(1, 1e16).Draw(t, "per"))}
		n := rapid.Uint64().Draw(t, "n")
		want := new(big.Int).SetUint64(n)
		want.Mul(want, big.NewInt(int64(r.Per))).Div(want, new(big.Int).SetUint64(r.Count))
		got := r.Due(n)
		if !want.IsInt64() {
			if got != load.Never {
				t.Fatalf("due at %v, want never", got)
			}
		} else if int64(got) != want.Int64() {
			t.Fatalf("due at %d ns, want %v", got, want)
		}
	})
}

// At the time when request n is due the rate's integral is n: calculated here
// another way, step by step, with 200 bits.
func TestRampInvertsItsIntegral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0.01, 10), rapid.Float64Range(1, 100_000))
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) load.Step {
			return load.Step{From: rate.Draw(t, "from"), To: rate.Draw(t, "to"), Length: time.Duration(rapid.Int64Range(1e6, 3600e9).Draw(t, "length"))}
		}), 1, 5).Draw(t, "steps")
		r := load.NewRamp(steps...)
		total := 0.0
		for _, s := range steps {
			total += (s.From + s.To) / 2 * s.Length.Seconds()
		}
		n := uint64(rapid.Float64Range(0, 1).Draw(t, "part") * total)
		due, next := r.Due(n), r.Due(n+1)
		if due < 0 || next < due {
			t.Fatalf("request %d is due at %v, the next one at %v", n, due, next)
		}
		if due == load.Never {
			return // of an integral that does not get there
		}
		// Rounding to a nanosecond moves the integral by up to rate/1e9.
		if got := integral(steps, due); math.Abs(got-float64(n)) > 1e-3+float64(n)*1e-9 {
			t.Fatalf("at %v, when request %d is due, the integral is %v", due, n, got)
		}
	})
}

func integral(steps []load.Step, at time.Duration) float64 {
	float := func(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }
	sum := float(0)
	for i, s := range steps {
		length := min(at, s.Length)
		if i == len(steps)-1 && at > s.Length {
			rest := float((at - s.Length).Seconds())
			sum.Add(sum, rest.Mul(rest, float(s.To)))
		}
		at -= length
		seconds := float(length.Seconds())
		slope := float(s.To - s.From)
		slope.Quo(slope, float(s.Length.Seconds())).Mul(slope, seconds).Quo(slope, float(2))
		slope.Add(slope, float(s.From)).Mul(slope, seconds)
		sum.Add(sum, slope)
	}
	f, _ := sum.Float64()
	return f
}

func TestPaceNeverFalls(t *testing.T) {
	for _, text := range []string{"0..2000/s:60s", "2000..0/s:60s", "1000/s:1s,0/s:1s,1000/s:1s", "0..1000000000/s:1s"} {
		p, err := load.ParseRamp(text)
		if err != nil {
			t.Fatal(err)
		}
		last := time.Duration(0)
		for n := range uint64(200_000) {
			due := p.Due(n)
			if due < last {
				t.Fatalf("%s: request %d is due at %v, the one before at %v", text, n, due, last)
			}
			last = due
		}
	}
}

func TestDueAllocatesNothing(t *testing.T) {
	ramp, err := load.ParseRamp("0..2000/s:60s,2000/s:60s")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []load.Pace{load.Rate{Count: 7, Per: time.Second}, ramp} {
		n := uint64(0)
		if got := testing.AllocsPerRun(1000, func() { p.Due(n); n++ }); got != 0 {
			t.Errorf("%T: %v allocations", p, got)
		}
	}
}
