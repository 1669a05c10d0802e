package mocksender_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/internal/strict"
)

// Everything that the sender sends holds to the contract: each request to the
// byte, each entry as it was given, a batch's retries among themselves, and all
// entries of a message together.
func TestContractOfManyBatches(t *testing.T) {
	batches := manyBatches
	if testing.Short() {
		batches = min(batches, 2_000)
	}
	for i, protocol := range []string{strict.Protocol2025, strict.Protocol2026} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			seed := fixtures.Seed(i + 1)
			v := newVolume(t, protocol, uint64(seed))
			all := newTraffic(t, seed, 3_000)
			begin := time.Now()
			for _, events := range all.batches {
				v.deliver(events)
			}
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			for v.batches < batches {
				v.deliver(all.batch(r))
			}
			if v.receiver.connections != 1 {
				t.Errorf("%d connections, want 1 that is used again", v.receiver.connections)
			}
			t.Logf("%d batches (%d as in the catalogue), %d requests, %d entries, %d MB in %v", v.batches, len(all.batches),
				v.requests, v.entries, v.bytes>>20, time.Since(begin).Round(time.Millisecond))
		})
	}
}

// volume is one sender, its strict receiver and what has been sent.
type volume struct {
	t         *testing.T
	random    *rand.Rand
	sender    *mocksender.Sender
	receiver  *strictReceiver
	keys      strict.Keys
	histories strict.Histories

	batches, requests, entries, bytes int
}

func newVolume(t *testing.T, protocol string, seed uint64) *volume {
	v := &volume{t: t, random: rand.New(rand.NewPCG(seed, 2))}
	v.receiver = &strictReceiver{rules: strict.Rules{Protocol: protocol, Target: "/hook?a=1", Secret: secret}}
	v.receiver.listen(t)
	v.sender = &mocksender.Sender{URL: "http://" + v.receiver.rules.Host + "/hook?a=1", Secret: secret,
		Profile: mocksender.Profile(protocol), Backoff: atOnce, Seed: seed}
	t.Cleanup(v.sender.Close)
	return v
}

// replies are those to one batch: mostly an acknowledgement, at times failures
// before it, seldom so many that the batch is dropped.
func (v *volume) replies() []reply {
	failures := 0
	switch n := v.random.IntN(200); {
	case n == 0:
		failures = mocksender.MaxRetries + 1
	case n == 1:
		failures = mocksender.MaxRetries
	case n < 20:
		failures = 1 + v.random.IntN(3)
	}
	all := make([]reply, failures, failures+1)
	for i := range all {
		statuses := []int{300, 302, 307, 400, 401, 404, 413, 429, 500, 502, 503, 504}
		all[i].status = statuses[v.random.IntN(len(statuses))]
	}
	return append(all, reply{status: []int{200, 201, 202, 204}[v.random.IntN(4)]})
}

// deliver sends a batch and judges all that came of it.
func (v *volume) deliver(events []mocksender.Event) {
	v.t.Helper()
	b, err := mocksender.NewBatch(events...)
	if err != nil {
		v.t.Fatal(err)
	}
	replies := v.replies()
	v.receiver.expect(replies...)
	d := v.sender.Deliver(v.t.Context(), b)
	seen, requests, err := v.receiver.saw()
	if err != nil {
		v.t.Fatalf("batch %d: %v", v.batches, err)
	}
	if err := v.judge(d, events, seen, requests); err != nil {
		v.t.Fatalf("batch %d: %v", v.batches, err)
	}
	if want := min(len(replies), mocksender.MaxRetries+1); len(seen) != want {
		v.t.Fatalf("batch %d: %d requests came, want %d", v.batches, len(seen), want)
	}
	v.batches++
	v.requests += len(seen)
	v.entries += len(seen) * len(events)
	v.bytes += len(seen) * len(seen[0].Raw)
}

func (v *volume) judge(d mocksender.Delivery, events []mocksender.Event, seen []strict.Attempt, requests []strict.Request) error {
	if err := strict.Attempts(seen, d.Outcome == mocksender.Dropped); err != nil {
		return err
	}
	if len(d.Attempts) != len(seen) {
		return fmt.Errorf("the delivery tells %d attempts of %d", len(d.Attempts), len(seen))
	}
	first := requests[0]
	if v.receiver.rules.Protocol == strict.Protocol2026 {
		if err := v.keys.Add(first.Key); err != nil {
			return err
		}
	}
	if len(first.Entries) != len(events) {
		return fmt.Errorf("%d entries came, want %d", len(first.Entries), len(events))
	}
	for i, e := range first.Entries {
		if wrong := differs(e, events[i]); wrong != "" {
			return fmt.Errorf("entry %d: %s", i, wrong)
		}
		if err := v.histories.Add(e); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}
