package torture

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/fixtures/hostile"
	"github.com/ctxpush/ctxpush/scenarios"
	"go.uber.org/goleak"
)

// Whatever the receiver does, nothing of a run goes on once it has ended.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := goleak.IgnoreCurrent()
	free := make(chan struct{}, 8) // most of the time is waiting
	var all sync.WaitGroup
	for _, c := range meetings() {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			if err := inProcess(t.Context(), c); err != nil {
				t.Errorf("%s: %v", c.Name(), err)
			}
		})
	}
	all.Wait()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// inProcess certifies the receiver by the library. What comes of it is no matter
// here.
func inProcess(ctx context.Context, c Case) error {
	cfg := conformance.Config{
		Target:    config.Config{Secret: Secret, Timeout: 50 * time.Millisecond, Settle: 10 * time.Millisecond},
		Seed:      7,
		TimeScale: 1e6,
		Focus:     []string{"request/acknowledged", "copies/at-once"},
		Explore:   scenarios.Quick,
		Shrink:    -1,
	}
	if _, process := c.Behaviour.(hostile.Running); process {
		cfg.Target.Receiver.Command = &config.Command{
			Argv:  append(program.Receiver[:len(program.Receiver):len(program.Receiver)], c.Behaviour.Name()),
			Env:   config.Values{hostile.PortVariable: "${PORT}", hostile.SecretVariable: "${SECRET}"},
			Ready: config.Ready{HTTP: "/healthz", Timeout: time.Second},
		}
	} else {
		server, err := hostile.Start(c.Behaviour, c.Side, Secret)
		if err != nil {
			return err
		}
		defer server.Close()
		cfg.Target.Receiver.URL = server.URL()
	}
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	_, _ = conformance.Certify(limited, cfg)
	if limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("did not end within %s", maxTime)
	}
	return ctx.Err()
}
