package load_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

// The end of the context ends everything at once, with what there is.
func TestInterrupt(t *testing.T) {
	for name, c := range map[string]load.Config{
		"waiting for what is due": {Pace: load.Rate{Count: 1, Per: time.Hour}},
		"waiting for an answer":   {},
		"slow":                    {Faults: load.Faults{Slow: 1}},
		"cut off by the drain":    {Duration: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				p := &pipes{}
				hold := make(chan struct{})
				p.answer = func(n int, _ []byte) string {
					if n > 5 {
						<-hold
					}
					return noContent
				}
				c.URL, c.Dial, c.Source, c.Timeout = "http://receiver/", p.dial, newSource(0, 500), time.Hour
				r, err := run(ctx, t, c)
				close(hold)
				p.group.Wait()
				if !errors.Is(err, context.DeadlineExceeded) || !r.Interrupted || r.Duration != 10*time.Second {
					t.Errorf("%v after %v, interrupted: %v", err, r.Duration, r.Interrupted)
				}
				if r.Requests == 0 || len(r.Errors) > 0 {
					t.Errorf("%+v", r.Counts)
				}
			})
		})
	}
}

func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	r, err := run(ctx, t, load.Config{URL: "http://127.0.0.1:1/", Source: newSource(0, 500)})
	if err != why || !r.Interrupted {
		t.Errorf("%v: %+v", err, r)
	}
}
