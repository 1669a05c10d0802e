package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/fixtures/traffic"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/redact"
	"github.com/ctxpush/ctxpush/scenarios"
)

const (
	// verifiers are the goroutines that make, ask and compare; each asks for
	// perRound states at once, which a bulk probe does in four requests.
	verifiers = 2
	perRound  = 800

	// probePatience is how long a probe that fails in passing is asked again.
	probePatience = 10 * time.Second
	probePause    = 100 * time.Millisecond
)

// truth is what must be true of the messages that were sent.
type truth interface {
	// Sent are the numbers of the messages of which an entry was sent.
	Sent() iter.Seq[uint64]
	// Judged says that the last change of each of the message's histories was
	// acknowledged.
	Judged(i uint64) bool
	Message(i uint64) traffic.Message
}

var _ truth = (*traffic.Traffic)(nil)

// tally counts while states are looked at.
type tally struct{ messages, checked, wrong, missing, notJudged atomic.Uint64 }

// verifier looks at final states.
type verifier struct {
	truth    truth
	prober   probe.Prober
	identity scenarios.Identity
	ignores  []mocksender.DeliveryStatus
	epoch    time.Time
	hidden   *redact.Redactor
	tally    *tally

	mu    sync.Mutex
	first []finding // the maxExamples with the lowest numbers, in their order
}

// finding is a state that is not as it must be.
type finding struct {
	index  uint64
	want   scenarios.Want
	got    *event.State
	detail string
}

// verify looks at the states once settled is over, so that a wrong one had all
// the time that it may take, and one that was right at first and is changed by a
// late job is found. The error is the probe's, or ctx's; what was found until
// then is returned with it.
func (v *verifier) verify(ctx context.Context, mode Verification, settled time.Time) (Verify, error) {
	found := Verify{Mode: mode.String(), Examples: []Example{}}
	if !mode.All && mode.Sample == 0 {
		return found, nil
	}
	if err := sleep(ctx, time.Until(settled)); err != nil {
		return found, err
	}
	begin := time.Now()
	err := v.look(ctx, v.chosen(mode))
	found.DurationS = time.Since(begin).Seconds()
	found.Messages, found.Checked = v.tally.messages.Load(), v.tally.checked.Load()
	found.Wrong, found.Missing, found.NotJudged = v.tally.wrong.Load(), v.tally.missing.Load(), v.tally.notJudged.Load()
	found.StatesPerS = per(found.Checked, found.DurationS)
	if ctx.Err() == nil {
		found.Examples = v.examples(ctx, settled)
	}
	return found, err
}

// chosen are the messages to look at: all, or a sample spread over them.
func (v *verifier) chosen(mode Verification) iter.Seq[uint64] {
	if mode.All {
		return v.truth.Sent()
	}
	total := uint64(0)
	for range v.truth.Sent() {
		total++
	}
	if total <= mode.Sample {
		return v.truth.Sent()
	}
	return func(yield func(uint64) bool) {
		share, at := float64(mode.Sample)/float64(total), 0.0
		for i := range v.truth.Sent() {
			if at += share; at < 1 {
				continue
			}
			at--
			if !yield(i) {
				return
			}
		}
	}
}

// look asks for the states of the messages and compares them.
func (v *verifier) look(ctx context.Context, messages iter.Seq[uint64]) error {
	group, ctx := errgroup.WithContext(ctx)
	rounds := make(chan []uint64, verifiers)
	group.Go(func() error {
		defer close(rounds)
		const messagesPerRound = perRound / 2
		round := make([]uint64, 0, messagesPerRound)
		hand := func() bool {
			select {
			case rounds <- round:
				round = make([]uint64, 0, messagesPerRound)
				return true
			case <-ctx.Done():
				return false
			}
		}
		for i := range messages {
			if round = append(round, i); len(round) == messagesPerRound && !hand() {
				return ctx.Err()
			}
		}
		if len(round) > 0 {
			hand()
		}
		return ctx.Err()
	})
	for range verifiers {
		group.Go(func() error {
			var r round
			for indexes := range rounds {
				if err := v.round(ctx, &r, indexes); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// round is one question, and room to make the next.
type round struct {
	wants     []scenarios.Want
	of        []uint64 // the message of each want
	keys      []mocksender.Key
	describer describer
}

func (v *verifier) round(ctx context.Context, r *round, indexes []uint64) error {
	r.wants, r.of, r.keys = r.wants[:0], r.of[:0], r.keys[:0]
	for _, i := range indexes {
		v.prepare(r, i)
	}
	for _, w := range r.wants {
		r.keys = append(r.keys, w.Key)
	}
	states, err := v.ask(ctx, r.keys)
	if err != nil {
		return err
	}
	for n, w := range r.wants {
		if detail, differs := state.Compare(w, states[n]); differs {
			if states[n] == nil {
				v.tally.missing.Add(1)
			} else {
				v.tally.wrong.Add(1)
			}
			v.keep(finding{r.of[n], w, states[n], detail.String()})
		}
	}
	v.tally.checked.Add(uint64(len(r.wants)))
	v.tally.messages.Add(uint64(len(indexes)))
	return nil
}

// prepare adds what must be true of message i, as far as that can be judged.
func (v *verifier) prepare(r *round, i uint64) {
	m := v.truth.Message(i)
	from := len(r.wants)
	var open int
	r.wants, open = r.describer.wants(r.wants, &m, v.identity, v.epoch)
	if !v.truth.Judged(i) {
		v.tally.notJudged.Add(uint64(open + len(r.wants) - from))
		r.wants = r.wants[:from]
		return
	}
	kept := r.wants[:from]
	for _, w := range r.wants[from:] {
		if slices.Contains(v.ignores, w.Status) {
			open++
			continue
		}
		kept = append(kept, w)
		r.of = append(r.of, i)
	}
	r.wants = kept
	v.tally.notJudged.Add(uint64(open))
}

// ask asks the probe, again for a while where it fails in passing: a receiver
// that has just been under load may need a moment.
func (v *verifier) ask(ctx context.Context, keys []mocksender.Key) ([]*event.State, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	giveUp := time.Now().Add(probePatience)
	for {
		states, err := v.prober.States(ctx, keys)
		if err == nil && len(states) != len(keys) {
			err = fmt.Errorf("probe: gave %d states for %d keys: want as many", len(states), len(keys))
		}
		var e *probe.Error
		if err == nil || ctx.Err() != nil || !errors.As(err, &e) || !e.Temporary || time.Now().After(giveUp) {
			return states, err
		}
		if sleep(ctx, probePause) != nil {
			return nil, err
		}
	}
}

// keep keeps a finding if it is one of the first.
func (v *verifier) keep(f finding) {
	v.mu.Lock()
	defer v.mu.Unlock()
	at, _ := slices.BinarySearchFunc(v.first, f, func(a, b finding) int {
		switch {
		case a.index != b.index:
			return int(min(max(int64(a.index)-int64(b.index), -1), 1))
		case a.want.Device < b.want.Device:
			return -1
		}
		return 1
	})
	if at < maxExamples {
		f.want.Content = slices.Clone(f.want.Content)
		v.first = slices.Insert(v.first, at, f)
		v.first = v.first[:min(len(v.first), maxExamples)]
	}
}

// sleep waits for d, or for ctx's end.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
