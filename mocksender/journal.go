package mocksender

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// Journal records attempts as they end. It may be used at once by several
// goroutines and senders. The zero Journal is empty and ready for use.
type Journal struct {
	mu       sync.Mutex
	attempts []Attempt
}

// add records an attempt; the nil Journal forgets it.
func (j *Journal) add(a Attempt) {
	if j == nil {
		return
	}
	j.mu.Lock()
	j.attempts = append(j.attempts, a)
	j.mu.Unlock()
}

// Attempts are all attempts that have ended so far, in the order in which they
// began.
func (j *Journal) Attempts() []Attempt {
	j.mu.Lock()
	attempts := slices.Clone(j.attempts)
	j.mu.Unlock()
	slices.SortStableFunc(attempts, func(a, b Attempt) int { return a.Start.Compare(b.Start) })
	return attempts
}

// Timeline writes the attempts, one line each, with the time since the first
// one's start in front. The error is w's.
func (j *Journal) Timeline(w io.Writer) error {
	attempts := j.Attempts()
	for _, a := range attempts {
		offset := a.Start.Sub(attempts[0].Start).Seconds()
		if _, err := fmt.Fprintf(w, "%+10.3fs  %s\n", offset, a.Line()); err != nil {
			return err
		}
	}
	return nil
}
