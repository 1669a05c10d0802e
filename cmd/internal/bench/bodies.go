package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/ctxpush/ctxpush/fixtures/traffic"
	"github.com/ctxpush/ctxpush/mocksender"
)

// entry is an entry as encoding/json writes it.
type entry struct {
	DeviceToken           string                    `json:"device_token,omitempty"`
	UserID                string                    `json:"user_id"`
	CampaignID            string                    `json:"campaign_id"`
	IdempotencyKey        string                    `json:"idempotency_key"`
	DeliveryStatus        mocksender.DeliveryStatus `json:"delivery_status"`
	DeliveryMethod        mocksender.DeliveryMethod `json:"delivery_method"`
	PlannedDeliveryMethod mocksender.DeliveryMethod `json:"planned_delivery_method"`
	Timestamp             string                    `json:"timestamp"`
	Content               json.RawMessage           `json:"content"`
}

// bodies measures how fast bodies are made on one core, beside encoding/json on
// the same entries.
func bodies(ctx context.Context, w io.Writer, long time.Duration) error {
	const sample = 64
	t, err := traffic.New(traffic.Options{Seed: 1})
	if err != nil {
		return err
	}
	m := t.Maker()
	var body []byte
	next := func() ([]byte, error) {
		id, _ := m.Next()
		body, _ = m.Append(body[:0], id)
		t.Settled(id, true)
		return body, nil
	}
	var batches [][]entry
	for range sample {
		body, _ := next()
		var b []entry
		if err := json.Unmarshal(body, &b); err != nil {
			return err
		}
		batches = append(batches, b)
	}
	n := 0
	marshal := func() ([]byte, error) {
		n++
		return json.Marshal(batches[n%sample])
	}
	fmt.Fprintln(w, "\nMaking bodies, on one core:")
	ours, err := speed(ctx, w, "ctxpush", long, next)
	if err != nil {
		return err
	}
	theirs, err := speed(ctx, w, "encoding/json", long, marshal)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "ratio: %.1f×\n", ours/theirs)
	return nil
}

// speed prints and tells how many bytes a way of making bodies makes in a second
// of a core's time.
func speed(ctx context.Context, w io.Writer, name string, long time.Duration, next func() ([]byte, error)) (float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, used := time.Now(), selfCPU()
	bytes, n := 0, 0
	for time.Since(start) < long {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		body, err := next()
		if err != nil {
			return 0, err
		}
		bytes += len(body)
		n++
	}
	took := time.Since(start)
	if own := selfCPU() - used; own > 0 {
		took = own // what others do meanwhile on the core is not this way's cost
	}
	runtime.ReadMemStats(&after)
	perSecond := float64(bytes) / took.Seconds()
	fmt.Fprintf(w, "  %-14s %.2f GB/s, %.1f µs a body of %.1f kB, %.2f allocations a body\n", name, perSecond/1e9,
		took.Seconds()*1e6/float64(n), float64(bytes)/float64(n)/1e3, float64(after.Mallocs-before.Mallocs)/float64(n))
	return perSecond, nil
}
