package traffic

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// ErrUnknownMessage is what a name is that no message of a recording has.
var ErrUnknownMessage = errors.New("no message of that name")

// ErrNoScenario is of a message whose entries are no history of the contract.
var ErrNoScenario = errors.New("is no scenario")

// maxTold is how many names an error tells.
const maxTold = 5

// ToScenario is the recording's deliveries of one message as a scenario file: its
// entries request by request, as they came. The message is named by its
// idempotency_key, or by CAMPAIGN/USER/KEY where two messages share it.
// With pseudonyms, user, device tokens and content are others; salt is what they
// follow from.
func ToScenario(file, message string, pseudonymize bool, salt string) ([]byte, error) {
	var changes = newPseudonyms(salt).changes()
	if !pseudonymize {
		changes = nil
	}
	var keys, known []mocksender.Key
	requests := map[mocksender.Key][]scenarios.Recorded{}
	_, err := Read(file, func(l *Line) error {
		entries, err := entriesOf(l.Body)
		if err != nil {
			return nil
		}
		var own = map[mocksender.Key]*scenarios.Recorded{}
		var order []mocksender.Key
		for _, e := range entries {
			key := e.event.Key().Message()
			if message != key.IdempotencyKey && message != key.String() {
				if len(known) < maxTold && !slices.Contains(known, key) {
					known = append(known, key)
				}
				continue
			}
			if e, err = e.with(changes); err != nil {
				return err
			}
			if own[key] == nil {
				own[key] = &scenarios.Recorded{}
				order = append(order, key)
			}
			own[key].Entries = append(own[key].Entries, e.event)
		}
		for _, key := range order {
			if requests[key] == nil {
				keys = append(keys, key)
			}
			requests[key] = append(requests[key], *own[key])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	switch len(keys) {
	case 0:
		return nil, fmt.Errorf("%s: %w: want an idempotency_key such as those of %s", file, ErrUnknownMessage, names(known))
	case 1:
	default:
		return nil, fmt.Errorf("%s: %w alone: want one of %s", file, ErrUnknownMessage, names(keys))
	}
	name := "a message of " + strings.Join(strings.Fields(file), " ")
	s, err := scenarios.FromRequests(name, requests[keys[0]])
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", file, ErrNoScenario, err)
	}
	check := scenarios.Check{Title: name, Level: scenarios.Required, Scenarios: []scenarios.Scenario{s}}
	return scenarios.Format(check), nil
}

func names(keys []mocksender.Key) string {
	var all []string
	for _, k := range keys[:min(len(keys), maxTold)] {
		all = append(all, k.String())
	}
	return strings.Join(all, ", ")
}
