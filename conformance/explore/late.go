package explore

import (
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
)

// isSlow tells whether a state has become right after it had been looked at.
func (t *tally) isSlow() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.slow
}

// pace is how many schedules travel side by side at most.
func (t *tally) pace() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.most
}

func (t *tally) setPace(size int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.most = min(batchSize, max(leastSize, size))
}

// WithoutLate is the result without the failures of states that have come right
// since: they were late.
func (r Result) WithoutLate() Result {
	orders := slices.Clone(r.Orders)
	var groups []Group
	for _, g := range r.Groups {
		var wrong []member
		for _, m := range g.members {
			took := m.took()
			if took == 0 {
				wrong = append(wrong, m)
				continue
			}
			r.Late = max(r.Late, took)
			excuse(orders, orderOf(m.schedule))
		}
		if len(wrong) < len(g.members) {
			g.members = wrong
			g.represent()
			g.Scenario = g.schedule.Scenario(r.judge)
		}
		if g.Count > 0 {
			groups = append(groups, g)
		}
	}
	r.Groups, r.Orders = groups, orders
	return r
}

// MayBeLate tells whether all that failed are states that may come right yet.
func (r Result) MayBeLate() bool {
	for _, g := range r.Groups {
		if len(g.members) == 0 || slices.ContainsFunc(g.members, func(m member) bool { return m.late == nil }) {
			return false
		}
	}
	return len(r.Groups) > 0
}

// Has tells whether a schedule failed with the symptom.
func (r Result) Has(s state.Symptom) bool {
	return slices.ContainsFunc(r.Groups, func(g Group) bool { return g.Symptom == s })
}

// took is how long the member's states took to come right; 0: they did not.
func (m member) took() time.Duration {
	if m.late == nil {
		return 0
	}
	return m.late.Took()
}

// excuse takes a failed schedule out of those of its order.
func excuse(orders []event.Orders, of order) {
	for i := range orders {
		if (order{orders[i].History, orders[i].Manner}) == of {
			orders[i].Failed--
		}
	}
}
