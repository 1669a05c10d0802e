package report

import (
	"github.com/ctxpush/ctxpush/conformance/event"
)

// tidyTrace bounds what a trace holds: a stored report may have been edited.
func tidyTrace(t *event.Trace) *event.Trace {
	if t == nil {
		return nil
	}
	return &event.Trace{
		Truth: each(atMost(t.Truth, event.MaxEntries), tidyEntry),
		Steps: orEmpty(each(atMost(t.Steps, event.MaxSteps+1), tidyStep)),
	}
}

func tidyStep(s event.Step) event.Step {
	s.Kind = boundedAs(s.Kind)
	s.Text = bounded(s.Text, maxText)
	s.Fault = bounded(s.Fault, maxText)
	s.Answer = bounded(s.Answer, maxText)
	s.Want = bounded(s.Want, maxText)
	s.Error = bounded(s.Error, maxText)
	s.Entries = each(atMost(s.Entries, event.MaxEntries), tidyEntry)
	s.States = each(atMost(s.States, event.MaxEntries), func(seen event.Seen) event.Seen {
		seen.Message = bounded(seen.Message, maxText)
		seen.Device = bounded(seen.Device, maxText)
		seen.Status = boundedAs(seen.Status)
		seen.Method = boundedAs(seen.Method)
		seen.Timestamp = bounded(seen.Timestamp, maxText)
		seen.Wrong = bounded(seen.Wrong, maxText)
		return seen
	})
	return s
}

func tidyEntry(e event.Entry) event.Entry {
	return event.Entry{Message: bounded(e.Message, maxText), Count: max(0, e.Count), Device: bounded(e.Device, maxText), Status: boundedAs(e.Status), Time: bounded(e.Time, maxText)}
}

func atMost[T any](ts []T, n int) []T { return ts[:min(len(ts), n)] }
