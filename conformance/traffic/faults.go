package traffic

import (
	"fmt"
	"math/rand/v2"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Faults are what goes wrong on purpose: the first three are shares, 0 to 1, of all
// entries, the others of all requests.
type Faults struct {
	Duplicate, Reorder, Drop float64
	LostAck, Slow, Reset     float64
}

// Validate says which share is out of its range, nil if none is.
func (f Faults) Validate() error {
	for _, s := range []struct {
		name  string
		share float64
	}{{"duplicate", f.Duplicate}, {"reorder", f.Reorder}, {"drop", f.Drop},
		{"lost-ack", f.LostAck}, {"slow", f.Slow}, {"reset", f.Reset}} {
		if !(s.share >= 0 && s.share <= 1) {
			return fmt.Errorf("fault %s: share %v: want 0 to 1", s.name, s.share)
		}
	}
	if sum := f.LostAck + f.Slow + f.Reset; sum > 1 {
		return fmt.Errorf("faults: lost-ack, slow and reset strike a share of %v together: want at most 1", sum)
	}
	return nil
}

// strikesEntries tells whether a fault concerns entries.
func (f Faults) strikesEntries() bool { return f.Duplicate+f.Reorder+f.Drop > 0 }

// onWire are what strikes a request's first attempt; none of them: nothing.
func (f Faults) onWire(r *rand.Rand) []mocksender.Fault {
	switch x := r.Float64(); {
	case x < f.LostAck:
		return []mocksender.Fault{mocksender.LostAck{}}
	case x < f.LostAck+f.Slow:
		return []mocksender.Fault{mocksender.SlowBody{}}
	case x < f.LostAck+f.Slow+f.Reset:
		return []mocksender.Fault{mocksender.CutBody{}}
	}
	return nil
}

// bend is the rounds with entries doubled, late or left out; what must arrive
// still does. last are those that must.
func (f Faults) bend(rounds []round, last []bool, r *rand.Rand) []round {
	if !f.strikesEntries() {
		return rounds
	}
	var out []round
	var late []int
	for _, batches := range rounds {
		var kept round
		for _, batch := range batches {
			var places []int
			for _, p := range batch {
				dropped := !last[p] && r.Float64() < f.Drop
				held := !dropped && r.Float64() < f.Reorder
				if dropped || held {
					if held {
						late = append(late, p)
					}
					continue
				}
				places = append(places, p)
				if r.Float64() < f.Duplicate {
					late = append(late, p)
				}
			}
			if len(places) > 0 {
				kept = append(kept, places)
			}
		}
		if len(kept) > 0 {
			out = append(out, kept)
		}
	}
	return append(out, single(late)...)
}
