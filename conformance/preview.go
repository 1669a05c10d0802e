package conformance

import (
	"context"
	"time"

	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Previewed is a scenario's steps with the requests that they would send.
type Previewed struct {
	Check    scenarios.Check
	Scenario scenarios.Scenario
	Steps    []PreviewedStep
}

// PreviewedStep is a step and its requests, each as it would be sent first:
// several where they go out together, none where the step sends nothing.
type PreviewedStep struct {
	Step     scenarios.Step
	Requests []mocksender.Attempt
}

// Preview is the requests that Play would send with the same configuration:
// nothing is started, asked or sent. The secret shows as its variable, and a
// receiver without a URL of its own as receiver.example.
func Preview(c Config) ([]Previewed, error) {
	c.setDefaults(time.Now())
	if err := scenarios.Distinct(c.Scenarios); err != nil {
		return nil, &UsageError{err.Error()}
	}
	r := &run{cfg: c, subject: subject.Nowhere(c.Target)}
	var all []Previewed
	for i := range c.Scenarios {
		v, err := r.prepare(context.Background(), &c.Scenarios[i])
		if err != nil {
			return nil, err
		}
		for _, plan := range v.planned {
			requests, err := play.Preview(r.subject, plan.scenario, plan.cast, r.options(v.check))
			if err != nil {
				return nil, err
			}
			shown := Previewed{Check: *v.check, Scenario: plan.scenario}
			for n, step := range plan.scenario.Steps {
				shown.Steps = append(shown.Steps, PreviewedStep{step, requests[n]})
			}
			all = append(all, shown)
		}
	}
	return all, nil
}
