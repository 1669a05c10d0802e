package scenarios

import (
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// The bounds of a user's file, all its scenarios together: a stranger's may ask
// for hours and floods.
const (
	// MaxWaits is how long its steps may wait, and its outages last.
	MaxWaits = 10 * time.Minute
	// MaxEntries is how many entries it may send, copies and retries aside.
	MaxEntries = 10_000
)

// Bounded says how a check goes beyond MaxWaits or MaxEntries; nil where it does
// not. The error is a *strictyaml.Error.
func (c Check) Bounded() error {
	var wait time.Duration
	entries := 0
	for _, s := range c.Scenarios {
		entries += s.Size().Entries
		for _, step := range s.Steps {
			wait += step.Wait + step.Lasts
		}
	}
	switch {
	case wait > MaxWaits:
		return &strictyaml.Error{File: c.File, Msg: fmt.Sprintf("its steps wait for %v in all: want at most %v, or --no-bounds", wait, MaxWaits)}
	case entries > MaxEntries:
		return &strictyaml.Error{File: c.File, Msg: fmt.Sprintf("its steps send %d entries in all: want at most %d, or --no-bounds", entries, MaxEntries)}
	}
	return nil
}
