package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Faults are what goes wrong on purpose. The first three are shares, 0 to 1, of
// all entries, the next three of all attempts.
type Faults struct {
	// Duplicate sends an entry again with a later request.
	Duplicate float64 `json:"duplicate" minimum:"0" maximum:"1"`
	// Reorder holds an entry back for a later request.
	Reorder float64 `json:"reorder" minimum:"0" maximum:"1"`
	// Drop leaves out an entry that is not its device's last.
	Drop float64 `json:"drop" minimum:"0" maximum:"1"`
	// LostAck cuts the connection as the answer begins to come.
	LostAck float64 `json:"lost-ack" minimum:"0" maximum:"1"`
	// Slow sends the body in pieces.
	Slow float64 `json:"slow" minimum:"0" maximum:"1"`
	// Reset cuts the connection in the middle of the body.
	Reset float64 `json:"reset" minimum:"0" maximum:"1"`
	// OutageUntil is until when no attempt reaches the webhook, by the service's
	// clock.
	OutageUntil time.Time `json:"outage_until,omitzero"`
	// LoseNextAck strikes the next attempt, once.
	LoseNextAck bool `json:"lose_next_ack,omitempty"`
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

// of is what strikes one attempt, nil if nothing does; x is drawn from [0, 1).
func (f *Faults) of(x float64, now time.Time) mocksender.Fault {
	switch {
	case now.Before(f.OutageUntil):
		return outage{}
	case f.LoseNextAck:
		f.LoseNextAck = false
		return mocksender.LostAck{}
	case x < f.LostAck:
		return mocksender.LostAck{}
	case x < f.LostAck+f.Slow:
		return mocksender.SlowBody{}
	case x < f.LostAck+f.Slow+f.Reset:
		return mocksender.CutBody{}
	}
	return nil
}

// outage is a receiver that can't be reached.
type outage struct{}

var errOutage = errors.New("the receiver can't be reached: an outage on purpose")

func (outage) Name() string { return "outage" }

func (outage) Strike(context.Context, *mocksender.Exchange) (mocksender.Answer, error) {
	return mocksender.Answer{}, errOutage
}
