package load

import (
	"math"
	"math/bits"
	"time"
)

// Never is the due time of a request that is not due any more.
const Never time.Duration = math.MaxInt64

// Pace is when requests are due. One that ends by itself has a method
// Length() time.Duration besides.
type Pace interface {
	// Due is how long after the start request n, counted from 0, is due. It
	// never falls with n. Never means that it and all after it are not due.
	Due(n uint64) time.Duration
}

// Rate is a constant pace of Count requests every Per, evenly spread: request n
// is due at n·Per/Count, exactly, rounded down to a nanosecond. The zero Rate
// has all requests due at once.
type Rate struct {
	Count uint64
	Per   time.Duration
}

var _ Pace = Rate{}

// Due is when request n is due.
func (r Rate) Due(n uint64) time.Duration {
	if r.Count == 0 {
		return 0
	}
	hi, lo := bits.Mul64(n, uint64(r.Per))
	if hi >= r.Count {
		return Never
	}
	q, _ := bits.Div64(hi, lo, r.Count)
	return time.Duration(min(q, math.MaxInt64))
}

// Step is a part of a Ramp: the rate goes from From to To requests a second,
// along a straight line, in Length.
type Step struct {
	From, To float64
	Length   time.Duration
}

// Ramp is a pace whose rate changes: it goes through the steps, and then stays
// at the last one's rate. Make one by NewRamp.
type Ramp struct {
	steps  []Step
	starts []rampStart
}

// rampStart is how far the ramp is when a step begins.
type rampStart struct {
	time     time.Duration
	requests float64 // the integral of the rate until then
}

var _ Pace = Ramp{}

// NewRamp makes a ramp of the steps. Their rates must be 0 or more.
func NewRamp(steps ...Step) Ramp {
	r := Ramp{steps: steps}
	var at rampStart
	for _, s := range steps {
		r.starts = append(r.starts, at)
		at.time += s.Length
		at.requests += (s.From + s.To) / 2 * s.Length.Seconds()
	}
	r.starts = append(r.starts, at)
	return r
}

// Length is how long the steps take together.
func (r Ramp) Length() time.Duration { return r.starts[len(r.starts)-1].time }

// Due is when request n is due: the last moment at which the rate's integral is
// n or less. Where a rate r goes to r+a·t after t seconds, the integral is
// r·t + a·t²/2; its inverse is written so that it loses no digits for a small a,
// of either sign. A float64 is exact to well below a nanosecond for a year.
func (r Ramp) Due(n uint64) time.Duration {
	m := float64(n)
	// The step in whose course the integral goes beyond m.
	k := 0
	for k < len(r.steps) && r.starts[k+1].requests <= m {
		k++
	}
	var s Step
	if k < len(r.steps) {
		s = r.steps[k]
	} else if k > 0 {
		s.From = r.steps[k-1].To
		s.To = s.From
	}
	m -= r.starts[k].requests
	accel := 0.0
	if s.Length > 0 {
		accel = (s.To - s.From) / s.Length.Seconds()
	}
	root := math.Sqrt(max(0, s.From*s.From+2*accel*m))
	t := 0.0
	if m > 0 {
		t = 2 * m / (s.From + root)
	} else if s.From == 0 && s.To == 0 {
		t = math.Inf(1)
	}
	ns := math.Round(t * 1e9)
	if k < len(r.steps) {
		ns = min(ns, float64(s.Length))
	}
	if ns >= float64(Never-r.starts[k].time) || math.IsNaN(ns) {
		return Never
	}
	return r.starts[k].time + time.Duration(ns)
}
