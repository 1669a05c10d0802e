//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/cmd/internal/torture"
)

// within is how long a run may go on after a signal, one with containers a few
// seconds longer.
const within = time.Second

// interrupt plays n interruptions, and prints each.
func interrupt(ctx context.Context, p torture.Program, seed uint64, n, parallel int) error {
	if remove, err := p.Contain(ctx); err == nil {
		defer remove()
	} else {
		fmt.Fprintln(os.Stderr, "torture: NO RUN WITH CONTAINERS IS INTERRUPTED:", err)
	}
	begin := time.Now()
	free := make(chan struct{}, max(1, parallel))
	var all sync.WaitGroup
	var mu sync.Mutex
	var broke error
	wrong, slowest := 0, time.Duration(0)
	for _, i := range p.Interruptions(seed, n) {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			if ctx.Err() != nil {
				return
			}
			i, err := p.Interrupt(ctx, i, within)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				broke = fmt.Errorf("%s: %w", i, err)
				return
			}
			i.Write(os.Stdout)
			slowest = max(slowest, i.Took)
			if len(i.Wrong) > 0 {
				wrong++
			}
		})
	}
	all.Wait()
	fmt.Printf("\n%d moments from seed %d, %d wrong, the slowest end %d ms after its signal, in %.0f s\n", n, seed, wrong, slowest.Milliseconds(), time.Since(begin).Seconds())
	if wrong > 0 && broke == nil {
		broke = fmt.Errorf("%d of %d interruptions are wrong: see above", wrong, n)
	}
	return broke
}
