package explore

import (
	"slices"

	"github.com/ctxpush/ctxpush/scenarios"
)

// fewEntries is how many entries a schedule has whose order comes first: the orders
// of two and three find most.
const fewEntries = 3

// kindOfSchedule is what schedules have in common of which one is as good as
// another: the history and the manner of arrival, how many entries, batches and
// requests there are, and whether two are at once.
type kindOfSchedule struct {
	order             order
	entries, requests int
	atOnce            bool
}

// mostDifferentFirst are the schedules in an order of which each beginning has
// as many kinds as can be: those of few entries first, and then one of each kind
// in turn. The same schedules have the same order.
func mostDifferentFirst(all []scenarios.Schedule) []scenarios.Schedule {
	var kinds [2][]kindOfSchedule // of few entries, and of more
	members := map[kindOfSchedule][]scenarios.Schedule{}
	for _, s := range all {
		k := kindOfSchedule{orderOf(s), s.Entries(), s.Requests(), s.AtOnce()}
		if members[k] == nil {
			tier := 0
			if k.entries > fewEntries {
				tier = 1
			}
			kinds[tier] = append(kinds[tier], k)
		}
		members[k] = append(members[k], s)
	}
	arranged := make([]scenarios.Schedule, 0, len(all))
	for _, tier := range kinds {
		for round := 0; len(tier) > 0; round++ {
			tier = slices.DeleteFunc(tier, func(k kindOfSchedule) bool { return round >= len(members[k]) })
			for _, k := range tier {
				// From the middle on, and not from where all begin alike.
				own := members[k]
				arranged = append(arranged, own[(round+len(own)/2)%len(own)])
			}
		}
	}
	return arranged
}
