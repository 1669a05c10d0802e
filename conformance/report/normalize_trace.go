package report

import (
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// normalizeTrace bounds what a trace holds: a stored report may have been edited.
func normalizeTrace(t *event.Trace) *event.Trace {
	if t == nil {
		return nil
	}
	return &event.Trace{
		Truth: each(atMost(t.Truth, event.MaxEntries), normalizeEntry),
		Steps: orEmpty(each(atMost(t.Steps, event.MaxSteps+1), normalizeStep)),
	}
}

func normalizeStep(s event.Step) event.Step {
	s.Kind = text.Bounded(s.Kind, maxText)
	s.Text = text.Bounded(s.Text, maxText)
	s.Fault = text.Bounded(s.Fault, maxText)
	s.Answer = text.Bounded(s.Answer, maxText)
	s.Want = text.Bounded(s.Want, maxText)
	s.Error = text.Bounded(s.Error, maxText)
	s.Entries = each(atMost(s.Entries, event.MaxEntries), normalizeEntry)
	s.States = each(atMost(s.States, event.MaxEntries), func(seen event.Seen) event.Seen {
		seen.Message = text.Bounded(seen.Message, maxText)
		seen.Device = text.Bounded(seen.Device, maxText)
		seen.Status = text.Bounded(seen.Status, maxText)
		seen.Method = text.Bounded(seen.Method, maxText)
		seen.Timestamp = text.Bounded(seen.Timestamp, maxText)
		seen.Wrong = text.Bounded(seen.Wrong, maxText)
		return seen
	})
	return s
}

func normalizeEntry(e event.Entry) event.Entry {
	return event.Entry{Message: text.Bounded(e.Message, maxText), Count: max(0, e.Count), Device: text.Bounded(e.Device, maxText), Status: text.Bounded(e.Status, maxText), Time: text.Bounded(e.Time, maxText)}
}

func atMost[T any](ts []T, n int) []T { return ts[:min(len(ts), n)] }
