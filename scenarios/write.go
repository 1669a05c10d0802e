package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Format is the check as a scenario file that Parse reads back as the same
// check, but for its id, its scenarios' names and the steps' lines. What Parse
// would not have made of any file has no such form: a body or content that is
// not UTF-8, or a history that is none of the contract's.
func Format(c Check) []byte {
	var w writer
	w.text("scenario", c.Title)
	w.text("counterexample", c.Counterexample)
	w.text("found", c.Found)
	if c.Unconfirmed {
		w.line("unconfirmed: true")
	}
	if c.Level != Required {
		w.text("level", string(c.Level))
	}
	w.text("protocol", string(c.Protocol))
	if len(c.Clauses) > 0 {
		w.line("clauses: [%s]", strings.Join(c.Clauses, ", "))
	}
	w.text("requirement", c.Requirement)
	w.text("cause", c.Cause)
	for i, s := range c.Scenarios {
		if i > 0 {
			w.line("---")
			w.text("scenario", s.Name)
		}
		w.scenario(s, i > 0)
	}
	return w.Bytes()
}

// writer writes the lines of a scenario file.
type writer struct{ bytes.Buffer }

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(w, format, args...)
	w.WriteByte('\n')
}

// text is a key and its text; nothing where there is none.
func (w *writer) text(key, value string) {
	if value != "" {
		w.line("%s: %s", key, scalar(value))
	}
}

// scenario writes one document. A later one says what it lacks, too, as it
// would take it from the first otherwise.
func (w *writer) scenario(s Scenario, later bool) {
	w.line("messages:")
	for _, m := range s.Messages {
		w.line("  %s: %s", m.Name, flowMessage(m))
	}
	if len(s.Steps) == 0 {
		w.line("deliver: []")
	} else {
		w.line("deliver:")
	}
	for _, step := range s.Steps {
		w.step(step)
	}
	if len(s.Expect) > 0 || later {
		w.line("expect: {%s}", joined(s.Expect))
	}
	if judged := s.Judge.words(); len(judged) > 0 || later {
		w.line("judge: [%s]", strings.Join(append([]string{"status"}, judged...), ", "))
	}
}

// words are the fields' names in the language.
func (f Fields) words() []string {
	var words []string
	for _, field := range []struct {
		word string
		set  bool
	}{{"method", f.Method}, {"planned_method", f.PlannedMethod}, {"timestamp", f.Timestamp}, {"content", f.Content}} {
		if field.set {
			words = append(words, field.word)
		}
	}
	return words
}

func (w *writer) step(s Step) {
	switch {
	case s.Restart != "" && s.Together == nil:
		w.line("  - restart: %s", s.Restart)
	case s.Wait > 0:
		w.line("  - wait: %s", duration(s.Wait))
	case s.Others || s.Neutral > 0 || s.Provided != nil:
		w.line("  - %s", s)
	case s.Expect != nil:
		w.line("  - expect: {%s}", joined(s.Expect))
	case s.Together != nil:
		w.line("  - together:")
		for _, batch := range s.Together {
			w.sent("    - ", batch)
		}
		if s.Restart != "" {
			w.line("    restart: %s", s.Restart)
			w.line("    moment: %s", s.Moment)
		}
		if s.Outage != "" {
			w.line("    outage: %s", s.Outage)
			w.line("    lasts: %s", duration(s.Lasts))
			w.line("    moment: %s", s.Moment)
		}
	default:
		w.sent("  - ", s)
	}
}

// sent writes a batch or a raw body and what goes with it, the first line
// behind indent and the others below it.
func (w *writer) sent(indent string, s Step) {
	line := func(format string, args ...any) {
		w.line(indent+format, args...)
		indent = strings.Repeat(" ", len(indent))
	}
	if s.Raw != nil {
		line("raw: %s", quoted(*s.Raw))
	} else {
		line("batch: [%s]", joined(s.Batch))
	}
	if len(s.Faults) > 0 {
		line("fault: [%s]", strings.Join(s.Faults, ", "))
	}
	if len(s.Proxy) > 0 {
		answers := make([]string, len(s.Proxy))
		for i, a := range s.Proxy {
			answers[i] = a.String()
		}
		line("proxy: [%s]", strings.Join(answers, ", "))
	}
	if s.Secret != "" {
		line("secret: %s", s.Secret)
	}
	if len(s.Headers) > 0 {
		line("headers: {%s}", pairs(s.Headers, scalar))
	}
	if len(s.Add) > 0 {
		line("add: {%s}", pairs(s.Add, func(json string) string { return json }))
	}
	if s.Answer != "" && s.Answer != Acknowledge {
		line("answer: %s", s.Answer)
	}
}

func pairs(headers []Header, value func(string) string) string {
	parts := make([]string, len(headers))
	for i, h := range headers {
		parts[i] = scalar(h.Name) + ": " + value(h.Value)
	}
	return strings.Join(parts, ", ")
}

// flowMessage is a message as a mapping on one line.
func flowMessage(m Message) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if m.Count != 1 {
		add("count: %d", m.Count)
	}
	if m.Like != "" {
		add("like: %s", m.Like)
	}
	if len(m.Differs) > 0 {
		add("differs: {%s}", byPart(m.Differs))
	}
	if len(m.Lengths) > 0 {
		add("length: {%s}", byPart(m.Lengths))
	}
	if len(m.Keys) > 0 {
		texts := map[KeyPart]string{}
		for part, text := range m.Keys {
			texts[part] = quoted(text)
		}
		add("key: {%s}", byPart(texts))
	}
	if m.Planned != mocksender.ContextAware {
		add("planned: %s", m.Planned)
	}
	switch {
	case m.Content.JSON != "":
		add("content: %s", quoted(m.Content.JSON))
	case m.Content.Size > 0:
		add("content: %d B", m.Content.Size)
	case m.Content.Kind != "":
		add("content: %s", m.Content.Kind)
	}
	if m.When.Across != "" {
		add("across: %s", m.When.Across)
	}
	if m.When.Age > 0 {
		add("age: %s", duration(m.When.Age))
	}
	if m.After != 0 {
		add("after: %s", duration(m.After))
	}
	if len(m.Devices) == 1 && m.Devices[0].Name == soleDevice {
		add("history: [%s]", flowHistory(m, m.Devices[0]))
	} else {
		devices := make([]string, len(m.Devices))
		for i, d := range m.Devices {
			devices[i] = fmt.Sprintf("%s: [%s]", d.Name, flowHistory(m, d))
		}
		add("devices: {%s}", strings.Join(devices, ", "))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func byPart[V any](values map[KeyPart]V) string {
	var parts []string
	for _, part := range KeyParts {
		if v, ok := values[part]; ok {
			parts = append(parts, fmt.Sprintf("%s: %v", part, v))
		}
	}
	return strings.Join(parts, ", ")
}

// flowHistory is a device's history, with times and methods where they are not
// those that a bare status has.
func flowHistory(m Message, d Device) string {
	changes := d.History
	if m.Cancelled != nil {
		changes = append(changes[:len(changes):len(changes)], *m.Cancelled)
	}
	items := make([]string, len(changes))
	for i, c := range changes {
		parts := []string{"status: " + string(c.Status)}
		if c.At != usualTime(i) {
			parts = append(parts, "at: "+duration(c.At))
		}
		if c.Method != usualMethod(m, c.Status) {
			parts = append(parts, "method: "+string(c.Method))
		}
		if items[i] = string(c.Status); len(parts) > 1 {
			items[i] = "{" + strings.Join(parts, ", ") + "}"
		}
	}
	return strings.Join(items, ", ")
}

// usualTime is when change i of a history happens that names no times.
func usualTime(i int) time.Duration { return time.Duration(i) * defaultSpacing }

// usualMethod is the method of a change that names none.
func usualMethod(m Message, s mocksender.DeliveryStatus) mocksender.DeliveryMethod {
	if s == mocksender.Cancelled {
		return mocksender.MethodCancelled
	}
	return m.Planned
}

// duration is d as people write it: in days where it is whole days.
func duration(d time.Duration) string {
	const day = 24 * time.Hour
	if d != 0 && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
}

// bare is text that needs no quotes wherever it stands.
var bare = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/.-]*( [A-Za-z0-9(][A-Za-z0-9_/.()-]*,?)*$`)

// scalar is a text as YAML, in quotes where it needs them.
func scalar(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off":
		return quoted(s)
	}
	if bare.MatchString(s) && !strings.ContainsAny(s, ",") {
		return s
	}
	return quoted(s)
}

// quoted is a text in double quotes, escaped as JSON, which is YAML as well.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has a JSON form
	return strings.TrimSuffix(b.String(), "\n")
}
