package load_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

// greetings is a Source of a thousand bodies with one entry each. A real one is
// fixtures/traffic.
type greetings struct{ named atomic.Uint64 }

func (g *greetings) Maker() load.Maker          { return g }
func (g *greetings) Finish()                    { g.named.Store(1000) }
func (g *greetings) Settled(load.BatchID, bool) {}

func (g *greetings) Next() (load.BatchID, bool) {
	n := g.named.Add(1)
	return load.BatchID(n), n <= 1000
}

func (g *greetings) Append(dst []byte, id load.BatchID) ([]byte, int) {
	return fmt.Appendf(dst, `[{"idempotency_key":"hello-%d"}]`, id), 1
}

// Two thousand requests a second, of which every tenth loses its
// acknowledgement and comes again.
func ExampleRun() {
	var came atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		came.Add(1)
	}))
	defer receiver.Close()

	result, err := load.Run(context.Background(), load.Config{
		URL:       receiver.URL,
		Secret:    "the shared secret",
		Source:    &greetings{},
		Pace:      load.Rate{Count: 2000, Per: time.Second},
		Faults:    load.Faults{LostAck: 0.1},
		TimeScale: 7200, // two hours of retries in a second
		Seed:      1,
	})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(result.Acknowledged, "acknowledged,", result.Dropped, "dropped")
	fmt.Println("each lost acknowledgement was made good by a copy:",
		uint64(came.Load()) == result.Acknowledged+result.Struck["lost-ack"])
	// Output:
	// 1000 acknowledged, 0 dropped
	// each lost acknowledgement was made good by a copy: true
}
