//go:build unix

package torture

import (
	"sync"
	"testing"
	"time"
)

// A few random moments; make torture plays many, and wants each to end within a
// second, which a busy machine can't promise.
func TestInterruptions(t *testing.T) {
	const seed, moments, patience = 1, 10, 30 * time.Second
	free := make(chan struct{}, 4)
	var all sync.WaitGroup
	for _, i := range Interruptions(seed, moments) {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			i, err := program.Interrupt(t.Context(), i, patience)
			if err != nil {
				t.Errorf("%s: %v", i, err)
			}
			for _, wrong := range i.Wrong {
				t.Errorf("%s: %s", i, wrong)
			}
		})
	}
	all.Wait()
}
