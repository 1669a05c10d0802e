//go:build unix

package torture

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A few random moments; make torture plays many, and wants each to end within a
// second, which a busy machine can't promise.
func TestInterruptions(t *testing.T) {
	const seed, moments, patience = 1, 14, 30 * time.Second
	free := make(chan struct{}, 4)
	var all sync.WaitGroup
	for _, i := range program.Interruptions(seed, moments) {
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

// needContainers skips the test where there is no engine, unless there has to
// be.
func needContainers(t *testing.T) Program {
	t.Helper()
	p := program
	remove, err := p.Contain(t.Context())
	if err == nil {
		t.Cleanup(remove)
		return p
	}
	if os.Getenv("CTXPUSH_REQUIRE_DOCKER") == "1" {
		t.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "\n*** %s IS NOT TESTED: %v\n\n", t.Name(), err)
	t.Skip(err)
	return p
}

// While a container or a project starts, is there and is removed: all of it is
// gone, and the report says that the run was interrupted.
func TestInterruptedContainers(t *testing.T) {
	p := needContainers(t)
	var all []Interruption
	for at, course := range inContainers {
		for _, after := range []time.Duration{700 * time.Millisecond, 1500 * time.Millisecond, 3 * time.Second} {
			all = append(all, Interruption{Course: course.name, After: after, Signal: []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[at%2]})
		}
	}
	all = append(all, Interruption{Course: inContainers[2].name, After: 2 * time.Second, Signal: syscall.SIGKILL})
	free := make(chan struct{}, 4)
	var playing sync.WaitGroup
	for _, i := range all {
		free <- struct{}{}
		playing.Go(func() {
			defer func() { <-free }()
			i, err := p.Interrupt(t.Context(), i, 30*time.Second)
			if err != nil {
				t.Errorf("%s: %v", i, err)
			}
			for _, wrong := range i.Wrong {
				t.Errorf("%s: %s", i, wrong)
			}
			t.Logf("%s: exit %d, %s later, report %s", i, i.Exit, i.Took.Round(time.Millisecond), i.Result)
		})
	}
	playing.Wait()
}
