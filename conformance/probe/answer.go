package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
)

// reader turns an answer into a state.
type reader struct {
	jq       runner // nil: the answer is the state
	src      string
	mend     string // what the owner can change where the answer is no state
	statuses map[string]mocksender.DeliveryStatus
	redact   redactor
}

// state reads one answer; nil is a message that is not known. The error says
// what came and what would be right, without the request.
func (r *reader) state(ctx context.Context, raw json.RawMessage) (*event.State, error) {
	if r.jq != nil {
		var err error
		if raw, err = r.query(ctx, raw); err != nil {
			return nil, err
		}
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if raw[0] != '{' {
		return nil, fmt.Errorf("the state is %s: want a JSON object; %s can pick it out", r.kind(raw), r.mend)
	}
	var m stateMembers
	if !members(raw, m.take) {
		return nil, errors.New("the state is no JSON")
	}
	s := new(event.State)
	if err := r.fill(s, raw, &m); err != nil {
		return nil, err
	}
	return s, nil
}

// many turns the answer to many keys into as many states. ok is false where it
// is no JSON array; n is how many elements it has, of which those beyond the
// states are not looked at. The error is of the first that is no state.
func (r *reader) many(ctx context.Context, body []byte, into []*event.State) (n int, ok bool, err error) {
	room := make([]event.State, len(into))
	ok = elements(body, func(i int) int {
		at := n
		n++
		var m stateMembers
		var end int
		plain := r.jq == nil && body[i] == '{' && err == nil && at < len(into)
		if plain {
			end = object(body, i, 2, m.take)
		} else {
			end = skip(body, i, 1)
		}
		if end < 0 || err != nil || at >= len(into) {
			return end
		}
		if plain {
			into[at] = &room[at]
			err = r.fill(into[at], body[i:end], &m)
		} else {
			into[at], err = r.state(ctx, body[i:end:end])
		}
		if err != nil {
			err = fmt.Errorf("element %d: %w", at, err)
		}
		return end
	})
	return n, ok, err
}

// fill makes a state of its members; raw is what they come from.
func (r *reader) fill(s *event.State, raw []byte, m *stateMembers) (err error) {
	if m.twice != "" {
		return fmt.Errorf("%s comes twice in the state: want it once", m.twice)
	}
	var texts [len(textMembers)]string
	for i, name := range textMembers {
		if texts[i], err = r.text(name, m.values[i]); err != nil {
			return err
		}
	}
	if texts[0] == "" {
		return fmt.Errorf("delivery_status is %s in %s: want one of %s; %s can rename a member",
			emptiness(m.values[0]), r.redact.cut(string(raw), 80), words(mocksender.Statuses), r.mend)
	}
	return r.judge(s, texts, m.values[len(textMembers)])
}

// textMembers are the members of a state that are text.
var textMembers = [...]string{"delivery_status", "delivery_method", "planned_delivery_method", "timestamp"}

// judge makes a state of its members; what is empty or null was not told, but
// for the status.
func (r *reader) judge(s *event.State, texts [len(textMembers)]string, content json.RawMessage) (err error) {
	*s = event.State{
		DeliveryMethod:        mocksender.DeliveryMethod(texts[1]),
		PlannedDeliveryMethod: mocksender.DeliveryMethod(texts[2]),
		Timestamp:             texts[3],
	}
	if s.DeliveryStatus, err = r.status(texts[0]); err != nil {
		return err
	}
	if s.Timestamp != "" {
		if _, ok := state.ParseInstant(s.Timestamp); !ok {
			return fmt.Errorf("timestamp is %q: want RFC 3339 with an offset, such as 2025-02-07T15:20:40.599Z; %s can rewrite or delete it", r.redact.cut(s.Timestamp, 80), r.mend)
		}
	}
	if string(content) != "null" {
		s.Content = content
	}
	return nil
}

// stateMembers are the textMembers of a state and then its content, nil where
// one is absent. Names count in their one spelling, which a struct would not ask
// for, and none may come twice: nobody could tell which of the two is meant.
type stateMembers struct {
	values [len(textMembers) + 1]json.RawMessage
	twice  string // a name that came twice
}

func (m *stateMembers) take(name, value []byte) {
	name, ok := unquote(name)
	if !ok {
		return
	}
	i := len(textMembers)
	if string(name) != "content" {
		if i = slices.Index(textMembers[:], string(name)); i < 0 {
			return
		}
	}
	if m.values[i] != nil {
		m.twice = string(name)
	}
	m.values[i] = value
}

// unquote is a JSON string's text where it is plain ASCII without escapes, and
// in full what encoding/json makes of it where it is not.
func unquote(raw []byte) ([]byte, bool) {
	plain := raw[1 : len(raw)-1]
	for _, c := range plain {
		if c == '\\' || c >= 0x80 {
			var s string
			if json.Unmarshal(raw, &s) != nil {
				return nil, false
			}
			return []byte(s), true
		}
	}
	return plain, true
}

// status is the contract's word for the receiver's. What the owner has mapped
// comes first: a receiver may use a word of the contract in a sense of its own.
func (r *reader) status(word string) (mocksender.DeliveryStatus, error) {
	if s, ok := r.statuses[word]; ok {
		return s, nil
	}
	if s := mocksender.DeliveryStatus(word); slices.Contains(mocksender.Statuses, s) {
		return s, nil
	}
	mapped := ""
	if len(r.statuses) > 0 {
		mapped = fmt.Sprintf(" (it has %s)", words(slices.Sorted(maps.Keys(r.statuses))))
	}
	return "", fmt.Errorf("delivery_status is %q: want one of %s; map the receiver's word under statuses:%s", r.redact.cut(word, 80), words(mocksender.Statuses), mapped)
}

// text is a member that is text, empty where it is absent or null.
func (r *reader) text(name string, raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	s, ok := []byte(nil), false
	if raw[0] == '"' {
		s, ok = unquote(raw)
	}
	if !ok {
		return "", fmt.Errorf("%s is %s: want text; %s can rewrite it", name, r.kind(raw), r.mend)
	}
	return shared(s), nil
}

// shared is text as a string, which the words of the contract share.
func shared(text []byte) string {
	for _, w := range contractWords {
		if string(text) == w {
			return w
		}
	}
	return string(text)
}

var contractWords = func() (all []string) {
	for _, s := range mocksender.Statuses {
		all = append(all, string(s))
	}
	return append(all, string(mocksender.ContextAware), string(mocksender.Traditional))
}()

func emptiness(raw json.RawMessage) string {
	switch {
	case len(raw) == 0:
		return "missing"
	case string(raw) == "null":
		return "null"
	}
	return "empty"
}

// kind says what a JSON value is, in the words of a user.
func (r *reader) kind(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "text"
	}
	return r.redact.cut(string(raw), 80)
}

func words[T ~string](all []T) string {
	plain := make([]string, len(all))
	for i, w := range all {
		plain[i] = string(w)
	}
	return strings.Join(plain, ", ")
}
