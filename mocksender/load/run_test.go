package load_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/load"
)

const secret = "q7Zr-w0rd+42/x"

func rate(t *testing.T, s string) load.Pace {
	t.Helper()
	p, err := load.ParseRate(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// All the faults, failures and retries on the way: each batch that was
// acknowledged has arrived, as it should be, and each copy of it is the same.
func TestEveryBatchIsSettled(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		requests := rapid.Uint64Range(0, 200).Draw(r, "requests")
		connections := rapid.IntRange(1, 8).Draw(r, "connections")
		faults := load.Faults{LostAck: rapid.Float64Range(0, .3).Draw(r, "lost"), Slow: rapid.Float64Range(0, .3).Draw(r, "slow"), Reset: rapid.Float64Range(0, .3).Draw(r, "reset")}
		refused := rapid.IntRange(1, 5).Draw(r, "refused") // each such request
		paced := rapid.Bool().Draw(r, "paced")
		size := rapid.SampledFrom([]int{0, 500, 100_000}).Draw(r, "size")
		backoff := mocksender.Backoff{Retries: rapid.IntRange(-1, 4).Draw(r, "retries"), Jitter: rapid.Float64Range(0, 1).Draw(r, "jitter")}
		seed := rapid.Uint64().Draw(r, "seed")
		answers := []string{noContent, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "", "what?\r\n", "HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"}
		synctest.Test(t, func(t *testing.T) {
			p := &pipes{answer: func(n int, _ []byte) string {
				if n%refused != 0 {
					return noContent
				}
				return answers[n/refused%len(answers)]
			}}
			src := newSource(requests, size)
			src.finished.Store(requests == 0)
			c := load.Config{URL: "http://receiver/", Dial: p.dial, Source: src, Connections: connections, Faults: faults, Backoff: backoff, TimeScale: 100, Seed: seed}
			if paced {
				c.Pace = rate(t, "100/s")
			}
			result, err := run(t.Context(), t, c)
			p.group.Wait()
			if err != nil || result.Requests != requests || result.Unsettled != 0 || result.Unsent != 0 || result.Events != 3*requests {
				t.Errorf("%v: %+v", err, result.Counts)
			}
			for id, acknowledged := range src.settled {
				if acknowledged && len(p.bodies[id]) == 0 {
					t.Errorf("batch %d is acknowledged and has not arrived", id)
				}
			}
			for id, bodies := range p.bodies {
				for _, body := range bodies {
					if body != src.body(id) {
						t.Errorf("batch %d came with other bytes", id)
					}
				}
			}
		})
	})
}

// A request is, to the byte, what a Sender sends; a retry is the same again.
func TestRequestsAreTheSenders(t *testing.T) {
	for _, profile := range []mocksender.Profile{"", mocksender.Profile2025, mocksender.Profile2026} {
		synctest.Test(t, func(t *testing.T) {
			p := &pipes{answer: func(n int, _ []byte) string {
				if n < 2 {
					return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
				}
				return noContent
			}}
			src := newSource(2, 100)
			c := load.Config{URL: "http://receiver:8080/web%20hook?a=b#c", Dial: p.dial, Secret: secret, Profile: profile, Source: src, Connections: 1, Seed: 42}
			if _, err := run(t.Context(), t, c); err != nil {
				t.Fatal(err)
			}
			p.group.Wait()
			if len(p.heads) != 4 {
				t.Fatalf("%d requests came, want 4", len(p.heads))
			}
			s := &mocksender.Sender{URL: c.URL, Secret: secret, Profile: profile}
			request := s.Request(mocksender.Batch{})
			request.Body = []byte(src.body(1))
			want := string(s.Preview(request).Dump())
			got := p.heads[0] + src.body(1)
			got = strings.ReplaceAll(got, secret, mocksender.SecretVariable)
			if profile == mocksender.Profile2026 {
				id := request.Get("X-Idempotency-Key")
				at := strings.Index(want, id)
				want = strings.ReplaceAll(want, id, got[at:at+len(id)])
				if p.heads[0] == p.heads[1] {
					t.Error("two batches have the same id")
				}
			}
			if got != want {
				t.Errorf("sent\n%q, the sender sends\n%q", got, want)
			}
			slices.Sort(p.heads)
			if p.heads[0] != p.heads[1] || p.heads[2] != p.heads[3] {
				t.Errorf("retries have other heads: %q", p.heads)
			}
		})
	}
}

// Retries come at the times of the contract's schedule, and are then dropped.
func TestRetriesKeepTheSchedule(t *testing.T) {
	for name, c := range map[string]load.Config{
		"the contract's":   {},
		"scaled":           {TimeScale: 7200},
		"of one's own":     {Backoff: mocksender.Backoff{Retries: 3, Window: time.Minute, Factor: 3}},
		"none":             {Backoff: mocksender.Backoff{Retries: -1}},
		"at once":          {Backoff: mocksender.Backoff{Window: -1}},
		"behind much work": {Pace: rate(t, "100/s"), TimeScale: 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var at []time.Duration
				p := &pipes{}
				p.answer = func(_ int, body []byte) string {
					if id, _ := batchOf(body); id != 1 {
						return noContent
					}
					at = append(at, time.Since(start))
					return "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
				}
				c.URL, c.Dial, c.Connections = "http://receiver/", p.dial, 2
				c.Source = newSource(1, 10)
				if c.Pace != nil {
					c.Source = newSource(8e3, 10)
				}
				r, err := run(t.Context(), t, c)
				p.group.Wait()
				if err != nil || r.Dropped != 1 {
					t.Fatalf("%v: %+v", err, r.Counts)
				}
				scale := c.TimeScale
				if scale == 0 {
					scale = 1
				}
				want := time.Duration(0)
				for i, wait := range append([]time.Duration{0}, c.Backoff.Waits()...) {
					want += time.Duration(float64(wait) / scale)
					if i >= len(at) || at[i] < want || at[i] > want+time.Duration(i+1)*time.Microsecond {
						t.Fatalf("attempts at %v: number %d is due at %v", at, i+1, want)
					}
				}
				if len(at) != len(c.Backoff.Waits())+1 {
					t.Errorf("%d attempts", len(at))
				}
			})
		})
	}
}

// The coordinated-omission test: a receiver stalls once, for a second. What was
// due meanwhile waited, and the latency from the due time says so; the time from
// the first byte hides it.
func TestStallShowsInTheLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{}
		p.answer = func(n int, _ []byte) string {
			if n == 100 {
				<-time.After(time.Second)
			}
			return noContent
		}
		r, err := run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(0, 500), Pace: rate(t, "100/s"), Duration: 5 * time.Second, Connections: 1})
		p.group.Wait()
		if err != nil || r.Requests != 500 || r.Acknowledged != 500 || r.Unsent != 0 {
			t.Fatalf("%v: %+v", err, r.Counts)
		}
		latency, service := load.QuantilesOf(r.Latency), load.QuantilesOf(r.Service)
		if latency.P99 < 900*time.Millisecond || latency.P90 < 400*time.Millisecond || latency.P50 > 100*time.Millisecond {
			t.Errorf("latency %+v does not show the stall", latency)
		}
		if service.P99 > 100*time.Millisecond || service.Max < 900*time.Millisecond {
			t.Errorf("service %+v: want one long request", service)
		}
		// Those due in the stall but for the one that took it, and for the last.
		if r.Late != 99 {
			t.Errorf("%d late, want 99", r.Late)
		}
	})
}

// A rate that the receiver can't keep up with is not slowed down in silence.
func TestOverloadIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{answer: func(int, []byte) string {
			<-time.After(100 * time.Millisecond)
			return noContent
		}}
		var overdue uint64
		r, err := run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(0, 500), Pace: rate(t, "100/s"), Duration: 10 * time.Second, Connections: 2,
			Observe: func(s load.Snapshot) { overdue = max(overdue, s.Last.Overdue) }})
		p.group.Wait()
		if err != nil || r.Requests+r.Unsent != 1000 || r.Requests < 200 || r.Requests > 210 {
			t.Errorf("%v: %+v", err, r.Counts)
		}
		if r.Late < 190 || overdue < 700 {
			t.Errorf("%d late, up to %d overdue", r.Late, overdue)
		}
		if r.Duration > 10*time.Second+500*time.Millisecond {
			t.Errorf("took %v", r.Duration)
		}
	})
}

// Without a pace each connection sends as fast as it gets answers.
func TestClosedModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{answer: func(int, []byte) string {
			<-time.After(100 * time.Millisecond)
			return noContent
		}}
		r, err := run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(0, 500), Duration: 10*time.Second - 1, Connections: 3})
		p.group.Wait()
		if err != nil || r.Requests != 300 || r.Late != 0 || r.Unsent != 0 || p.dials != 3 {
			t.Errorf("%v: %+v, %d connections", err, r.Counts, p.dials)
		}
		if l, s := load.QuantilesOf(r.Latency), load.QuantilesOf(r.Service); l != s || s.P50.Round(time.Millisecond) != 100*time.Millisecond {
			t.Errorf("latency %v, service %v, want 100ms", l, s)
		}
	})
}

func TestNoKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{answer: always(noContent)}
		r, err := run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(20, 500), NoKeepAlive: true})
		p.group.Wait()
		if err != nil || r.Acknowledged != 20 || p.dials != 20 {
			t.Errorf("%v: %+v, %d connections", err, r.Counts, p.dials)
		}
	})
}

// The steps of a ramp are as long and as steep as they are said to be.
func TestRampIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{answer: always(noContent)}
		ramp, err := load.ParseRamp("0..100/s:10s,100/s:5s,0/s:5s,20/s:5s")
		if err != nil {
			t.Fatal(err)
		}
		var seen []uint64
		r, err := run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(0, 50), Pace: ramp, Interval: 5 * time.Second,
			Observe: func(s load.Snapshot) { seen = append(seen, s.Requests) }})
		p.group.Wait()
		if err != nil || r.Requests != 1100 || r.Unsent != 0 || r.Duration != 25*time.Second {
			t.Errorf("%v: %+v in %v", err, r.Counts, r.Duration)
		}
		for i, want := range []uint64{125, 500, 1000, 1000, 1100} {
			if i >= len(seen) || seen[i] < want || seen[i] > want+1 {
				t.Errorf("after each 5 s: %v", seen)
				break
			}
		}
	})
}

// A pace that ends before the time ends the load.
func TestPaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{answer: always(noContent)}
		ramp, err := load.ParseRamp("10/s:1s,0/s:1s")
		if err != nil {
			t.Fatal(err)
		}
		r, err := run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(0, 50), Pace: ramp, Duration: time.Hour})
		p.group.Wait()
		if err != nil || r.Requests != 10 || r.Unsent != 0 || r.Duration > time.Second {
			t.Errorf("%v: %+v in %v", err, r.Counts, r.Duration)
		}
	})
}

// What the source has begun is completed after the end, at the same pace.
func TestRestIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{answer: always(noContent)}
		src := &resting{source: newSource(0, 50), left: 100}
		r, err := load.Run(t.Context(), load.Config{URL: "http://receiver/", Dial: p.dial, Source: src, Pace: rate(t, "100/s"), Duration: 2 * time.Second, Connections: 1})
		p.group.Wait()
		if err != nil || r.Requests != 300 || r.Acknowledged != 300 || r.Begun.Round(10*time.Millisecond) != 2990*time.Millisecond {
			t.Errorf("%v: %+v, begun in %v", err, r.Counts, r.Begun)
		}
	})
}

// resting is a source that has something left when it is told to finish.
type resting struct {
	*source
	left int
}

func (s *resting) Maker() load.Maker { return s }

func (s *resting) Next() (load.BatchID, bool) {
	if s.finished.Load() {
		if s.left--; s.left < 0 {
			return 0, false
		}
	}
	return load.BatchID(s.next.Add(1)), true
}

func (s *resting) Append(dst []byte, id load.BatchID) ([]byte, int) {
	return maker{s.source}.Append(dst, id)
}

// The drain is bounded; what is not settled by its end is said to be.
func TestDrainEnds(t *testing.T) {
	for drain, want := range map[time.Duration]time.Duration{time.Minute: 70 * time.Second, -1: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			p := &pipes{answer: always("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")}
			r, err := run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(0, 50), Pace: rate(t, "10/s"), Duration: 10 * time.Second, Drain: drain})
			p.group.Wait()
			if err != nil || r.Requests != 100 || r.Unsettled != 100 || r.Interrupted || r.Duration != want {
				t.Errorf("%v: %+v in %v, want %v", err, r.Counts, r.Duration, want)
			}
		})
	}
}
