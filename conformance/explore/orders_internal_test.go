package explore

import (
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
)

func TestMannersOfExploredSchedules(t *testing.T) {
	type way struct{ history, schedule string }
	const long = "pending → delivered → opened"
	want := map[way]event.Manner{
		{long, "pending, delivered, opened"}:                                    event.InOrder,
		{long, "pending + delivered + opened"}:                                  event.InOrder,
		{long, "opened"}:                                                        event.WithGaps,
		{long, "pending, opened"}:                                               event.WithGaps,
		{long, "pending, pending, delivered, opened"}:                           event.Copied,
		{long, "opened, opened"}:                                                event.Copied,
		{long, "opened, pending"}:                                               event.Mingled,
		{long, "opened + delivered, opened"}:                                    event.Mingled,
		{long, "pending || opened"}:                                             event.AtOnce,
		{"pending | pending", "a.pending, b.pending"}:                           event.InOrder,
		{"pending | pending", "b.pending, a.pending"}:                           event.InOrder,
		{"pending → delivered | pending", "a.delivered, b.pending"}:             event.WithGaps,
		{"pending → delivered | pending", "a.delivered + a.pending, b.pending"}: event.Mingled,
		{"pending → cancelled", "pending, cancelled"}:                           event.InOrder,
		{"pending → cancelled", "cancelled, pending"}:                           event.Mingled,
		{"(pending | pending) → cancelled", "b.pending, cancelled"}:             event.WithGaps,
		{"(pending | pending) → cancelled", "cancelled, a.pending"}:             event.Mingled,
	}
	for _, e := range scenarios.Explorations(scenarios.Standard, scenarios.ByDevice) {
		for s := range e.Schedules() {
			w := way{historyOf(s.Message), s.String()}
			if manner, ok := want[w]; ok {
				if got := mannerOf(s); got != manner {
					t.Errorf("%s of %s arrives %q: want %q", w.schedule, w.history, got, manner)
				}
				delete(want, w)
			}
		}
	}
	for w := range want {
		t.Errorf("no schedule %s of %s", w.schedule, w.history)
	}
}
