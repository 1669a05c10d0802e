package play

import (
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Preview is the requests of each step as they would be sent first: several where
// they go out together, none where the step sends nothing. Nothing is sent or
// asked; of the subject its address and its target are used.
func Preview(s *subject.Subject, scenario scenarios.Scenario, cast scenarios.Cast, o Options) ([][]mocksender.Attempt, error) {
	p := newPlayer(s, scenario, cast, o)
	all := make([][]mocksender.Attempt, len(scenario.Steps))
	for i, step := range scenario.Steps {
		batches := step.Together
		if len(step.Batch) > 0 || step.Raw != nil {
			batches = []scenarios.Step{step}
		}
		for _, batch := range batches {
			attempt, err := p.preview(batch)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], attempt)
		}
	}
	return all, nil
}

func (p *courier) preview(batch scenarios.Step) (mocksender.Attempt, error) {
	batch.Proxy = nil // the request is the same without
	sender, done, err := p.sender(batch, p.next())
	if err != nil {
		return mocksender.Attempt{}, err
	}
	defer done()
	request, err := requestOf(sender, batch, p.cast.Events(batch.Batch))
	if err != nil {
		return mocksender.Attempt{}, err
	}
	return sender.Preview(request), nil
}
