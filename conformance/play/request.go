package play

import (
	"encoding/json"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// ownSecret is the value of a header that stands for the shared secret.
const ownSecret = "$secret"

func requestOf(s *mocksender.Sender, step scenarios.Step, events []mocksender.Event) (mocksender.Request, error) {
	var batch mocksender.Batch
	if step.Raw == nil {
		var err error
		if batch, err = mocksender.NewBatch(events...); err != nil {
			return mocksender.Request{}, err
		}
	}
	r := s.Request(batch)
	if step.Raw != nil {
		r.Body = []byte(*step.Raw)
	}
	if len(step.Add) > 0 {
		r.Body = widened(events, step.Add)
	}
	disguise(&r, s.Profile, step.Secret, s.Secret)
	for _, h := range step.Headers {
		if h.Value == ownSecret {
			h.Value = s.Secret
		}
		r.Set(h.Name, h.Value)
	}
	return r, nil
}

// widened is the body of the entries with further fields in front of each.
func widened(events []mocksender.Event, add []scenarios.Header) []byte {
	body := []byte{'['}
	for i := range events {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, '{')
		for _, field := range add {
			name, _ := json.Marshal(field.Name) // a string always has a JSON form
			body = append(append(append(body, name...), ':'), field.Value...)
			body = append(body, ',')
		}
		entry := mocksender.AppendEvent(nil, &events[i])
		body = append(body, entry[1:]...)
	}
	return append(body, ']')
}
