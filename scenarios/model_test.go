package scenarios_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	rules "github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// modelKey is the message's key, on a device where its entries name one.
func modelKey(device string) mocksender.Key {
	return mocksender.Key{CampaignID: "c", UserID: "u", IdempotencyKey: "k", DeviceToken: device}
}

// modelEntries are the subject's entries as the model takes them.
func (s *subject) modelEntries() []rules.Entry {
	entries := make([]rules.Entry, len(s.entries))
	for i, ref := range s.entries {
		st, device := s.states[i], "device "+ref.Device
		if ref.Status == mocksender.Cancelled {
			device = ""
		}
		entries[i] = rules.Entry{Key: modelKey(device), State: rules.State{
			Status: mocksender.DeliveryStatus(st.Status), Method: mocksender.DeliveryMethod(st.Method),
			Planned: mocksender.DeliveryMethod(st.Planned), At: st.At / time.Millisecond.Microseconds(),
		}}
	}
	return entries
}

// The right model, in each layout, the reference receiver and the oracle are
// three pieces of code that say the same.
func TestTheRightModelIsTheReferenceReceiver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(allSubjects).Draw(t, "history")
		arrival := s.draw(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
		if err := s.check(arrival); err != nil { // the oracle and the reference receiver
			t.Fatal(err)
		}
		id, entries, rows := rules.Identity(s.id), s.modelEntries(), s.receive(arrival)
		layout := rapid.SampledFrom(rules.Layouts(id)).Draw(t, "layout")
		machine := rules.NewMachine(rules.Model{Receiver: rules.Right(), Layout: layout, Identity: id})
		restarts := rapid.IntRange(0, len(arrival)).Draw(t, "restarts before")
		for i, at := range arrival {
			if i == restarts {
				machine.Restart(true)
			}
			machine.Serve(rules.NewRequest(entries[at]))
		}
		for i := range s.oracle {
			device := "device " + s.devices[i]
			if s.id == scenarios.ByUser {
				device = ""
			}
			want, _ := reference.Combine(reference.Identity(s.id), device, rows)
			got := machine.Ask(modelKey(device))
			if got == nil || string(got.Status) != string(want.Status) ||
				s.oracle[i].Sole && got.At != want.At/time.Millisecond.Microseconds() {
				t.Fatalf("layout %d, %s, device %q: the model tells %+v: want %+v", layout, s.id, device, got, want)
			}
		}
	})
}
