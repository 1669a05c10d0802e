package play

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// maxLooked is how many messages a scenario may have for all of them to be asked
// for after each of its steps.
const maxLooked = 100

// fewMembers is how many messages of a group are named one by one.
const fewMembers = 3

// maxStepText bounds what a step tells of a request, in bytes.
const maxStepText = 200

// attempts are a delivery's attempts as steps. The delivery ended just now.
func (p *courier) attempts(step scenarios.Step, request int, d mocksender.Delivery) []event.Step {
	entries, count := entriesOf(p.scenario, p.cast, step)
	text := peculiarities(step)
	last := d.Last()
	// The sender's clock is scaled: what it tells apart is less in real time.
	begun := time.Now().Add(-last.Duration)
	steps := make([]event.Step, len(d.Attempts))
	for i, a := range d.Attempts {
		before := time.Duration(float64(last.Start.Sub(a.Start)) / p.speed(step))
		s := event.Step{
			Kind: event.Attempted, AtUS: p.since(begun.Add(-before)), TookUS: a.Duration.Microseconds(), Text: text,
			Request: request, Attempt: a.Number, AfterMS: a.Start.Sub(d.Attempts[0].Start).Milliseconds(),
			Bytes: len(a.Request.Body), Entries: entries, Count: count, Fault: a.Fault, Status: a.Answer.Status,
		}
		if step.Answer == scenarios.Refuse || step.Answer == scenarios.Anything {
			s.Want = string(step.Answer)
		}
		if a.Err != nil {
			s.Error = a.Err.Error()
		} else if !a.Acknowledged() {
			s.Answer = cut(strings.TrimSpace(string(a.Answer.Body)))
		}
		if step.Raw != nil {
			s.Text = join(cut(fmt.Sprintf("body: %s", a.Request.Body)), text)
		}
		steps[i] = s
	}
	return steps
}

// entriesOf are the batch's entries by their names, and how many they are. The
// same change of many messages in a row is one.
func entriesOf(s scenarios.Scenario, cast scenarios.Cast, step scenarios.Step) (named []event.Entry, count int) {
	for _, of := range step.Batch {
		refs := scenarios.EntryRefs(s, []scenarios.Ref{of})
		count += len(refs)
		last := len(refs) - 1
		if members := last + 1; members > fewMembers && refs[last].From-refs[0].From == last {
			e := entryOf(s, cast, refs[0])
			e.Message, e.Count = fmt.Sprintf("%s(%d-%d)", of.Message, refs[0].From, refs[last].From), members
			named = append(named, e)
			continue
		}
		for _, ref := range refs {
			if len(named) < event.MaxEntries {
				named = append(named, entryOf(s, cast, ref))
			}
		}
	}
	return named[:min(len(named), event.MaxEntries)], count
}

// entryOf names one change of one message.
func entryOf(s scenarios.Scenario, cast scenarios.Cast, ref scenarios.Ref) event.Entry {
	m := s.Message(ref.Message)
	e := event.Entry{Message: ref.Message, Status: ref.Status}
	if m.Count > 1 {
		e.Message = fmt.Sprintf("%s(%d)", ref.Message, ref.From)
	}
	if len(m.Devices) > 1 {
		e.Device = ref.Device
	}
	if events := cast.Events([]scenarios.Ref{ref}); len(events) > 0 {
		e.Time = string(mocksender.AppendTimestamp(nil, events[0].Timestamp))
	}
	return e
}

// truth is what truly became of the scenario's messages. A group's first stands
// for all.
func truth(s scenarios.Scenario, cast scenarios.Cast) []event.Entry {
	var all []event.Entry
	for i := range s.Messages {
		m := &s.Messages[i]
		var own []event.Entry
		for _, ref := range scenarios.EntryRefs(s, []scenarios.Ref{{Message: m.Name, From: 1, To: 1}}) {
			own = append(own, entryOf(s, cast, ref))
		}
		slices.SortStableFunc(own, func(a, b event.Entry) int { return strings.Compare(a.Time, b.Time) })
		all = append(all, own...)
		if len(all) >= event.MaxEntries {
			return all[:event.MaxEntries]
		}
	}
	return all
}

// peculiarities are what a request has besides its entries.
func peculiarities(step scenarios.Step) string {
	var parts []string
	if step.Secret != "" {
		parts = append(parts, "with another secret ("+string(step.Secret)+")")
	}
	for _, h := range step.Headers {
		parts = append(parts, h.Name+": "+h.Value)
	}
	for _, h := range step.Add {
		parts = append(parts, "further field "+h.Name)
	}
	if len(step.Proxy) > 0 {
		parts = append(parts, "through a proxy that fails it at first")
	}
	return cut(join(parts...))
}

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// cut bounds s.
func cut(s string) string {
	if len(s) <= maxStepText {
		return s
	}
	return strings.ToValidUTF8(s[:maxStepText], "") + "…"
}

// observe asks for all states and records them, where the play shows each step.
func (p *player) observe(ctx context.Context) {
	if !p.options.Illustrate || len(p.cast.Keys()) > maxLooked {
		return
	}
	at := time.Now()
	if look := p.look(ctx); look.Err == nil {
		p.saw(at, p.subject.HideSeen(look.seen()))
	}
}

// saw records the states that were told at a time, without the secret.
func (e *evidence) saw(at time.Time, seen []event.Seen) {
	e.done(event.Step{Kind: event.Looked, AtUS: e.since(at), States: summed(seen)})
}

// seen is what was seen, state by state.
func (l Look) seen() []event.Seen {
	var all []event.Seen
	for _, s := range l.Seen {
		for _, got := range s.States {
			all = append(all, seenOf(s.Message, s.Device, got))
		}
	}
	return all
}

func seenOf(message, device string, s *state.State) event.Seen {
	seen := event.Seen{Message: message, Device: device, Count: 1}
	if s != nil {
		seen.Status, seen.Method, seen.Timestamp = s.DeliveryStatus, s.DeliveryMethod, s.Timestamp
	}
	return seen
}

// compared records what was seen when the states were compared with the wanted
// ones.
func (e *evidence) compared(at time.Time, wants []scenarios.Want, states []*state.State, s *subject.Subject) {
	seen := make([]event.Seen, len(wants))
	for i, w := range wants {
		device := w.Device
		if m := e.scenario.Message(w.Message); len(m.Devices) == 1 {
			device = ""
		}
		seen[i] = seenOf(w.Message, device, states[i])
		seen[i].Judged = true
		if m, wrong := state.Compare(w, states[i]); wrong {
			seen[i].Wrong = m.String()
		}
	}
	e.saw(at, s.HideSeen(seen))
}

// summed puts the members of a group together of which the same was told, what
// is wrong first, and keeps the first event.MaxEntries.
func summed(seen []event.Seen) []event.Seen {
	var all []event.Seen
	for _, s := range seen {
		i := slices.IndexFunc(all, func(t event.Seen) bool {
			// The times of a group's members differ.
			return t.Message == s.Message && t.Device == s.Device && t.Status == s.Status && t.Method == s.Method && (t.Wrong == "") == (s.Wrong == "")
		})
		if i < 0 {
			all = append(all, s)
			continue
		}
		all[i].Count++
		all[i].Timestamp = ""
	}
	slices.SortStableFunc(all, func(a, b event.Seen) int { return cmp.Compare(len(b.Wrong), len(a.Wrong)) })
	return all[:min(len(all), event.MaxEntries)]
}
