package subject

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

const (
	// LatePatience is how many times the time to settle one latecomer is waited for
	// after another has come.
	LatePatience = 10
	// lateShare is how many times the duration of a question passes until the next
	// one: asking for what may be wrong for good is not to load the receiver.
	lateShare = 10
	// lateEvery is the shortest time between two questions.
	lateEvery = 50 * time.Millisecond
)

// Latecomers are states that were wrong when the time to settle was over and may
// come right yet: the page sets no time. Their methods may be called side by side.
type Latecomers struct {
	// Arrived is told of states that have come right; nil is nobody. It is set before
	// any is awaited.
	Arrived func([]scenarios.Want)

	prober probe.Prober
	settle func() time.Duration

	asking  sync.Mutex // one question at a time
	mu      sync.Mutex
	waiting []*Latecomer
	came    time.Time // when the last one came; zero: none did
}

// Latecomer is the states of one message, or of one play.
type Latecomer struct {
	all   *Latecomers
	wants []scenarios.Want
	since time.Time
	took  time.Duration // until all were right; 0: they are not
}

// Await goes on asking for states that were wrong, and that were due since then.
func (l *Latecomers) Await(wants []scenarios.Want, since time.Time) *Latecomer {
	w := &Latecomer{all: l, wants: wants, since: since}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, w)
	return w
}

// Took is how long the states took to become right; 0 where they did not.
func (w *Latecomer) Took() time.Duration {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	return w.took
}

// Came is when the last one came right; zero: none did.
func (l *Latecomers) Came() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.came
}

// Watched has them asked for, now and then, until stop is called or ctx is done.
func (l *Latecomers) Watched(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { l.watch(ctx) })
	return func() {
		cancel()
		watching.Wait()
	}
}

func (l *Latecomers) watch(ctx context.Context) {
	for pause := lateEvery; Pause(ctx, pause) == nil; {
		began := time.Now()
		_ = l.look(ctx) // a receiver that is down is asked again
		pause = max(lateEvery, lateShare*time.Since(began))
	}
}

// LastLook asks for those that still wait a last time: when each has had twice the
// time to settle, and as long as others come, until none did for ten times as long.
// Who has not come by then is forgotten.
func (l *Latecomers) LastLook(ctx context.Context) error {
	defer l.forget()
	if err := Pause(ctx, time.Until(l.youngest().Add(2*l.settle()))); err != nil {
		return err
	}
	for {
		began := time.Now()
		if err := l.look(ctx); err != nil {
			return err
		}
		if !l.isHopeful() {
			return nil
		}
		if err := Pause(ctx, max(lateEvery, time.Since(began))); err != nil {
			return err
		}
	}
}

// look asks for all that wait, once.
func (l *Latecomers) look(ctx context.Context) error {
	l.asking.Lock()
	defer l.asking.Unlock()
	l.mu.Lock()
	asked := slices.Clone(l.waiting)
	l.mu.Unlock()
	if len(asked) == 0 {
		return nil
	}
	var keys []mocksender.Key
	for _, w := range asked {
		for _, want := range w.wants {
			keys = append(keys, want.Key)
		}
	}
	states, err := l.prober.States(ctx, keys)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for _, w := range asked {
		own := states[:len(w.wants)]
		states = states[len(w.wants):]
		if areRight(w.wants, own) {
			w.took, l.came = now.Sub(w.since), now
			if l.Arrived != nil {
				l.Arrived(w.wants)
			}
		}
	}
	l.waiting = slices.DeleteFunc(l.waiting, func(w *Latecomer) bool { return w.took > 0 })
	return nil
}

func areRight(wants []scenarios.Want, states []*state.State) bool {
	for i, w := range wants {
		if !state.IsRight(w, states[i]) {
			return false
		}
	}
	return true
}

// youngest is when the last of those that wait was due; zero: none waits.
func (l *Latecomers) youngest() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	var last time.Time
	for _, w := range l.waiting {
		if w.since.After(last) {
			last = w.since
		}
	}
	return last
}

// isHopeful tells whether one waits, and another has come lately.
func (l *Latecomers) isHopeful() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting) > 0 && time.Since(l.came) < LatePatience*l.settle()
}

func (l *Latecomers) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = nil
}
