package scenarios

import (
	"fmt"
	"iter"
	"time"
)

// Depth is how many schedules are explored.
type Depth string

// The depths.
const (
	Quick    Depth = "quick"
	Standard Depth = "standard"
	Full     Depth = "full"
)

// Depths are all depths, the shallowest first.
var Depths = []Depth{Quick, Standard, Full}

// Validate says what would be a depth; empty is Standard.
func (d Depth) Validate() error {
	switch d {
	case "", Quick, Standard, Full:
		return nil
	}
	return fmt.Errorf("%q: want quick, standard or full", string(d))
}

// bounds are the bounds of a depth: of the messages on one device, and those on
// two that were cancelled; and of the others on two devices, of which there are
// many more.
func (d Depth) bounds() (few, many Bound) {
	switch d {
	case Quick:
		return Bound{Entries: 3, Copies: 2}, Bound{Entries: 2, Copies: 2}
	case Full:
		// The longest history on one device has three entries: this is all of it.
		return Bound{Entries: 6, Copies: 2}, Bound{Entries: 4, Copies: 2}
	default:
		return Bound{Entries: 4, Copies: 2}, Bound{Entries: 3, Copies: 2}
	}
}

// Bound says in a sentence what is explored.
func (d Depth) Bound() string {
	few, many := d.bounds()
	return fmt.Sprintf("Every order of at most %d entries of a message, each up to twice (at most %d where two devices have histories of their own), "+
		"if the last change of each device, or the cancellation, is among them; "+
		"in every grouping into batches; one after the other, and with every two neighbouring batches at once on two connections.",
		few.Entries, many.Entries)
}

// ExploredGroup is the group of the checks that are explored.
const ExploredGroup = "explored"

// Exploration is a check whose scenarios are all the ways within a bound in
// which a message may reach a receiver, instead of chosen ones.
type Exploration struct {
	// Check describes it; its Scenarios are empty.
	Check Check
	// Identity is whose final states the histories and schedules are settled for.
	Identity Identity
	Parts    []Part
}

// Part is histories that share a bound.
type Part struct {
	Histories []Message
	Bound     Bound
}

// Explorations are the explored checks of a depth for receivers of an identity,
// in the order of the table. An empty depth is Standard, an empty identity
// ByDevice.
func Explorations(d Depth, id Identity) []Exploration {
	if id == "" {
		id = ByDevice
	}
	few, many := d.bounds()
	same := func(histories func(time.Duration) []Message) []Message {
		return append(histories(spacingSame), histories(spacingNear)...)
	}
	two := func(spacing time.Duration) []Message { return twoDevices(spacing, id) }
	explore := func(name, title, requirement string, clauses []string, parts ...Part) Exploration {
		return Exploration{
			Check: Check{
				ID:          ExploredGroup + "/" + name,
				Title:       title,
				Requirement: requirement,
				Cause:       "order-dependent",
				Level:       Required,
				Clauses:     append([]string{"order", "gaps", "at-least-once"}, clauses...),
			},
			Identity: id,
			Parts:    parts,
		}
	}
	return []Exploration{
		explore("one-device", "all ways in which a message on one device may arrive",
			"Whichever entries of a message arrive besides its last change, in whatever order, number and batches, its last change is its state.",
			nil,
			Part{oneDevice(spacingFar), few}),
		explore("traditional", "all ways in which a traditional message without pending may arrive",
			"A message without a pending entry ends in its last change, in whatever order, number and batches its entries arrive.",
			nil,
			Part{traditional(spacingFar), few}),
		explore("cancelled", "all ways in which a cancelled message may arrive",
			"A message that was cancelled is cancelled, in whatever order, number and batches its entries arrive.",
			[]string{"cancelled", "identity"},
			Part{cancelled(spacingFar), few}),
		explore("two-devices", "all ways in which a message on two devices may arrive",
			"However the entries of two devices mingle on their way, each device ends in its last change, and the user in what the devices' states combine to.",
			[]string{"identity"},
			Part{two(spacingFar), many}),
		explore("same-second", "all ways in which changes within a second may arrive",
			"Changes that lie milliseconds apart end in the last of them, in whatever order, number and batches they arrive.",
			[]string{"timestamp", "cancelled", "identity"},
			Part{same(oneDevice), few}, Part{same(traditional), few}, Part{same(cancelled), few}, Part{same(two), many}),
	}
}

// Schedules are all schedules, each once and always in the same order, the
// smallest first.
//
// Left out are those that can't be judged: a receiver that goes by devices is
// not asked for a message of which it has only seen the cancellation.
func (e Exploration) Schedules() iter.Seq[Schedule] {
	return func(yield func(Schedule) bool) {
		most := 0
		for _, p := range e.Parts {
			most = max(most, p.Bound.Entries)
		}
		for n := 1; n <= most; n++ {
			for _, p := range e.Parts {
				if n > p.Bound.Entries {
					continue
				}
				for _, m := range p.Histories {
					for s := range interleavingsOf(m, n, p.Bound) {
						if (e.Identity == ByUser || s.Names("")) && !yield(s) {
							return
						}
					}
				}
			}
		}
	}
}

// Count is how many schedules there are, by making them all.
func (e Exploration) Count() int {
	n := 0
	for range e.Schedules() {
		n++
	}
	return n
}
