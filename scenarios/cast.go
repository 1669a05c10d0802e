package scenarios

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Cast is a scenario's messages with the keys, device tokens and content that a
// seed gives them.
type Cast struct {
	scenario Scenario
	groups   map[string][]member
}

// member is one concrete message.
type member struct {
	key       mocksender.Key
	id        string            // what OwnID stands for
	tokens    map[string]string // by the device's name
	content   json.RawMessage
	scheduled time.Time
}

// Source is what messages are made from: a fixtures.Seed, or one with a salt.
type Source interface {
	PlainMessage(i uint64) fixtures.Message
	Token(i uint64) string
	Plain(i uint64) json.RawMessage
	ContentOfSize(i uint64, size int) json.RawMessage
}

// Bind gives the scenario's messages their keys, tokens and content. They follow
// from the seed, the epoch (when the messages are scheduled) and the label
// alone; another label makes other messages, so that one scenario can be played
// again beside itself.
func Bind(s Scenario, seed Source, epoch time.Time, label string) (Cast, error) {
	c := Cast{scenario: s, groups: make(map[string][]member, len(s.Messages))}
	early := s.overrun()
	for i := range s.Messages {
		m := &s.Messages[i]
		group := make([]member, m.Count)
		for n := range group {
			b, err := c.bind(m, n, seed, epoch, early, label)
			if err != nil {
				return Cast{}, fmt.Errorf("message %s: %w", m.Name, err)
			}
			group[n] = b
		}
		c.groups[m.Name] = group
	}
	return c, nil
}

func (c *Cast) bind(m *Message, n int, seed Source, epoch time.Time, early time.Duration, label string) (member, error) {
	index := hash(label, m.Name, n)
	made := seed.PlainMessage(index)
	b := member{
		key:       made.Key.Message(),
		id:        ownID(made.Key),
		tokens:    make(map[string]string, len(m.Devices)),
		scheduled: epoch.Add(-early).Add(time.Duration(index%uint64(spread/time.Millisecond)) * time.Millisecond),
	}
	if m.Like != "" {
		like := c.groups[m.Like]
		b = like[min(n, len(like)-1)]
		for _, part := range KeyParts {
			how, differs := m.Differs[part]
			if !differs {
				continue
			}
			own := part.of(&made.Key)
			p := part.of(&b.key)
			*p = how.apply(*p, *own)
		}
		tokens := make(map[string]string, len(m.Devices))
		for name, token := range b.tokens {
			tokens[name] = token
		}
		b.tokens = tokens
	}
	for _, part := range KeyParts {
		if length, ok := m.Lengths[part]; ok {
			p := part.of(&b.key)
			*p = lengthen(*p, length)
		}
		if text, ok := m.Keys[part]; ok {
			*part.of(&b.key) = strings.ReplaceAll(text, OwnID, b.id)
		}
	}
	for i, d := range m.Devices {
		if b.tokens[d.Name] == "" {
			b.tokens[d.Name] = seed.Token(index + uint64(i))
		}
	}
	b.scheduled = m.When.scheduled(m, b.scheduled, epoch).Add(m.After)
	var err error
	b.content, err = m.Content.make(seed, index)
	return b, err
}

// ownID is an id of letters and digits that no other message has: the made-up
// idempotency key without its punctuation.
func ownID(made mocksender.Key) string {
	return strings.ReplaceAll(made.IdempotencyKey, "-", "")
}

// hash is the place of a message in the seed's endless row of messages.
func hash(label, message string, n int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%d", label, message, n)
	return h.Sum64()
}

// apply makes of a part of a key one that differs from it in this way; own is a
// value that has nothing to do with it.
func (d Difference) apply(part, own string) string {
	runes := []rune(part)
	switch d {
	case Case:
		for i := len(runes) - 1; i >= 0; i-- {
			if swapped := swapCase(runes[i]); swapped != runes[i] {
				runes[i] = swapped
				return string(runes)
			}
		}
		return part + "a"
	case LastCharacter:
		last := &runes[len(runes)-1]
		if *last == '0' {
			*last = '1'
		} else {
			*last = '0'
		}
		return string(runes)
	default:
		if own == part { // the fixtures' campaigns are few
			return own + "-2"
		}
		return own
	}
}

func swapCase(r rune) rune {
	if unicode.IsUpper(r) {
		return unicode.ToLower(r)
	}
	return unicode.ToUpper(r)
}

// lengthen pads or cuts part, whose characters are ASCII, to n characters.
func lengthen(part string, n int) string {
	if len(part) >= n {
		return part[:n]
	}
	return part + strings.Repeat("x", n-len(part))
}

func (c Content) make(seed Source, index uint64) (json.RawMessage, error) {
	switch {
	case c.JSON != "":
		return json.RawMessage(c.JSON), nil
	case c.Size > 0:
		return seed.ContentOfSize(index, c.Size), nil
	case c.Kind != "":
		return contentNamed(c.Kind)
	default:
		return seed.Plain(index), nil
	}
}

func contentNamed(kind string) (json.RawMessage, error) {
	for _, named := range append(fixtures.Contents(), fixtures.RiskyContents()...) {
		if named.Name == kind {
			return named.JSON, nil
		}
	}
	return nil, fmt.Errorf("content %q: no content of that name", kind)
}

// Key is the key of a message, the first of a group.
func (c Cast) Key(message string) mocksender.Key { return c.groups[message][0].key }

// Keys are the keys of all messages of the scenario, without devices.
func (c Cast) Keys() []mocksender.Key {
	var keys []mocksender.Key
	for _, m := range c.scenario.Messages {
		for _, b := range c.groups[m.Name] {
			keys = append(keys, b.key)
		}
	}
	return keys
}

// Events are the entries that the references name, in their order; a reference
// to a group gives each member's entries in turn.
func (c Cast) Events(refs []Ref) []mocksender.Event {
	var events []mocksender.Event
	for _, ref := range refs {
		m := c.scenario.Message(ref.Message)
		group := c.groups[ref.Message]
		if ref.From > 0 {
			group = group[ref.From-1 : ref.To]
		}
		for _, b := range group {
			for _, d := range m.Devices {
				if ref.Device != "" && ref.Device != d.Name {
					continue
				}
				for _, change := range d.History {
					if ref.Status == "" || ref.Status == change.Status {
						events = append(events, b.event(m, d.Name, change))
					}
				}
			}
			if m.Cancelled != nil && ref.Device == "" && (ref.Status == "" || ref.Status == mocksender.Cancelled) {
				events = append(events, b.event(m, "", *m.Cancelled))
			}
		}
	}
	return events
}

func (b member) event(m *Message, device string, change Change) mocksender.Event {
	return mocksender.Event{
		DeviceToken:           b.tokens[device],
		UserID:                b.key.UserID,
		CampaignID:            b.key.CampaignID,
		IdempotencyKey:        b.key.IdempotencyKey,
		DeliveryStatus:        change.Status,
		DeliveryMethod:        change.Method,
		PlannedDeliveryMethod: m.Planned,
		Timestamp:             b.scheduled.Add(change.At),
		Content:               b.content,
	}
}
