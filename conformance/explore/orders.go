package explore

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// order is what schedules have in common that are counted together.
type order struct {
	history string
	manner  event.Manner
}

// counted is how many schedules of an order were played, and how many failed.
type counted struct{ played, failed int }

// orderOf is the order that the schedule belongs to.
func orderOf(s scenarios.Schedule) order {
	return order{historyOf(s.Message), mannerOf(s)}
}

// historyOf is the message's true history in one line, its devices side by side.
func historyOf(m scenarios.Message) string {
	devices := make([]string, len(m.Devices))
	for i, d := range m.Devices {
		changes := make([]string, len(d.History))
		for j, c := range d.History {
			changes[j] = string(c.Status)
		}
		devices[i] = strings.Join(changes, " → ")
	}
	history := strings.Join(devices, " | ")
	if m.Cancelled != nil {
		if len(devices) > 1 {
			history = "(" + history + ")"
		}
		history += " → " + string(m.Cancelled.Status)
	}
	return history
}

// mannerOf is in which manner the schedule's entries arrive.
func mannerOf(s scenarios.Schedule) event.Manner {
	if s.AtOnce() {
		return event.AtOnce
	}
	total := 0
	for _, d := range s.Message.Devices {
		total += len(d.History)
	}
	if s.Message.Cancelled != nil {
		total++
	}
	var (
		newest  = map[string]int{} // the furthest change so far, by device
		seen    = map[scenarios.Ref]bool{}
		copied  bool
		mingled bool
	)
	for _, round := range s.Rounds {
		for _, batch := range round {
			for _, ref := range batch {
				if ref.Device == "" && ref.Status != mocksender.Cancelled {
					ref.Device = s.Message.Devices[0].Name // the only one
				}
				place := s.Message.Place(ref)
				// A cancellation is of all devices, so that whatever comes after it is late.
				mingled = mingled || place < newest[ref.Device] || ref.Status != mocksender.Cancelled && place < newest[""]
				newest[ref.Device] = max(newest[ref.Device], place)
				copied = copied || seen[ref]
				seen[ref] = true
			}
		}
	}
	switch {
	case mingled:
		return event.Mingled
	case copied:
		return event.Copied
	case len(seen) < total:
		return event.WithGaps
	}
	return event.InOrder
}

// counts are the counters in the order of the histories, by their length, and of
// the manners.
func counts(orders map[order]*counted) []event.Orders {
	all := make([]event.Orders, 0, len(orders))
	for o, c := range orders {
		all = append(all, event.Orders{History: o.history, Manner: o.manner, Schedules: c.played, Failed: c.failed})
	}
	slices.SortFunc(all, func(a, b event.Orders) int {
		return cmp.Or(
			cmp.Compare(strings.Count(a.History, " "), strings.Count(b.History, " ")),
			cmp.Compare(a.History, b.History),
			cmp.Compare(slices.Index(event.Manners, a.Manner), slices.Index(event.Manners, b.Manner)))
	})
	return all
}
