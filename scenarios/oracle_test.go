package scenarios_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// seenEntries are a receiver by the contract's words alone: it remembers which
// entries it has seen, and says what they mean. It knows nothing of histories,
// times or arrival.
type seenEntries []scenarios.Ref

func (s seenEntries) saw(device string, status mocksender.DeliveryStatus) bool {
	return slices.ContainsFunc(s, func(r scenarios.Ref) bool { return r.Device == device && r.Status == status })
}

// device is the state on a device: nothing moves what was cancelled, and a
// change that has others before it wins over them.
func (s seenEntries) device(name string) mocksender.DeliveryStatus {
	if s.saw("", mocksender.Cancelled) {
		return mocksender.Cancelled
	}
	for _, status := range []mocksender.DeliveryStatus{mocksender.Opened, mocksender.Delivered, mocksender.Failed, mocksender.Pending} {
		if s.saw(name, status) {
			return status
		}
	}
	return ""
}

// user is the state of the devices together: opened if any is, else delivered if
// any is, else cancelled, else failed if all are, else pending.
func (s seenEntries) user(devices []string) mocksender.DeliveryStatus {
	is := func(status mocksender.DeliveryStatus) func(string) bool {
		return func(device string) bool { return s.device(device) == status }
	}
	for _, status := range []mocksender.DeliveryStatus{mocksender.Opened, mocksender.Delivered, mocksender.Cancelled} {
		if slices.ContainsFunc(devices, is(status)) {
			return status
		}
	}
	for _, device := range devices {
		if s.device(device) != mocksender.Failed {
			return mocksender.Pending
		}
	}
	return mocksender.Failed
}

// subject is a history and what the oracle says of it.
type subject struct {
	id      scenarios.Identity
	message scenarios.Message
	entries []scenarios.Ref
	final   []bool
	states  []reference.State // of the entries
	devices []string          // as the entries name them
	oracle  []scenarios.Final
}

// subjects are all histories, for both identities.
func subjects() []subject {
	var all []subject
	for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		for _, m := range allHistories(id) {
			s := subject{id: id, message: m, devices: []string{""}, oracle: scenarios.FinalState(m, id)}
			s.entries, s.final = m.Entries()
			if len(m.Devices) > 1 {
				s.devices = nil
				for _, d := range m.Devices {
					s.devices = append(s.devices, d.Name)
				}
			}
			for _, d := range m.Devices {
				for _, c := range d.History {
					s.states = append(s.states, stateOf(m, c))
				}
			}
			if m.Cancelled != nil {
				s.states = append(s.states, stateOf(m, *m.Cancelled))
			}
			all = append(all, s)
		}
	}
	return all
}

func stateOf(m scenarios.Message, c scenarios.Change) reference.State {
	return reference.State{Status: reference.Status(c.Status), Method: string(c.Method), Planned: string(m.Planned), At: c.At.Microseconds()}
}

// draw makes an arrival of a message's entries, by their places: the final ones
// at least once, all others perhaps, in any order. pick is a number below n.
func (s *subject) draw(pick func(n int) int) []int {
	var arrival []int
	for i := range s.entries {
		copies := pick(5)
		if s.final[i] {
			copies = max(copies, 1)
		}
		for range copies {
			arrival = append(arrival, i)
		}
	}
	for i := len(arrival) - 1; i > 0; i-- {
		j := pick(i + 1)
		arrival[i], arrival[j] = arrival[j], arrival[i]
	}
	return arrival
}

// check compares the oracle with the contract's words and with the reference
// receiver's decisions on one arrival, and says what differs.
func (s *subject) check(arrival []int) error {
	var seen seenEntries
	for _, at := range arrival {
		seen = append(seen, s.entries[at])
	}
	rows := s.receive(arrival)
	for i, f := range s.oracle {
		device, fold := s.devices[i], mocksender.DeliveryStatus("")
		if s.id == scenarios.ByUser {
			fold = seen.user(s.devices)
		} else if fold = seen.device(device); !slices.ContainsFunc(seen, func(r scenarios.Ref) bool {
			return r.Device == device && r.Status != mocksender.Cancelled
		}) {
			continue // a device that was never seen apart from the cancellation
		}
		got, known := reference.Combine(reference.Identity(s.id), "device "+device, rows)
		if !known || f.Change.Status != fold || string(f.Change.Status) != string(got.Status) ||
			f.Sole && got.At != f.Change.At.Microseconds() {
			return fmt.Errorf("%s: %v on %q ends as %s by the oracle, %s by the contract's words, %v in the reference receiver",
				s.id, seen, device, f.Change.Status, fold, got)
		}
	}
	return nil
}

// receive is what the reference receiver stores of the entries that arrive.
func (s *subject) receive(arrival []int) []reference.Row {
	rows := make([]reference.Row, 0, 3)
	for _, at := range arrival {
		entry, device := s.states[at], "device "+s.entries[at].Device
		if entry.Status == reference.Cancelled {
			device = ""
		}
		i := slices.IndexFunc(rows, func(r reference.Row) bool { return r.Device == device })
		switch {
		case i < 0 && reference.Decide(nil, entry):
			rows = append(rows, reference.Row{Device: device, State: entry})
		case i >= 0 && reference.Decide(&rows[i].State, entry):
			rows[i].State = entry
		}
	}
	return rows
}

// property is that any schedule that holds the last change ends in the oracle's
// state.
func property(t *rapid.T) {
	s := rapid.SampledFrom(allSubjects).Draw(t, "history")
	arrival := s.draw(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
	if err := s.check(arrival); err != nil {
		t.Fatal(err)
	}
}

var allSubjects = subjects()

func TestAnyScheduleEndsInTheOraclesState(t *testing.T) { rapid.Check(t, property) }

func FuzzAnyScheduleEndsInTheOraclesState(f *testing.F) { f.Fuzz(rapid.MakeFuzz(property)) }

// The same on a million random schedules, from a fixed seed.
func TestTheReferenceReceiverAgreesWithTheOracle(t *testing.T) {
	schedules := 1_000_000
	if testing.Short() {
		schedules = 20_000
	}
	r := rand.New(rand.NewPCG(1, 2))
	ends := map[mocksender.DeliveryStatus]int{}
	for range schedules {
		s := &allSubjects[r.IntN(len(allSubjects))]
		if err := s.check(s.draw(r.IntN)); err != nil {
			t.Fatal(err)
		}
		ends[s.oracle[0].Change.Status]++
	}
	for _, s := range mocksender.Statuses {
		if ends[s] < schedules/100 {
			t.Errorf("%d of %d schedules end as %s: too few to say anything", ends[s], schedules, s)
		}
	}
}

// The states that the contract leaves open are not judged.
func TestFinalStateIsOpen(t *testing.T) {
	change := func(s mocksender.DeliveryStatus, at time.Duration) scenarios.Change {
		return scenarios.Change{Status: s, At: at}
	}
	cancelled := change(mocksender.Cancelled, time.Hour)
	on := func(changes ...scenarios.Change) scenarios.Device { return scenarios.Device{History: changes} }
	pending, delivered := change(mocksender.Pending, 0), change(mocksender.Delivered, time.Second)
	opened, failed := change(mocksender.Opened, time.Minute), change(mocksender.Failed, time.Second)
	for _, c := range []struct {
		name             string
		message          scenarios.Message
		byDevice, byUser bool // open on the first device, and for the user
	}{
		{"pending", scenarios.Message{Devices: []scenarios.Device{on(pending)}}, false, false},
		{"opened on one of two", scenarios.Message{Devices: []scenarios.Device{on(pending, delivered, opened), on(pending)}}, false, false},
		{"failed beside pending", scenarios.Message{Devices: []scenarios.Device{on(pending, failed), on(pending)}}, false, true},
		{"failed beside delivered", scenarios.Message{Devices: []scenarios.Device{on(pending, failed), on(pending, delivered)}}, false, false},
		{"failed on both", scenarios.Message{Devices: []scenarios.Device{on(failed), on(failed)}}, false, false},
		{"cancelled", scenarios.Message{Devices: []scenarios.Device{on(pending)}, Cancelled: &cancelled}, false, false},
		{"cancelled, no entry of the device", scenarios.Message{Devices: []scenarios.Device{on()}, Cancelled: &cancelled}, true, false},
		{"delivered, then cancelled", scenarios.Message{Devices: []scenarios.Device{on(pending, delivered)}, Cancelled: &cancelled}, true, true},
		{"opened, then cancelled", scenarios.Message{Devices: []scenarios.Device{on(opened)}, Cancelled: &cancelled}, true, true},
		{"failed, then cancelled", scenarios.Message{Devices: []scenarios.Device{on(failed)}, Cancelled: &cancelled}, true, true},
	} {
		if open := scenarios.FinalState(c.message, scenarios.ByDevice)[0].Open; (open != "") != c.byDevice {
			t.Errorf("%s, identity device: open is %q: want open %t", c.name, open, c.byDevice)
		}
		if open := scenarios.FinalState(c.message, scenarios.ByUser)[0].Open; (open != "") != c.byUser {
			t.Errorf("%s, identity user: open is %q: want open %t", c.name, open, c.byUser)
		}
	}
}
