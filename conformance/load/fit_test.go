package load

import (
	"testing"

	"github.com/ctxpush/ctxpush/fixtures/traffic"
)

func TestLevelsMessagesFit(t *testing.T) {
	for _, batch := range []traffic.Range{traffic.FullBatches, {Min: 1, Max: 1}, {Min: 1, Max: 40}} {
		for _, shards := range []int{1, 3} {
			for _, requests := range []uint64{0, 1, 9, 40, 100, 600} {
				o := traffic.Options{Seed: 3, Batch: batch, Shard: shards, Shards: shards, Faults: traffic.Faults{Reorder: 0.1, Duplicate: 0.1}}
				n, err := fitting(o, requests)
				if err != nil {
					t.Fatal(err)
				}
				o.Messages = n
				got, err := made(o, 1<<40)
				if err != nil {
					t.Fatal(err)
				}
				if got > max(requests, 10) || requests >= 100 && got < requests/2 {
					t.Errorf("batches %v, %d shards: %d messages make %d requests: want %d", batch, shards, n, got, requests)
				}
			}
		}
	}
	if n, err := fitting(traffic.Options{}, fitted+1); n != 0 || err != nil {
		t.Errorf("%d messages, error %v: want no end", n, err)
	}
}
