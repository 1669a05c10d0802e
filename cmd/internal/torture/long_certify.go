package torture

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
	_ "github.com/ctxpush/ctxpush/conformance/receiver/builtin" // what is certified
	"github.com/ctxpush/ctxpush/conformance/report"
)

// LongCertify certifies the built-in receiver so many times in this process,
// always some side by side, each with a seed of its own. Between one batch and
// the next, when nothing goes on, memory, goroutines and files are what they
// were, or something is kept. told is told after each batch; nil is nobody.
func LongCertify(ctx context.Context, c conformance.Config, runs, parallel int, interval time.Duration, told func(done int)) (LongRun, error) {
	l := LongRun{Name: "certify"}
	if _, _, err := processNow("self"); err != nil {
		return l, err
	}
	var (
		mu               sync.Mutex
		memory, heap     = Curve{Name: residentMemory, Unit: "MiB"}, Curve{Name: heapInUse, Unit: "MiB"}
		working, files   = Curve{Name: goroutines}, Curve{Name: openFiles}
		restMemory       = Curve{Name: residentMemory + atRest, Unit: "MiB", May: 24}
		restHeap         = Curve{Name: heapInUse + atRest, Unit: "MiB", May: 2}
		restWork, restFD = Curve{Name: goroutines + atRest, May: 1}, Curve{Name: openFiles + atRest, May: 1}
	)
	begin := time.Now()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		each(interval, stop, func(at time.Duration) {
			resident, open, err := processNow("self")
			if err != nil {
				return
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			mu.Lock()
			defer mu.Unlock()
			memory.add(at, float64(resident)/mebibyte)
			heap.add(at, float64(m.HeapInuse)/mebibyte)
			working.add(at, float64(runtime.NumGoroutine()))
			files.add(at, float64(open))
		})
	}()
	requests, lowest := 0, 0
	for done := 0; done < runs && ctx.Err() == nil; {
		n := min(max(1, parallel), runs-done)
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				own := c
				own.Seed = c.Seed + uint64(done+i)
				r, err := conformance.Certify(ctx, own)
				mu.Lock()
				defer mu.Unlock()
				requests += r.Summary.Requests
				if ctx.Err() == nil && (err != nil || r.Result != report.Pass) {
					l.Wrong = append(l.Wrong, fmt.Sprintf("seed %d: %s: %s", own.Seed, r.Result, reasons(r, err)))
				}
			})
		}
		all.Wait()
		done += n
		lowest = rest(lowest)
		resident, open, err := processNow("self")
		if err != nil {
			close(stop)
			<-stopped
			return l, err
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		at := time.Since(begin)
		restMemory.add(at, float64(resident)/mebibyte)
		restHeap.add(at, float64(m.HeapInuse)/mebibyte)
		restWork.add(at, float64(runtime.NumGoroutine()))
		restFD.add(at, float64(open))
		if told != nil {
			told(done)
		}
	}
	close(stop)
	<-stopped
	l.Took = time.Since(begin)
	l.Did = fmt.Sprintf("%d runs, %d side by side, %d requests", runs, parallel, requests)
	l.Curves = []Curve{memory, heap, working, files, restMemory, restHeap, restWork, restFD}
	l.judge()
	return l, ctx.Err()
}

// restFor is how long goroutines that have been told to end may take.
const restFor = 2 * time.Second

// rest waits until no more goroutines are there than the last time, or for a
// moment, and returns how many there are. Garbage is gone then.
func rest(before int) int {
	deadline := time.Now().Add(restFor)
	for before > 0 && runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if before == 0 {
		time.Sleep(restFor / 10)
	}
	runtime.GC()
	debug.FreeOSMemory() // and what finalizers held
	return runtime.NumGoroutine()
}

// reasons are why a run did not pass.
func reasons(r conformance.Report, err error) string {
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, c := range r.Checks {
		if c.Result != event.Pass && c.Result != event.Skipped {
			all = append(all, fmt.Sprintf("%s %s: %s", c.ID, c.Result, c.Reason))
		}
	}
	return strings.Join(all, "; ")
}
