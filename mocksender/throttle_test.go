package mocksender

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func answer(status int, retryAfter string) Answer {
	return Answer{Status: status, Fields: http.Header{"Retry-After": {retryAfter}}}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		a    Answer
		want time.Duration
	}{
		{answer(429, "1"), time.Second},
		{answer(503, " 120 "), 2 * time.Minute},
		{answer(429, now.Add(3*time.Second).Format(http.TimeFormat)), 3 * time.Second},
		{answer(429, now.Add(-time.Hour).Format(http.TimeFormat)), 0},
		{answer(500, "1"), 0},
		{answer(429, "soon"), 0},
		{answer(429, "-1"), 0},
		{answer(429, ""), 0},
	} {
		if got := c.a.RetryAfter(now); got != c.want {
			t.Errorf("%d, %q: %s: want %s", c.a.Status, c.a.Fields.Get("Retry-After"), got, c.want)
		}
	}
}

func TestThrottleSendsWithoutBursts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := &Throttle{Every: 50 * time.Millisecond}
		begin := time.Now()
		var all sync.WaitGroup
		for range 21 {
			all.Go(func() {
				leave, err := throttle.enter(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				leave()
			})
		}
		all.Wait()
		if took := time.Since(begin); took != time.Second {
			t.Errorf("21 attempts took %s: want 1s", took)
		}
	})
}

func TestThrottleBoundsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := &Throttle{Connections: 1}
		leave, _ := throttle.enter(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := throttle.enter(ctx); err == nil {
			t.Error("a second attempt is under way")
		}
		leave()
		if _, err := throttle.enter(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestThrottleHeedsRetryAfterAndSlowsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := &Throttle{}
		enter := func() time.Duration {
			begin := time.Now()
			leave, err := throttle.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leave()
			return time.Since(begin)
		}
		if took := enter() + enter(); took != 0 {
			t.Errorf("waited %s before anything was asked for", took)
		}
		for range 10 { // of one burst: all are refused for the same excess
			throttle.heed(answer(429, "1"), time.Second)
		}
		if took := enter(); took != time.Second {
			t.Errorf("waited %s: want the second that was asked for", took)
		}
		if took := enter(); took != firstPace {
			t.Errorf("waited %s: want %s", took, firstPace)
		}
		throttle.heed(answer(429, "1"), time.Second)
		enter()
		if took := enter(); took != firstPace*3/2 {
			t.Errorf("waited %s: want %s", took, firstPace*3/2)
		}
	})
}

func TestDeliveryIgnoresARetryAfterBeyondItsBound(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Retry-After", "31536000")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), MaxRetryAfter/2)
	defer cancel()
	s := &Sender{URL: server.URL, Secret: "s", Backoff: Backoff{Retries: 1, Window: -1}, Throttle: &Throttle{}}
	defer s.Close()
	if d := s.DeliverRequest(ctx, Request{Body: []byte("[]")}); !d.Acknowledged() {
		t.Errorf("%s, the last attempt: %+v", d.Outcome, d.Last().Err)
	}
}
