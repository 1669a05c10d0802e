package report

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// How much of one string a report keeps, in bytes. A receiver may write
// anything, and a report must stay a file that can be opened.
const (
	maxText    = 16 << 10 // a line of a log, a reason, a detail
	maxReason  = 64 << 10 // why a run ended: it may carry a log's tail
	maxRequest = 1 << 20  // a curl command or a content: larger than any that is sent
	maxDepth   = 100      // of a content, in levels: each is a step to the right on every line within
)

// normalize brings r into the one form in which it is stored and read: valid UTF-8
// and JSON of bounded size, UTC, and [] where the schema has an array.
// It changes no value that r shares with its source.
func normalize(r Report) Report {
	r.Started = utc(r.Started).Truncate(time.Millisecond)
	r.Tool.Epoch = utc(r.Tool.Epoch)
	for _, s := range []*string{
		&r.Tool.Version, &r.Tool.Protocol, &r.Command,
		&r.Receiver.Name, &r.Receiver.Kind, &r.Receiver.URL, &r.Receiver.Image, &r.Receiver.Digest, &r.Receiver.Identity,
		&r.Receiver.File, &r.Receiver.FileDigest,
	} {
		*s = text.Bounded(*s, maxText)
	}
	r.Reason = text.Bounded(r.Reason, maxReason)
	r.NotRun = texts(r.NotRun, maxText)
	r.UnneededWaivers = each(r.UnneededWaivers, func(w event.Waiver) event.Waiver {
		return event.Waiver{Check: text.Bounded(w.Check, maxText), Why: text.Bounded(w.Why, maxText)}
	})
	r.Settings = each(r.Settings, func(s event.Setting) event.Setting {
		return event.Setting{Name: text.Bounded(s.Name, maxText), Value: text.Bounded(s.Value, maxText)}
	})
	r.Notes = each(r.Notes, func(n Note) Note {
		return Note{Time: utc(n.Time), Text: text.Bounded(n.Text, maxText)}
	})
	r.Causes = each(r.Causes, func(c Cause) Cause {
		for _, s := range []*string{&c.ID, &c.Text, &c.Remedy} {
			*s = text.Bounded(*s, maxText)
		}
		c.Level = text.Bounded(c.Level, maxText)
		c.Checks = orEmpty(texts(c.Checks, maxText))
		if c.Example != nil {
			c.Example = &Example{text.Bounded(c.Example.Check, maxText), text.Bounded(c.Example.Counterexample, maxText)}
		}
		return c
	})
	r.Explanations = each(r.Explanations, func(e Explanation) Explanation {
		return Explanation{Cause: text.Bounded(e.Cause, maxText), Checks: texts(e.Checks, maxText),
			Smallest: texts(e.Smallest, maxText), Counterexample: text.Bounded(e.Counterexample, maxText)}
	})
	r.Checks = orEmpty(each(r.Checks, normalizeCheck))
	r.Baseline = normalizeBaseline(r.Baseline)
	return r
}

func normalizeBaseline(b *Baseline) *Baseline {
	if b == nil {
		return nil
	}
	t := *b
	t.Started = utc(t.Started).Truncate(time.Millisecond)
	t.Version = text.Bounded(t.Version, maxText)
	t.New = orEmpty(each(t.New, normalizeChange))
	t.Fixed = orEmpty(each(t.Fixed, normalizeChange))
	return &t
}

func normalizeChange(c Change) Change {
	return Change{Check: text.Bounded(c.Check, maxText), Level: text.Bounded(c.Level, maxText), Kind: text.Bounded(c.Kind, maxText),
		Expected: text.Bounded(c.Expected, maxText), Got: text.Bounded(c.Got, maxText)}
}

func normalizeCheck(c Check) Check {
	c.ID = text.Bounded(c.ID, maxText)
	c.Title = text.Bounded(c.Title, maxText)
	c.Requirement = text.Bounded(c.Requirement, maxText)
	c.Level = text.Bounded(c.Level, maxText)
	c.Reason = text.Bounded(c.Reason, maxReason)
	c.Clauses = orEmpty(texts(c.Clauses, maxText))
	c.Failures = orEmpty(each(c.Failures, normalizeFailure))
	c.Notes = each(c.Notes, func(n event.Note) event.Note {
		return event.Note{Kind: text.Bounded(n.Kind, maxText), TookMS: max(0, n.TookMS), Setting: text.Bounded(n.Setting, maxText)}
	})
	c.Orders = each(c.Orders, func(o event.Orders) event.Orders {
		o.History, o.Manner = text.Bounded(o.History, maxText), text.Bounded(o.Manner, maxText)
		return o
	})
	c.Scenarios = each(c.Scenarios, func(s event.Scenario) event.Scenario {
		return event.Scenario{Name: text.Bounded(s.Name, maxText), Failed: s.Failed, Trace: normalizeTrace(s.Trace)}
	})
	return c
}

func normalizeFailure(f event.Failure) event.Failure {
	f.Kind = text.Bounded(f.Kind, maxText)
	for _, s := range []*string{
		&f.Cause, &f.CauseID, &f.Remedy, &f.Detail, &f.Schedule, &f.Counterexample, &f.Frequency, &f.SameAs, (*string)(&f.Field), (*string)(&f.Answer),
		&f.Message.CampaignID, &f.Message.UserID, &f.Message.IdempotencyKey, &f.Message.DeviceToken,
	} {
		*s = text.Bounded(*s, maxText)
	}
	f.Expected = normalizeState(f.Expected)
	f.Got = normalizeState(f.Got)
	f.Timeline = texts(f.Timeline, maxText)
	f.Trace = normalizeTrace(f.Trace)
	f.Curl = texts(f.Curl, maxRequest)
	f.Log = texts(f.Log, maxText)
	f.Smallest = texts(f.Smallest, maxText)
	return f
}

func normalizeState(s *event.State) *event.State {
	if s == nil {
		return nil
	}
	t := *s
	t.DeliveryStatus = text.Bounded(t.DeliveryStatus, maxText)
	t.DeliveryMethod = text.Bounded(t.DeliveryMethod, maxText)
	t.PlannedDeliveryMethod = text.Bounded(t.PlannedDeliveryMethod, maxText)
	t.Timestamp = text.Bounded(t.Timestamp, maxText)
	t.Content = normalizeContent(t.Content)
	return &t
}

// normalizeContent compacts raw. What is no JSON, too much or too deep becomes a JSON
// string, because a raw value would make the report around it unreadable.
func normalizeContent(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	var b bytes.Buffer
	valid := bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	if depth(valid) <= maxDepth && json.Compact(&b, valid) == nil && b.Len() <= maxRequest {
		return b.Bytes()
	}
	b.Reset()
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text.Bounded(string(raw), maxText)); err != nil {
		return nil // a string always encodes
	}
	return bytes.TrimSpace(b.Bytes())
}

// depth is how deep a JSON text is nested.
func depth(raw []byte) int {
	deepest, level, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			level++
			deepest = max(deepest, level)
		case c == ']' || c == '}':
			level--
		}
	}
	return deepest
}

// utc is t in UTC without its monotonic reading, which no file can hold.
func utc(t time.Time) time.Time { return t.Round(0).UTC() }

func texts(ss []string, limit int) []string {
	return each(ss, func(s string) string { return text.Bounded(s, limit) })
}

// each is f of each element, nil if there is none.
func each[T any](ts []T, f func(T) T) []T {
	if len(ts) == 0 {
		return nil
	}
	out := make([]T, len(ts))
	for i, t := range ts {
		out[i] = f(t)
	}
	return out
}

func orEmpty[T any](ts []T) []T {
	if ts == nil {
		return []T{}
	}
	return ts
}
