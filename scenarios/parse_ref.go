package scenarios

import (
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// parseRef reads m, m.opened, m.phone, m.phone.opened, and the same of a group's
// part: m(7).opened, m(1-50).
func parseRef(n strictyaml.Node, s *Scenario) (Ref, error) {
	text, err := n.Text()
	if err != nil {
		return Ref{}, err
	}
	words := strings.Split(text, ".")
	ref := Ref{}
	var places string
	var grouped bool
	ref.Message, places, grouped = strings.Cut(words[0], "(")
	m := s.Message(ref.Message)
	if m == nil {
		return Ref{}, n.Unknown(ref.Message, "is no message", messageNames(s))
	}
	if grouped {
		if err := parsePlaces(n, &ref, places, m); err != nil {
			return Ref{}, err
		}
	}
	words = words[1:]
	if len(words) > 0 && !isStatus(words[0]) {
		if !hasDevice(m, words[0]) {
			return Ref{}, n.Unknown(words[0], "is neither a status nor a device of "+m.Name, append(statusWords(), deviceNames(m)...))
		}
		ref.Device, words = words[0], words[1:]
	}
	if len(words) > 0 {
		if !isStatus(words[0]) {
			return Ref{}, n.Unknown(words[0], "is no status", statusWords())
		}
		ref.Status, words = mocksender.DeliveryStatus(words[0]), words[1:]
	}
	switch {
	case len(words) > 0:
		return Ref{}, n.Errorf("want such as %s, %s.opened or %s.DEVICE.opened, and nothing behind it", m.Name, m.Name, m.Name)
	case ref.Status == mocksender.Cancelled && ref.Device != "":
		return Ref{}, n.Errorf("cancelled holds for the whole message: want %s.cancelled", m.Name)
	case ref.Status != "" && !happened(m, ref.Device, string(ref.Status)):
		return Ref{}, n.Errorf("%s is not in the history of %s", ref.Status, strings.TrimSuffix(text, "."+string(ref.Status)))
	}
	return ref, nil
}

// parsePlaces reads what stands between the parentheses of a reference to a part
// of a group, and behind the first of them.
func parsePlaces(n strictyaml.Node, ref *Ref, places string, m *Message) error {
	inner, closed := strings.CutSuffix(places, ")")
	from, to, span := strings.Cut(inner, "-")
	if !span {
		to = from
	}
	var errFrom, errTo error
	ref.From, errFrom = strconv.Atoi(from)
	ref.To, errTo = strconv.Atoi(to)
	if closed && errFrom == nil && errTo == nil && ref.From >= 1 && ref.From <= ref.To && ref.To <= m.Count {
		return nil
	}
	if m.Count == 1 {
		return n.Errorf("%s is one message, no group: want %s without parentheses, or count on the message", m.Name, m.Name)
	}
	return n.Errorf("want places from 1 to %d, such as %s(1) or %s(1-%d)", m.Count, m.Name, m.Name, m.Count)
}
