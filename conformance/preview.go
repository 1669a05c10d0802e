package conformance

import (
	"context"
	"time"

	"github.com/ctxpush/ctxpush/conformance/receiver"
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
	if err := distinct(c.Scenarios); err != nil {
		return nil, err
	}
	r := &run{cfg: c, receiver: nowhere{url: c.Target.Receiver.URL}, secret: string(c.Target.Secret)}
	if r.secret == "" {
		r.secret = anySecret
	}
	var all []Previewed
	for i := range c.Scenarios {
		v, err := r.prepare(context.Background(), &c.Scenarios[i])
		if err != nil {
			return nil, err
		}
		for _, p := range v.plays {
			shown := Previewed{Check: *v.check, Scenario: p.scenario}
			for _, step := range p.scenario.Steps {
				requests, err := p.preview(step)
				if err != nil {
					return nil, err
				}
				shown.Steps = append(shown.Steps, PreviewedStep{step, requests})
			}
			all = append(all, shown)
		}
	}
	return all, nil
}

// anySecret stands for a secret that is not known; it is never sent or shown.
const anySecret = "ctx-Preview-Of-A-Secret"

// nowhere is a receiver that has an address and nothing else.
type nowhere struct {
	receiver.Receiver
	url string
}

func (n nowhere) URL() string {
	if n.url == "" {
		return "http://receiver.example"
	}
	return n.url
}

// Fixed is empty: a restart can be shown.
func (nowhere) Fixed() string { return "" }

// preview is the first attempt of each request of the step.
func (p *play) preview(step scenarios.Step) ([]mocksender.Attempt, error) {
	batches := step.Together
	if len(step.Batch) > 0 || step.Raw != nil {
		batches = []scenarios.Step{step}
	}
	var attempts []mocksender.Attempt
	for _, batch := range batches {
		batch.Proxy = nil // the request is the same without
		sender, done, err := p.sender(batch, p.next())
		if err != nil {
			return nil, err
		}
		request, err := p.request(sender, batch, p.cast.Events(batch.Batch))
		if err != nil {
			return nil, err
		}
		attempts = append(attempts, sender.Preview(request))
		done()
	}
	return attempts, nil
}
