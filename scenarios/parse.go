package scenarios

import (
	"strings"
	"time"
	"unicode"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// The bounds of a file, which keep a slip of the finger from filling the memory.
const (
	// MaxScenarios is how many scenarios a file may make, with its for.
	MaxScenarios = 1000
	// MaxMessages is how many messages all scenarios of a file may have.
	MaxMessages = 20_000
)

// Parse reads a check from its scenario file. The file's first document says
// what the check is; each document is a scenario, or several where it has a
// for. A later document takes messages, expect and judge from the first where
// it has none of its own. The error is a *strictyaml.Error.
//
// The language is told in README.md, and for editors by Schema.
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
	messages := 0
	for i, doc := range docs {
		m := head
		if i > 0 {
			if m, err = laterDocument(doc); err != nil {
				return Check{}, err
			}
		}
		combinations, err := parseFor(m, MaxScenarios-len(check.Scenarios))
		if err != nil {
			return Check{}, err
		}
		for _, vars := range combinations {
			s, err := parseScenario(m, head, vars)
			if err != nil {
				return Check{}, err
			}
			for _, group := range s.Messages {
				messages += group.Count
			}
			if messages > MaxMessages {
				return Check{}, m.Errorf("the file's scenarios have %d messages up to here: want at most %d in all", messages, MaxMessages)
			}
			s.Name = scenarioName(m, vars, len(docs) > 1)
			check.Scenarios = append(check.Scenarios, s)
		}
	}
	return check, nil
}

var (
	headKeys     = []string{"level", "clauses", "protocol", "requirement", "cause", "counterexample", "found", "unconfirmed"}
	scenarioKeys = []string{"scenario", "for", "messages", "deliver", "expect", "judge"}
	judgeWords   = []string{"status", "method", "planned_method", "timestamp", "content"}
)

// laterDocument is a document below the first: a further scenario of the same
// check, which has a line of its own to be told apart by.
func laterDocument(doc strictyaml.Node) (strictyaml.Map, error) {
	m, err := doc.Map(append(scenarioKeys, headKeys...)...)
	if err != nil {
		return m, err
	}
	for _, key := range headKeys {
		if n, ok := m.Get(key); ok {
			return m, n.Errorf("belongs to the whole file: want it in the first document")
		}
	}
	title, ok := m.Get("scenario")
	if !ok {
		return m, m.Errorf("%s", noTitle)
	}
	_, err = sentence(title)
	return m, err
}

const noTitle = "scenario is missing: say in one line what happens"

// sentence is a text of one line.
func sentence(n strictyaml.Node) (string, error) {
	text, err := n.Text()
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", n.Errorf("want a text of one line")
	}
	return text, nil
}

func parseHead(m strictyaml.Map, check *Check) (err error) {
	for _, e := range m.Entries {
		switch e.Key {
		case "scenario":
			check.Title, err = sentence(e.Value)
		case "requirement":
			check.Requirement, err = sentence(e.Value)
		case "cause":
			check.Cause, err = sentence(e.Value)
		case "counterexample":
			check.Counterexample, err = sentence(e.Value)
		case "found":
			check.Found, err = sentence(e.Value)
		case "unconfirmed":
			_, err = e.Value.Word("true")
			check.Unconfirmed = err == nil
		case "level":
			var word string
			word, err = e.Value.Word(string(Required), string(Recommended))
			check.Level = Level(word)
		case "clauses":
			check.Clauses, err = words(e.Value, ClauseNames...)
		case "protocol":
			var word string
			word, err = e.Value.Word(string(mocksender.Profile2025), string(mocksender.Profile2026))
			check.Protocol = mocksender.Profile(word)
		}
		if err != nil {
			return err
		}
	}
	if check.Title == "" {
		return m.Errorf("%s", noTitle)
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

// scenarioName tells a scenario apart from the check's others.
func scenarioName(m strictyaml.Map, vars []variable, several bool) string {
	var parts []string
	if title, ok := m.Get("scenario"); ok && several {
		text, _ := sentence(title)
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
	if len(steps) == 0 {
		return s, n.Errorf("is empty: list what is sent, such as - batch: [%s]", s.Messages[0].Name)
	}
	for _, step := range steps {
		parsed, err := parseStep(step, &s, stepKeys)
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
		fields, err := words(n, judgeWords...)
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

// within is a length of time from low to high.
func within(n strictyaml.Node, low, high time.Duration) (time.Duration, error) {
	d, err := n.Duration()
	if err == nil && (d < low || d > high) {
		err = n.Errorf("is %s: want %s to %s", duration(d), duration(low), duration(high))
	}
	return d, err
}
