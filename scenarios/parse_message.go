package scenarios

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

const (
	// defaultSpacing is the time between two changes of a history that names no
	// times: long enough to lie in different seconds and minutes.
	defaultSpacing = 61*time.Second + 37*time.Millisecond
	maxSpacing     = 365 * 24 * time.Hour
	// maxGroup bounds what one message name stands for.
	maxGroup = 10_000
	// maxTime is how far from its scheduling a change may happen, and how far
	// apart messages may be scheduled.
	maxTime = 10 * 365 * 24 * time.Hour
	// maxLength is the longest part of a key that the contract lets us judge.
	maxLength = 1000
	// maxKeyText leaves a text room for some ids in it.
	maxKeyText = 300
	// soleDevice is the name of the device of a message that names none.
	soleDevice = "device"
)

var (
	messageKeys = []string{"history", "devices", "spacing", "count", "like", "differs", "length", "key", "planned", "content", "across", "age", "after"}
	changeKeys  = []string{"status", "at", "method"}
)

var name = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

func parseMessages(n strictyaml.Node, s *Scenario) error {
	all, err := n.Map()
	if err != nil {
		return err
	}
	if len(all.Entries) == 0 {
		return n.Errorf("holds no message")
	}
	for _, e := range all.Entries {
		if !name.MatchString(e.Key) {
			return e.Value.Errorf("%q is no name: want lower-case letters, digits, - and _", e.Key)
		}
		m, err := parseMessage(e.Value, s)
		if err != nil {
			return err
		}
		m.Name = e.Key
		s.Messages = append(s.Messages, m)
	}
	return nil
}

func parseMessage(n strictyaml.Node, s *Scenario) (Message, error) {
	m := Message{Count: 1, Planned: mocksender.ContextAware}
	fields, err := n.Map(messageKeys...)
	if err != nil {
		return m, err
	}
	spacing := defaultSpacing
	for _, e := range fields.Entries {
		switch e.Key {
		case "count":
			m.Count, err = e.Value.Int(1, maxGroup)
		case "spacing":
			spacing, err = within(e.Value, time.Millisecond, maxSpacing)
		case "after":
			m.After, err = within(e.Value, -maxTime, maxTime)
		case "planned":
			var word string
			word, err = e.Value.Word(string(mocksender.ContextAware), string(mocksender.Traditional))
			m.Planned = mocksender.DeliveryMethod(word)
		case "like":
			m.Like, err = e.Value.Text()
			if err == nil && s.Message(m.Like) == nil {
				err = e.Value.Unknown(m.Like, "is no message above", messageNames(s))
			}
		case "differs":
			m.Differs, err = parseDiffers(e.Value)
		case "length":
			m.Lengths, err = parseLengths(e.Value)
		case "key":
			m.Keys, err = parseKeys(e.Value)
		case "across":
			var word string
			word, err = e.Value.Word(edgeWords...)
			m.When.Across = Edge(word)
		case "age":
			m.When.Age, err = within(e.Value, time.Millisecond, maxTime)
		case "content":
			m.Content, err = parseContent(e.Value)
		}
		if err != nil {
			return m, err
		}
	}
	if err := fitsLike(n, s, m); err != nil {
		return m, err
	}
	if err := fitsKey(n, s, m); err != nil {
		return m, err
	}
	if m.When.Across != "" && m.When.Age > 0 {
		return m, n.Errorf("has both across and age: want one of them")
	}
	return m, parseHistories(fields, &m, spacing)
}

// fitsLike sees that a message which takes its key from another one is the same
// message, or differs from all of the other's in the way that it says.
func fitsLike(n strictyaml.Node, s *Scenario, m Message) error {
	like := s.Message(m.Like)
	switch {
	case like == nil && m.Differs != nil:
		return n.Errorf("differs from nothing: say like: NAME")
	case like == nil:
		return nil
	case m.Lengths != nil:
		return n.Errorf("length beside like: want it on %s, whose key this one has", m.Like)
	case m.Count != like.Count:
		return n.Errorf("count is %d: want %d, as %s has", m.Count, like.Count, m.Like)
	}
	return nil
}

// fitsKey sees that each part of a key is said once, and that the message has
// another key in each run and than the message that it is like.
func fitsKey(n strictyaml.Node, s *Scenario, m Message) error {
	if len(m.Keys) == 0 {
		return nil
	}
	own := len(m.Keys) < len(KeyParts)
	same := m.Like != "" && len(m.Differs) == 0
	for part, text := range m.Keys {
		if m.Differs[part] != "" || m.Lengths[part] > 0 {
			return n.Errorf("key says what %s is, and so does differs or length: want one of them", part)
		}
		own = own || strings.Contains(text, OwnID)
		same = same && s.Message(m.Like).Keys[part] == text
	}
	switch {
	case !own:
		return n.Errorf("key is the same in each run, and for each of a group: want %s in one of its parts", OwnID)
	case same:
		return n.Errorf("key is that of %s: want another one, or none for the same message", m.Like)
	}
	return nil
}

func parseHistories(fields strictyaml.Map, m *Message, spacing time.Duration) error {
	history, single := fields.Get("history")
	devices, several := fields.Get("devices")
	if single == several {
		return fields.Errorf("want either history, or devices with a history each")
	}
	if single {
		return parseHistory(history, m, soleDevice, spacing)
	}
	all, err := devices.Map()
	if err != nil {
		return err
	}
	if len(all.Entries) == 0 {
		return devices.Errorf("holds no device")
	}
	for i, e := range all.Entries {
		if !name.MatchString(e.Key) || isStatus(e.Key) {
			return e.Value.Errorf("%q is no name of a device: want lower-case letters, digits, - and _, and no status", e.Key)
		}
		before := m.Cancelled != nil
		if err := parseHistory(e.Value, m, e.Key, spacing); err != nil {
			return err
		}
		if i > 0 && !before && m.Cancelled != nil {
			return e.Value.Errorf("cancelled holds for the whole message: it ends the history of each of its devices or of none")
		}
	}
	return nil
}

// next are the changes that may follow a change in a true history; "" is the
// start (clauses pending to failed, and the final state's histories).
var next = map[mocksender.DeliveryStatus][]mocksender.DeliveryStatus{
	"":                   {mocksender.Pending},
	mocksender.Pending:   {mocksender.Delivered, mocksender.Failed, mocksender.Cancelled},
	mocksender.Delivered: {mocksender.Opened},
}

func parseHistory(n strictyaml.Node, m *Message, device string, spacing time.Duration) error {
	items, err := n.List()
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return n.Errorf("is empty: want the changes, such as [pending, delivered, opened]")
	}
	d := Device{Name: device}
	var last Change
	wasCancelled := m.Cancelled != nil
	m.Cancelled = nil
	for i, item := range items {
		change, err := parseChange(item, m, time.Duration(i)*spacing)
		if err != nil {
			return err
		}
		allowed := next[last.Status]
		if i == 0 && m.Planned == mocksender.Traditional {
			allowed = append([]mocksender.DeliveryStatus{mocksender.Pending}, next[mocksender.Pending]...)
		}
		if !slices.Contains(allowed, change.Status) {
			return item.Errorf("%s after %s is no history of the contract: want %s", change.Status, orStart(last.Status), orEnd(allowed))
		}
		if i > 0 && change.At < last.At+time.Millisecond {
			return item.Errorf("happens at %s and the change before it at %s: want at least 1ms between them", change.At, last.At)
		}
		if change.Status == mocksender.Cancelled {
			m.Cancelled = &change
		} else {
			d.History = append(d.History, change)
		}
		last = change
	}
	if wasCancelled && m.Cancelled == nil {
		return n.Errorf("cancelled holds for the whole message: it ends the history of each of its devices or of none")
	}
	m.Devices = append(m.Devices, d)
	return nil
}

func orStart(s mocksender.DeliveryStatus) string {
	if s == "" {
		return "the start"
	}
	return string(s)
}

func orEnd(allowed []mocksender.DeliveryStatus) string {
	if len(allowed) == 0 {
		return "nothing after it"
	}
	words := make([]string, len(allowed))
	for i, s := range allowed {
		words[i] = string(s)
	}
	return strings.Join(words, " or ")
}

func parseChange(n strictyaml.Node, m *Message, at time.Duration) (Change, error) {
	c := Change{At: at}
	status := n
	method, hasMethod := strictyaml.Node{}, false
	if n.IsMap() {
		fields, err := n.Map(changeKeys...)
		if err != nil {
			return c, err
		}
		var ok bool
		if status, ok = fields.Get("status"); !ok {
			return c, n.Errorf("status is missing")
		}
		if at, ok := fields.Get("at"); ok {
			if c.At, err = within(at, 0, maxTime); err != nil {
				return c, err
			}
		}
		method, hasMethod = fields.Get("method")
	}
	word, err := status.Word(statusWords()...)
	if err != nil {
		return c, err
	}
	c.Status = mocksender.DeliveryStatus(word)
	if c.Method = m.Planned; c.Status == mocksender.Cancelled {
		c.Method = mocksender.MethodCancelled
	}
	if hasMethod {
		allowed := []string{string(c.Method)}
		if m.Planned == mocksender.ContextAware && c.Status != mocksender.Pending && c.Status != mocksender.Cancelled {
			allowed = append(allowed, string(mocksender.Traditional))
		}
		if word, err = method.Word(allowed...); err != nil {
			return c, err
		}
		c.Method = mocksender.DeliveryMethod(word)
	}
	return c, nil
}

func parseDiffers(n strictyaml.Node) (map[KeyPart]Difference, error) {
	parts, err := n.Map(partWords()...)
	if err != nil {
		return nil, err
	}
	differs := map[KeyPart]Difference{}
	for _, e := range parts.Entries {
		word, err := e.Value.Word(string(Other), string(Case), string(LastCharacter))
		if err != nil {
			return nil, err
		}
		differs[KeyPart(e.Key)] = Difference(word)
	}
	return differs, nil
}

// parseKeys reads parts of a key as they are: texts that the contract lets us
// judge, also with an id in place of OwnID.
func parseKeys(n strictyaml.Node) (map[KeyPart]string, error) {
	parts, err := n.Map(partWords()...)
	if err != nil {
		return nil, err
	}
	if len(parts.Entries) == 0 {
		return nil, n.Errorf("is empty: want such as {user_id: user-%s}", OwnID)
	}
	keys := map[KeyPart]string{}
	for _, e := range parts.Entries {
		text, err := e.Value.Text()
		if err != nil {
			return nil, err
		}
		switch {
		case text == "":
			return nil, e.Value.Errorf("is empty: want at least one character")
		case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
			return nil, e.Value.Errorf("is no text in UTF-8 without NUL")
		case utf8.RuneCountInString(text) > maxKeyText:
			return nil, e.Value.Errorf("has more than %d characters", maxKeyText)
		}
		keys[KeyPart(e.Key)] = text
	}
	return keys, nil
}

func parseLengths(n strictyaml.Node) (map[KeyPart]int, error) {
	parts, err := n.Map(partWords()...)
	if err != nil {
		return nil, err
	}
	lengths := map[KeyPart]int{}
	for _, e := range parts.Entries {
		if lengths[KeyPart(e.Key)], err = e.Value.Int(1, maxLength); err != nil {
			return nil, err
		}
	}
	return lengths, nil
}

var size = regexp.MustCompile(`^(\d{1,6}) ?(B|KB)$`)

// parseContent reads a content: an object, JSON text, a size such as 4 KB, or
// the name of a kind.
func parseContent(n strictyaml.Node) (Content, error) {
	if n.IsMap() {
		text, err := n.JSON()
		return Content{JSON: text}, err
	}
	text, err := n.Text()
	if err != nil {
		return Content{}, err
	}
	if strings.HasPrefix(text, "{") {
		if !json.Valid([]byte(text)) {
			return Content{}, n.Errorf("is no JSON object")
		}
		return Content{JSON: text}, nil
	}
	if found := size.FindStringSubmatch(text); found != nil {
		bytes, _ := strconv.Atoi(found[1])
		if found[2] == "KB" {
			bytes *= 1024
		}
		if bytes < fixtures.MinContent || bytes > fixtures.MaxContent {
			return Content{}, n.Errorf("is %d bytes: want %d to %d, the most that APNs takes", bytes, fixtures.MinContent, fixtures.MaxContent)
		}
		return Content{Size: bytes}, nil
	}
	kinds := []string{}
	for _, named := range append(fixtures.Contents(), fixtures.RiskyContents()...) {
		kinds = append(kinds, named.Name)
	}
	kind, err := n.Word(kinds...)
	return Content{Kind: kind}, err
}
