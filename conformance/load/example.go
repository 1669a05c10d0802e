package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/fixtures/traffic"
	"github.com/ctxpush/ctxpush/mocksender"
)

// searched is how many messages are looked through for one whose state a
// receiver has given to another.
const searched = 100_000

// searchFor is how long they are looked through at most.
const searchFor = 2 * time.Second

// examples explains the findings.
func (v *verifier) examples(ctx context.Context, settled time.Time) []Example {
	all := make([]Example, 0, len(v.first))
	for _, f := range v.first {
		m := v.truth.Message(f.index)
		all = append(all, Example{
			Index:    f.index,
			Kind:     state.KindOf(f.want, f.got, events(&m), nil),
			Detail:   v.hidden.Text(f.detail),
			Message:  f.want.Key,
			Expected: state.Expected(f.want),
			Got:      v.shown(f.got),
			Timeline: timeline(&m),
		})
	}
	v.mergedWith(ctx, all)
	v.lookedAtAgain(ctx, all, settled)
	return all
}

// mergedWith looks among the other messages for those whose states the receiver
// tells in place of the right ones; where there is none, the state was never
// sent. It takes no longer than searchFor, and ends with ctx: a state may be long.
func (v *verifier) mergedWith(ctx context.Context, all []Example) {
	ctx, cancel := context.WithTimeout(ctx, searchFor)
	defer cancel()
	left := 0
	for i := range all {
		if all[i].Kind == event.Invented {
			left++
		}
	}
	n := 0
	for i := range v.truth.Sent() {
		if n++; left == 0 || n > searched || ctx.Err() != nil {
			return
		}
		m := v.truth.Message(i)
		sent := events(&m)
		for j, f := range v.first {
			if all[j].Kind != event.Invented || f.index == i {
				continue
			}
			if slices.ContainsFunc(sent, func(e mocksender.Event) bool { return state.Says(e, f.want, f.got) }) {
				all[j].Kind = event.Merged
				left--
			}
		}
	}
}

// lookedAtAgain tells which of the states have come right since: the receiver
// may be no worse than slow.
func (v *verifier) lookedAtAgain(ctx context.Context, all []Example, settled time.Time) {
	keys := make([]mocksender.Key, len(v.first))
	for i, f := range v.first {
		keys[i] = f.want.Key
	}
	if len(keys) == 0 {
		return
	}
	states, err := v.prober.States(ctx, keys)
	if err != nil || len(states) != len(keys) {
		return
	}
	late := time.Since(settled)
	for i, f := range v.first {
		if state.IsRight(f.want, states[i]) {
			all[i].Detail += fmt.Sprintf("; right %s after settle was over, so that settle may be too short", seconds(late.Seconds()))
		}
	}
}

// shown is a state of the receiver's without the secret.
func (v *verifier) shown(s *event.State) *event.State {
	if s == nil {
		return nil
	}
	t := *s
	t.DeliveryMethod = mocksender.DeliveryMethod(v.hidden.Text(string(s.DeliveryMethod)))
	t.PlannedDeliveryMethod = mocksender.DeliveryMethod(v.hidden.Text(string(s.PlannedDeliveryMethod)))
	t.Timestamp = v.hidden.Text(s.Timestamp)
	if text := v.hidden.Text(string(s.Content)); s.Content != nil {
		t.Content = json.RawMessage(text)
	}
	return &t
}

// events are the entries of all of the message's changes.
func events(m *traffic.Message) []mocksender.Event {
	var all []mocksender.Event
	for i := range m.Devices {
		for _, c := range m.Devices[i].History {
			all = append(all, m.Event(&m.Devices[i], c))
		}
	}
	if m.Cancelled != nil {
		all = append(all, m.Event(nil, *m.Cancelled))
	}
	return all
}

// timeline is what truly became of the message, in the order of its changes.
func timeline(m *traffic.Message) []string {
	all := events(m)
	slices.SortStableFunc(all, func(a, b mocksender.Event) int { return a.Timestamp.Compare(b.Timestamp) })
	lines := make([]string, len(all))
	for i, e := range all {
		var b bytes.Buffer
		b.Write(mocksender.AppendTimestamp(nil, e.Timestamp))
		fmt.Fprintf(&b, "  %-9s", e.DeliveryStatus)
		if e.DeviceToken == "" {
			b.WriteString("  on all devices")
		} else {
			fmt.Fprintf(&b, "  %s  on device %s", e.DeliveryMethod, e.DeviceToken)
		}
		lines[i] = b.String()
	}
	return lines
}
