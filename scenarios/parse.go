package scenarios

import (
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Parse reads a check from its scenario file. The file's first document says
// what the check is; each document is a scenario, or several where it has a
// for. A later document takes messages, expect and judge from the first where
// it has none of its own. The error is a *strictyaml.Error.
func Parse(file, id string, data []byte) (Check, error) {
	docs, err := strictyaml.Parse(file, data)
	if err != nil {
		return Check{}, err
	}
	if len(docs) == 0 {
		return Check{}, &strictyaml.Error{File: file, Msg: "holds no scenario"}
	}
	check := Check{ID: id, Level: Required}
	head, err := docs[0].Map(append(headKeys, scenarioKeys...)...)
	if err != nil {
		return Check{}, err
	}
	if err := parseHead(head, &check); err != nil {
		return Check{}, err
	}
	for i, doc := range docs {
		m := head
		if i > 0 {
			if m, err = doc.Map(scenarioKeys...); err != nil {
				return Check{}, err
			}
		}
		combinations, err := parseFor(m)
		if err != nil {
			return Check{}, err
		}
		for _, vars := range combinations {
			s, err := parseScenario(m, head, vars)
			if err != nil {
				return Check{}, err
			}
			s.Name = scenarioName(m, vars, len(docs) > 1)
			check.Scenarios = append(check.Scenarios, s)
		}
	}
	return check, nil
}

var (
	headKeys     = []string{"level", "clauses", "requirement", "cause"}
	scenarioKeys = []string{"scenario", "for", "messages", "deliver", "expect", "judge"}
)

func parseHead(m strictyaml.Map, check *Check) (err error) {
	for _, e := range m.Entries {
		switch e.Key {
		case "scenario":
			check.Title, err = e.Value.Text()
		case "requirement":
			check.Requirement, err = e.Value.Text()
		case "cause":
			check.Cause, err = e.Value.Text()
		case "level":
			var word string
			word, err = e.Value.Word(string(Required), string(Recommended))
			check.Level = Level(word)
		case "clauses":
			check.Clauses, err = words(e.Value, ClauseNames...)
		}
		if err != nil {
			return err
		}
	}
	if check.Title == "" {
		return m.Errorf("scenario is missing: say in one line what happens")
	}
	return nil
}

// words is a list of words that are all among the allowed ones.
func words(n strictyaml.Node, allowed ...string) ([]string, error) {
	list, err := n.List()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, item := range list {
		word, err := item.Word(allowed...)
		if err != nil {
			return nil, err
		}
		found = append(found, word)
	}
	return found, nil
}

// variable is a name of a for and the value that it has in one scenario.
type variable struct{ name, value string }

// parseFor is every combination of the values of a document's for; without one
// it is a single combination of nothing.
func parseFor(m strictyaml.Map) ([][]variable, error) {
	combinations := [][]variable{nil}
	n, ok := m.Get("for")
	if !ok {
		return combinations, nil
	}
	lists, err := n.Map()
	if err != nil {
		return nil, err
	}
	const most = 1000
	for _, e := range lists.Entries {
		values, err := e.Value.List()
		if err != nil {
			return nil, err
		}
		if len(values) == 0 || len(values)*len(combinations) > most {
			return nil, e.Value.Errorf("makes %d scenarios: want 1 to %d", len(values)*len(combinations), most)
		}
		var longer [][]variable
		for _, c := range combinations {
			for _, v := range values {
				text, err := v.Text()
				if err != nil {
					return nil, err
				}
				longer = append(longer, append(c[:len(c):len(c)], variable{e.Key, text}))
			}
		}
		combinations = longer
	}
	return combinations, nil
}

// scenarioName tells a scenario apart from the check's others.
func scenarioName(m strictyaml.Map, vars []variable, several bool) string {
	var parts []string
	if title, ok := m.Get("scenario"); ok && several {
		text, _ := title.Text()
		parts = append(parts, text)
	}
	for _, v := range vars {
		parts = append(parts, v.name+" "+v.value)
	}
	return strings.Join(parts, ", ")
}

func parseScenario(m, head strictyaml.Map, vars []variable) (Scenario, error) {
	values := make(map[string]string, len(vars))
	for _, v := range vars {
		values[v.name] = v.value
	}
	get := func(key string) (strictyaml.Node, bool) {
		n, ok := m.Get(key)
		if !ok && key != "deliver" {
			n, ok = head.Get(key)
		}
		return n.With(values), ok
	}
	var s Scenario
	n, ok := get("messages")
	if !ok {
		return s, m.Errorf("messages is missing: name the messages and their histories")
	}
	if err := parseMessages(n, &s); err != nil {
		return s, err
	}
	if n, ok = get("deliver"); !ok {
		return s, m.Errorf("deliver is missing: list what is sent")
	}
	steps, err := n.List()
	if err != nil {
		return s, err
	}
	for _, step := range steps {
		parsed, err := parseStep(step, &s, stepVerbs)
		if err != nil {
			return s, err
		}
		s.Steps = append(s.Steps, parsed)
	}
	if n, ok = get("expect"); ok {
		if s.Expect, err = parseExpect(n, &s); err != nil {
			return s, err
		}
	}
	if n, ok = get("judge"); ok {
		fields, err := words(n, "status", "method", "planned_method", "timestamp", "content")
		if err != nil {
			return s, err
		}
		for _, f := range fields {
			switch f {
			case "method":
				s.Judge.Method = true
			case "planned_method":
				s.Judge.PlannedMethod = true
			case "timestamp":
				s.Judge.Timestamp = true
			case "content":
				s.Judge.Content = true
			}
		}
	}
	return s, nil
}

// parseRef reads m, m.opened, m.a, m.a.opened, and the same of a group's part:
// m(7).opened, m(1-50).
func parseRef(n strictyaml.Node, s *Scenario) (Ref, error) {
	text, err := n.Text()
	if err != nil {
		return Ref{}, err
	}
	var ref Ref
	name, rest, _ := strings.Cut(text, ".")
	name, places, grouped := strings.Cut(name, "(")
	ref.Message = name
	m := s.Message(name)
	if m == nil {
		return Ref{}, n.Errorf("%q is no message; %s", name, strictyaml.Suggest(name, messageNames(s)))
	}
	if grouped {
		from, to, span := strings.Cut(strings.TrimSuffix(places, ")"), "-")
		if !span {
			to = from
		}
		var errFrom, errTo error
		ref.From, errFrom = strconv.Atoi(from)
		ref.To, errTo = strconv.Atoi(to)
		if errFrom != nil || errTo != nil || !strings.HasSuffix(places, ")") || ref.From < 1 || ref.To < ref.From || ref.To > m.Count {
			return Ref{}, n.Errorf("%q: want places from 1 to %d, such as %s(1) or %s(1-%d)", text, m.Count, name, name, m.Count)
		}
	}
	if rest == "" {
		return ref, nil
	}
	device, status, both := strings.Cut(rest, ".")
	if !both && isStatus(device) {
		device, status = "", device
	}
	if device != "" {
		if !hasDevice(m, device) {
			return Ref{}, n.Errorf("%q is neither a status nor a device of %s; %s", device, name, strictyaml.Suggest(device, append(statusWords(), deviceNames(m)...)))
		}
		ref.Device = device
	}
	if status != "" {
		if !happened(m, ref.Device, status) {
			return Ref{}, n.Errorf("%q: %s is not in the history of %s", text, status, strings.TrimSuffix(text, "."+status))
		}
		ref.Status = toStatus(status)
	}
	return ref, nil
}
