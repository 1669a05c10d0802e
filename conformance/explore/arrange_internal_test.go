package explore

import (
	"slices"
	"testing"

	"github.com/ctxpush/ctxpush/scenarios"
)

func TestTheMostDifferentComeFirst(t *testing.T) {
	for _, e := range scenarios.Explorations(scenarios.Standard, scenarios.ByDevice) {
		all := slices.Collect(e.Schedules())
		arranged := mostDifferentFirst(all)
		if len(arranged) != len(all) {
			t.Fatalf("%s: %d schedules of %d", e.Check.ID, len(arranged), len(all))
		}
		texts := func(schedules []scenarios.Schedule) []string {
			list := make([]string, len(schedules))
			for i, s := range schedules {
				list[i] = historyOf(s.Message) + ": " + s.String()
			}
			return list
		}
		got, want := texts(arranged), texts(all)
		if slices.Sort(got); !slices.Equal(got, sorted(want)) {
			t.Errorf("%s: not the same schedules", e.Check.ID)
		}
		if again := texts(mostDifferentFirst(all)); !slices.Equal(again, texts(arranged)) {
			t.Errorf("%s: another order the second time", e.Check.ID)
		}
		// A tenth has all orders of few entries that there are.
		orders := func(schedules []scenarios.Schedule) map[order]bool {
			seen := map[order]bool{}
			for _, s := range schedules {
				if s.Entries() <= fewEntries {
					seen[orderOf(s)] = true
				}
			}
			return seen
		}
		few := 0
		for _, s := range all {
			if s.Entries() <= fewEntries {
				few++
			}
		}
		if some := orders(arranged[:min(few, len(all)/10)]); len(some) < len(orders(all)) {
			t.Errorf("%s: a tenth has %d of %d orders", e.Check.ID, len(some), len(orders(all)))
		}
	}
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
