package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// How much of one string a report keeps, in bytes. A receiver may write
// anything, and a report must stay a file that can be opened.
const (
	maxText    = 16 << 10 // a line of a log, a reason, a detail
	maxReason  = 64 << 10 // why a run ended: it may carry a log's tail
	maxRequest = 1 << 20  // a curl command or a content: larger than any that is sent
	maxDepth   = 100      // of a content, in levels: each is a step to the right on every line within
)

// tidy brings r into the one form in which it is stored and read: valid UTF-8
// and JSON of bounded size, UTC, and [] where the schema has an array.
// It changes no value that r shares with its source.
func tidy(r Report) Report {
	r.Started = utc(r.Started).Truncate(time.Millisecond)
	r.Tool.Epoch = utc(r.Tool.Epoch)
	for _, s := range []*string{
		&r.Tool.Version, &r.Tool.Protocol, &r.Command,
		&r.Receiver.Name, &r.Receiver.Kind, &r.Receiver.URL, &r.Receiver.Image, &r.Receiver.Digest, &r.Receiver.Identity,
		&r.Receiver.File, &r.Receiver.FileDigest,
	} {
		*s = bounded(*s, maxText)
	}
	r.Reason = bounded(r.Reason, maxReason)
	r.NotRun = texts(r.NotRun, maxText)
	r.UnneededWaivers = each(r.UnneededWaivers, func(w event.Waiver) event.Waiver {
		return event.Waiver{Check: bounded(w.Check, maxText), Why: bounded(w.Why, maxText)}
	})
	r.Settings = each(r.Settings, func(s event.Setting) event.Setting {
		return event.Setting{Name: bounded(s.Name, maxText), Value: bounded(s.Value, maxText)}
	})
	r.Notes = each(r.Notes, func(n Note) Note {
		return Note{Time: utc(n.Time), Text: bounded(n.Text, maxText)}
	})
	r.Causes = each(r.Causes, func(c Cause) Cause {
		for _, s := range []*string{&c.ID, &c.Text, &c.Remedy} {
			*s = bounded(*s, maxText)
		}
		c.Level = boundedAs(c.Level)
		c.Checks = orEmpty(texts(c.Checks, maxText))
		if c.Example != nil {
			c.Example = &Example{bounded(c.Example.Check, maxText), bounded(c.Example.Counterexample, maxText)}
		}
		return c
	})
	r.Explanations = each(r.Explanations, func(e Explanation) Explanation {
		return Explanation{Cause: bounded(e.Cause, maxText), Checks: texts(e.Checks, maxText),
			Smallest: texts(e.Smallest, maxText), Counterexample: bounded(e.Counterexample, maxText)}
	})
	r.Checks = orEmpty(each(r.Checks, tidyCheck))
	r.Baseline = tidyBaseline(r.Baseline)
	return r
}

func tidyBaseline(b *Baseline) *Baseline {
	if b == nil {
		return nil
	}
	t := *b
	t.Started = utc(t.Started).Truncate(time.Millisecond)
	t.Version = bounded(t.Version, maxText)
	t.New = orEmpty(each(t.New, tidyChange))
	t.Fixed = orEmpty(each(t.Fixed, tidyChange))
	return &t
}

func tidyChange(c Change) Change {
	return Change{Check: bounded(c.Check, maxText), Level: boundedAs(c.Level), Kind: boundedAs(c.Kind),
		Expected: bounded(c.Expected, maxText), Got: bounded(c.Got, maxText)}
}

func tidyCheck(c Check) Check {
	c.ID = bounded(c.ID, maxText)
	c.Title = bounded(c.Title, maxText)
	c.Requirement = bounded(c.Requirement, maxText)
	c.Level = event.Level(bounded(string(c.Level), maxText))
	c.Reason = bounded(c.Reason, maxReason)
	c.Clauses = orEmpty(texts(c.Clauses, maxText))
	c.Failures = orEmpty(each(c.Failures, tidyFailure))
	c.Notes = each(c.Notes, func(n event.Note) event.Note {
		return event.Note{Kind: bounded(n.Kind, maxText), TookMS: max(0, n.TookMS), Setting: bounded(n.Setting, maxText)}
	})
	c.Orders = each(c.Orders, func(o event.Orders) event.Orders {
		o.History, o.Manner = bounded(o.History, maxText), boundedAs(o.Manner)
		return o
	})
	c.Scenarios = each(c.Scenarios, func(s event.Scenario) event.Scenario {
		return event.Scenario{Name: bounded(s.Name, maxText), Failed: s.Failed, Trace: tidyTrace(s.Trace)}
	})
	return c
}

func tidyFailure(f event.Failure) event.Failure {
	f.Kind = event.Kind(bounded(string(f.Kind), maxText))
	for _, s := range []*string{
		&f.Cause, &f.CauseID, &f.Remedy, &f.Detail, &f.Schedule, &f.Counterexample, &f.Frequency, &f.SameAs, (*string)(&f.Field), (*string)(&f.Answer),
		&f.Message.CampaignID, &f.Message.UserID, &f.Message.IdempotencyKey, &f.Message.DeviceToken,
	} {
		*s = bounded(*s, maxText)
	}
	f.Expected = tidyState(f.Expected)
	f.Got = tidyState(f.Got)
	f.Timeline = texts(f.Timeline, maxText)
	f.Trace = tidyTrace(f.Trace)
	f.Curl = texts(f.Curl, maxRequest)
	f.Log = texts(f.Log, maxText)
	f.Smallest = texts(f.Smallest, maxText)
	return f
}

func tidyState(s *event.State) *event.State {
	if s == nil {
		return nil
	}
	t := *s
	t.DeliveryStatus = boundedAs(t.DeliveryStatus)
	t.DeliveryMethod = boundedAs(t.DeliveryMethod)
	t.PlannedDeliveryMethod = boundedAs(t.PlannedDeliveryMethod)
	t.Timestamp = bounded(t.Timestamp, maxText)
	t.Content = tidyContent(t.Content)
	return &t
}

// tidyContent compacts raw. What is no JSON, too much or too deep becomes a JSON
// string, because a raw value would make the report around it unreadable.
func tidyContent(raw json.RawMessage) json.RawMessage {
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
	if err := enc.Encode(bounded(string(raw), maxText)); err != nil {
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

func boundedAs[S ~string](s S) S { return S(bounded(string(s), maxText)) }

// bounded is s as valid UTF-8, cut with a mark where it is longer than limit.
func bounded(s string, limit int) string {
	return clip(strings.ToValidUTF8(s, "\uFFFD"), limit)
}

func texts(ss []string, limit int) []string {
	return each(ss, func(s string) string { return bounded(s, limit) })
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
