package load_test

import (
	"context"
	"io"
	"maps"
	"net"
	"testing"
	"testing/synctest"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/load"
)

// The faults strike the share that is asked for, the same for the same seed.
func TestFaultsAreTheSeeds(t *testing.T) {
	counts := func(seed uint64) (r load.Result) {
		synctest.Test(t, func(t *testing.T) {
			p := &pipes{answer: always(noContent)}
			var err error
			r, err = run(t.Context(), t, load.Config{URL: "http://receiver/", Dial: p.dial, Source: newSource(5000, 50), Seed: seed, TimeScale: 1e4,
				Faults: load.Faults{LostAck: .1, Slow: .05, Reset: .02}})
			p.group.Wait()
			if err != nil || r.Acknowledged != 5000 || r.Failed() != 0 {
				t.Errorf("%v: %+v", err, r.Counts)
			}
			if broken := p.broken; uint64(broken) != r.Struck["reset"] {
				t.Errorf("%d requests did not arrive whole, %d were reset", broken, r.Struck["reset"])
			}
			if uint64(p.came) != r.Acknowledged+r.Struck["lost-ack"] {
				t.Errorf("%d requests came: %+v", p.came, r.Counts)
			}
		})
		return r
	}
	a, b, c := counts(1), counts(1), counts(2)
	if !maps.Equal(a.Struck, b.Struck) || maps.Equal(a.Struck, c.Struck) {
		t.Errorf("seed 1 %v and %v, seed 2 %v", a.Struck, b.Struck, c.Struck)
	}
	for name, share := range map[string]float64{"lost-ack": .1, "slow": .05, "reset": .02} {
		if got := float64(a.Struck[name]) / float64(a.Attempts); got < share*.8 || got > share*1.2 {
			t.Errorf("%s struck %v of the attempts, want %v", name, got, share)
		}
	}
}

// A receiver that accepts without reading does not turn half a request into an
// acknowledged one.
func TestResetIsNeverAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := load.Config{URL: "http://receiver/", Source: newSource(10, 50_000), TimeScale: 1e4, Faults: load.Faults{Reset: 1}}
		p := &pipes{}
		c.Dial = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			p.group.Go(func() {
				defer far.Close()
				if _, err := far.Read(make([]byte, 100)); err == nil {
					_, _ = io.WriteString(far, noContent)
				}
			})
			return near, nil
		}
		r, err := run(t.Context(), t, c)
		p.group.Wait()
		if err != nil || r.Acknowledged != 0 || r.Dropped != 10 {
			t.Errorf("%v: %+v", err, r.Counts)
		}
	})
}

// A slow request that is refused on its way is not sent to its end.
func TestSlowIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := load.Config{URL: "http://receiver/", Source: newSource(10, 50_000), Connections: 2, Backoff: mocksender.Backoff{Retries: -1}, Faults: load.Faults{Slow: 1}}
		p := &pipes{}
		c.Dial = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			p.group.Go(func() {
				defer far.Close()
				if _, err := io.ReadFull(far, make([]byte, 20_000)); err == nil {
					_, _ = io.WriteString(far, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
				}
				if n, _ := io.Copy(io.Discard, far); n > 0 {
					t.Errorf("%d bytes came after the refusal", n)
				}
			})
			return near, nil
		}
		r, err := run(t.Context(), t, c)
		p.group.Wait()
		if err != nil || r.Errors["status_413"] != 10 || r.Struck["slow"] != 10 {
			t.Errorf("%v: %+v", err, r.Counts)
		}
	})
}
