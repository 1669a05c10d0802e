package load

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxRate is the highest rate that can be asked for, in requests a second: one
// a nanosecond.
const maxRate = 1e9

// maxLength is the longest time that a step of a ramp can take.
const maxLength = 365 * 24 * time.Hour

// rateForm is what a rate looks like, for errors.
const rateForm = "want a number of requests a second like 500/s, a minute like 30000/m, or an hour like 100/h"

// ParseRate reads a rate: requests a second (500/s, or just 500), a minute
// (30000/m) or an hour (100/h), a decimal number above 0. "max" is the nil Pace,
// the closed model.
func ParseRate(s string) (Pace, error) {
	if s == "max" {
		return nil, nil
	}
	r, err := parseRate(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("rate %q: %w", s, err)
	case r.Count == 0:
		return nil, fmt.Errorf("rate %q: is 0: %s; or max", s, rateForm)
	}
	return r, nil
}

// maxDecimals is how many decimals of a rate count: as many as leave room for
// its integer part.
const maxDecimals = 6

func parseRate(s string) (Rate, error) {
	number, unit, found := strings.Cut(s, "/")
	per := time.Second
	if found {
		switch unit {
		case "s":
		case "m":
			per = time.Minute
		case "h":
			per = time.Hour
		default:
			return Rate{}, fmt.Errorf("unknown unit %q: %s", unit, rateForm)
		}
	}
	whole, decimals, dotted := strings.Cut(number, ".")
	digits := whole + decimals
	if whole == "" || dotted && decimals == "" || strings.Trim(digits, "0123456789") != "" {
		return Rate{}, fmt.Errorf("not a number: %s", rateForm)
	}
	if len(decimals) > maxDecimals {
		return Rate{}, fmt.Errorf("%d decimals: want at most %d", len(decimals), maxDecimals)
	}
	count, err := strconv.ParseUint(digits, 10, 64)
	for range decimals {
		per *= 10
	}
	if err != nil || float64(count) > maxRate*per.Seconds() {
		return Rate{}, fmt.Errorf("too high: want at most %.0f/s", float64(maxRate))
	}
	return Rate{Count: count, Per: per}, nil
}

// PerSecond is the rate in requests a second.
func (r Rate) PerSecond() float64 { return float64(r.Count) / r.Per.Seconds() }

// rampForm is what a ramp looks like, for errors.
const rampForm = "want steps like 0..2000/s:60s or 100/s:10s,500/s:30s"

// ParseRamp reads a Ramp: steps with a comma between them, each a rate, or two
// with ".." between them from the first of which it goes to the second, and how
// long it takes. The first of two has the second's unit unless it has its own.
func ParseRamp(s string) (Pace, error) {
	var steps []Step
	var whole time.Duration
	for text := range strings.SplitSeq(s, ",") {
		step, err := parseStep(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("ramp %q: step %q: %w", s, text, err)
		}
		steps = append(steps, step)
		if whole += step.Length; whole > maxLength {
			return nil, fmt.Errorf("ramp %q: takes longer than a year: want less", s)
		}
	}
	r := NewRamp(steps...)
	if r.starts[len(steps)].requests == 0 {
		return nil, fmt.Errorf("ramp %q: its rate is 0 throughout: want one above 0", s)
	}
	return r, nil
}

func parseStep(s string) (Step, error) {
	rates, length, found := strings.Cut(s, ":")
	if !found {
		return Step{}, fmt.Errorf("no length: %s", rampForm)
	}
	var step Step
	var err error
	if step.Length, err = time.ParseDuration(length); err != nil || step.Length <= 0 || step.Length > maxLength {
		return Step{}, fmt.Errorf("length %q: want a time above 0 and up to a year, like 60s", length)
	}
	from, to, sloped := strings.Cut(rates, "..")
	if !sloped {
		to = from
	} else if _, unit, has := strings.Cut(to, "/"); has && !strings.Contains(from, "/") {
		from += "/" + unit
	}
	for _, side := range []struct {
		text string
		rate *float64
	}{{from, &step.From}, {to, &step.To}} {
		r, err := parseRate(side.text)
		if err != nil {
			return Step{}, fmt.Errorf("rate %q: %w", side.text, err)
		}
		*side.rate = r.PerSecond()
	}
	return step, nil
}
