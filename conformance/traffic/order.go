package traffic

import (
	"fmt"
	"slices"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// round is what goes out at once: one batch, or two at the same time, of entries
// by their places in the message's list.
type round [][]int

// order is a way in which each message's entries travel.
type order struct {
	id, title, requirement string
	clauses                []string
	// rounds arranges entries that are sorted by time; arrived are their places as
	// they came, last are those that must arrive. Nothing: the order says nothing of
	// such a message.
	rounds func(sorted []entry, arrived []int, last []bool) []round
}

// Orders are how many orders a replay plays.
type Orders string

// The depths of a replay.
const (
	AsRecorded Orders = ""
	Quick      Orders = "quick"
	Standard   Orders = "standard"
)

// single is a request for each entry.
func single(places []int) []round {
	var all []round
	for _, p := range places {
		all = append(all, round{{p}})
	}
	return all
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func backwards(n int) []int {
	all := upTo(n)
	slices.Reverse(all)
	return all
}

// finals are the places of those that must arrive, others those of the rest.
func finals(last []bool) (final, others []int) {
	for i, l := range last {
		if l {
			final = append(final, i)
		} else {
			others = append(others, i)
		}
	}
	return final, others
}

// quick are orders that receivers get wrong most often.
var quick = []order{
	{"replay/as-they-came", "each message's entries in the order in which they came", "", []string{"order"},
		func(_ []entry, arrived []int, _ []bool) []round { return single(arrived) }},
	{"replay/in-order", "each message's entries by time, the oldest first", "", []string{"order"},
		func(s []entry, _ []int, _ []bool) []round { return single(upTo(len(s))) }},
	{"replay/reversed", "each message's entries by time, the newest first", "", []string{"order"},
		func(s []entry, _ []int, _ []bool) []round { return several(len(s), single(backwards(len(s)))) }},
	{"replay/reversed-in-one-batch", "each message's entries in one request, the newest first", "",
		[]string{"order", "batch"},
		func(s []entry, _ []int, _ []bool) []round { return several(len(s), []round{{backwards(len(s))}}) }},
	{"replay/twice", "each message's entries by time, and then all of them once more", "",
		[]string{"at-least-once", "order"},
		func(s []entry, _ []int, _ []bool) []round { return single(append(upTo(len(s)), upTo(len(s))...)) }},
	{"replay/last-only", "of each message the last change alone", "", []string{"gaps"},
		func(s []entry, _ []int, last []bool) []round {
			final, others := finals(last)
			return several(len(others)+1, []round{{final}})
		}},
	{"replay/at-once", "each message's last change beside the others, on two connections", "", []string{"order"},
		func(s []entry, _ []int, last []bool) []round {
			final, others := finals(last)
			if len(others) == 0 {
				return nil
			}
			return []round{{final, others}}
		}},
}

// several are the rounds of a message that has more than one entry; of one alone
// another order shows that one already.
func several(entries int, r []round) []round {
	if entries < 2 {
		return nil
	}
	return r
}

// every is the order that deals all schedules within a bound to the messages, so
// that each is played, with as few plays as there are messages where they suffice.
const everyID = "replay/every-order"

// shapes are the schedules of the messages, by what became of them on which
// devices.
type shapes struct {
	schedules map[string][][]round
	messages  map[string]int // how many were dealt to
}

// bound is how far every order goes: with two devices there are many more.
func bound(devices int) scenarios.Bound {
	if devices > 1 {
		return scenarios.Bound{Entries: 3, Copies: 1}
	}
	return scenarios.Bound{Entries: 3, Copies: 2}
}

// shapeOf is what schedules depend on.
func shapeOf(sorted []entry, last []bool) string {
	names := map[string]int{}
	var text string
	for i, e := range sorted {
		d, known := names[e.event.DeviceToken]
		if !known {
			d = len(names)
			names[e.event.DeviceToken] = d
		}
		text += fmt.Sprintf("%d.%s.%v ", d, e.event.DeliveryStatus, last[i])
	}
	return text
}

// of are the schedules of a message's shape, as rounds of its entries.
func (s *shapes) of(sorted []entry, last []bool) (shape string, all [][]round) {
	shape = shapeOf(sorted, last)
	if all, ok := s.schedules[shape]; ok {
		return shape, all
	}
	events := make([]mocksender.Event, len(sorted))
	for i, e := range sorted {
		events[i] = e.event
	}
	recorded, err := scenarios.FromRequests("", []scenarios.Recorded{{Entries: events}})
	if err == nil && len(recorded.Messages) == 1 {
		m := recorded.Messages[0]
		place := map[scenarios.Ref]int{}
		for i, ref := range recorded.Steps[0].Batch {
			place[ref] = i
		}
		for schedule := range scenarios.Interleavings(m, bound(len(m.Devices))) {
			if rounds, ok := placed(schedule, place); ok {
				all = append(all, rounds)
			}
		}
	}
	s.schedules[shape] = all
	return shape, all
}

// placed is the schedule in places; not ok where it has an entry that was not
// recorded.
func placed(s scenarios.Schedule, place map[scenarios.Ref]int) (rounds []round, ok bool) {
	for _, r := range s.Rounds {
		var out round
		for _, batch := range r {
			var places []int
			for _, ref := range batch {
				p, known := place[ref]
				if !known {
					return nil, false
				}
				places = append(places, p)
			}
			out = append(out, places)
		}
		rounds = append(rounds, out)
	}
	return rounds, true
}

// words are the rounds in the words of scenarios.Schedule.
func words(sorted []entry, rounds []round) string {
	var s scenarios.Schedule
	for _, r := range rounds {
		var out scenarios.Round
		for _, batch := range r {
			var refs []scenarios.Ref
			for _, p := range batch {
				refs = append(refs, scenarios.Ref{Status: sorted[p].event.DeliveryStatus})
			}
			out = append(out, refs)
		}
		s.Rounds = append(s.Rounds, out)
	}
	return s.String()
}
