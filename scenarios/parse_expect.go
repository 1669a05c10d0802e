package scenarios

import (
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// unknown is the word for a message that the receiver must not know.
const unknown = "unknown"

// parseExpect reads the states in which messages must be: {m: opened,
// m.phone: failed}.
func parseExpect(n strictyaml.Node, s *Scenario) ([]Expectation, error) {
	m, err := n.Map()
	if err != nil {
		return nil, err
	}
	var all []Expectation
	for _, e := range m.Entries {
		x := Expectation{Line: e.Value.Line()}
		var apart bool
		x.Message, x.Device, apart = strings.Cut(e.Key, ".")
		message := s.Message(x.Message)
		if message == nil {
			return nil, e.Value.Unknown(x.Message, "is no message", messageNames(s))
		}
		if apart && !hasDevice(message, x.Device) {
			return nil, e.Value.Unknown(x.Device, "is no device of "+x.Message, deviceNames(message))
		}
		word, err := e.Value.Word(append(statusWords(), unknown)...)
		if err != nil {
			return nil, err
		}
		if word != unknown {
			if !happened(message, x.Device, word) {
				return nil, e.Value.Errorf("%s is not in the history of %s", word, e.Key)
			}
			x.Status = mocksender.DeliveryStatus(word)
		}
		all = append(all, x)
	}
	return all, nil
}
