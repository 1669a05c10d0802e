// Package doctor looks whether a receiver is ready to be certified: one finding
// a step, and for what is not well, what to do about it.
package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
)

// Result is how a step ended.
type Result string

// The results of a step.
const (
	OK      Result = "ok"
	Failed  Result = "failed"
	Skipped Result = "skipped"
)

// Finding is what one step found.
type Finding struct {
	Step   string `json:"step"` // such as "wrong secret"
	Result Result `json:"result"`
	// Detail is what was seen, or why the step was skipped, in one line.
	Detail string `json:"detail"`
	// Advice is what to do, a line or two; empty unless the step failed.
	Advice []string `json:"advice,omitempty"`
	// Surroundings is set where a step failed and nothing can be said of the
	// receiver: it did not start, can't be reached, its probe is broken, or path
	// and secret may be others than those that it has.
	Surroundings bool `json:"surroundings,omitempty"`
}

// Options are what Examine needs to know.
type Options struct {
	// Target describes the receiver. The zero Config is the built-in one.
	Target config.Config
	// Seed is where the messages that are sent come from; 0 is a random one, so
	// that a receiver that runs on has never seen them.
	Seed uint64
	// Salt is what their keys follow from beside the seed.
	Salt string
	// Epoch is when they were scheduled; zero is fixtures.DefaultEpoch.
	Epoch time.Time
	// NoProbe leaves out the steps that ask the probe; TakeFirst alone heeds it.
	NoProbe bool
	// BuiltIn makes the receiver where Target names none, such as builtin.With does;
	// nil is the kind that the program is linked with.
	BuiltIn receiver.Constructor
	// Tell is told each finding as it is made; nil is told nothing.
	Tell func(Finding)
}

// Examine starts the receiver, takes it through all steps, and puts it away. A
// step that rests on a failed one is skipped.
//
// The findings are complete as far as the examination came. The error is a
// *config.Error where nothing was looked at, ctx's own where it was broken off,
// and else that of a receiver which could not be put away.
func Examine(ctx context.Context, o Options) ([]Finding, error) {
	o.Target.SetDefaults()
	if err := o.Target.Validate(); err != nil {
		return nil, err
	}
	if o.Seed == 0 {
		o.Seed = fixtures.NewSeed()
	}
	if o.Epoch.IsZero() {
		o.Epoch = fixtures.DefaultEpoch(time.Now())
	}
	under, err := subject.Open(o.Target, o.BuiltIn)
	if err != nil {
		return nil, err
	}
	e := newExam(o, under)
	e.run(ctx, steps)
	closed := under.Close()
	e.sender.Close()
	if ctx.Err() != nil {
		return e.findings, errors.Join(ctx.Err(), closed)
	}
	return e.findings, closed
}

// ExitCode is the findings in one number, as every command ends: 0 all well, 1
// the receiver fell short, 3 the surroundings kept it from being looked at.
func ExitCode(findings []Finding) int {
	code := 0
	for _, f := range findings {
		switch {
		case f.Result != Failed:
		case !f.Surroundings:
			return 1
		default:
			code = 3
		}
	}
	return code
}

// Ready tells whether no step failed.
func Ready(findings []Finding) bool { return ExitCode(findings) == 0 }
