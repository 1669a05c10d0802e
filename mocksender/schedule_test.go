package mocksender_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
)

// schedule is when the contract's attempts are due, to the millisecond.
var schedule = []time.Duration{
	0, 7038, 21114, 49267, 105572, 218182, 443402, 893842, 1794721, 3596481, 7200000,
}

// pipes is a network without sockets: what is dialled can be accepted.
type pipes chan net.Conn

func (p pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// each plays act on every connection until the network is closed.
func (p pipes) each(act func(net.Conn, *bufio.Reader)) {
	for c := range p {
		go func() {
			defer c.Close()
			act(c, bufio.NewReader(c))
		}()
	}
}

// pass is the end of a time of the bubble.
func pass(d time.Duration) <-chan time.Time { return time.After(d) }

// checkSchedule delivers a batch that is never acknowledged and compares its
// attempts with the contract's schedule.
func checkSchedule(t *testing.T, s *mocksender.Sender, ask func(mocksender.Attempt) string) {
	t.Helper()
	start := time.Now()
	d := s.Deliver(t.Context(), batch(1))
	if d.Outcome != mocksender.Dropped || d.Acknowledged() {
		t.Errorf("outcome %v, want dropped", d.Outcome)
	}
	if len(d.Attempts) != len(schedule) {
		t.Fatalf("%d attempts, want %d", len(d.Attempts), len(schedule))
	}
	for i, a := range d.Attempts {
		if got, want := a.Start.Sub(start).Round(time.Millisecond), schedule[i]*time.Millisecond; got != want {
			t.Errorf("attempt %d starts after %v, want %v", i+1, got, want)
		}
		if a.Number != i+1 {
			t.Errorf("attempt %d has the number %d", i+1, a.Number)
		}
		if wrong := ask(a); wrong != "" {
			t.Errorf("attempt %d: %s", i+1, wrong)
		}
	}
	if got := d.Last().Start.Sub(start); got > mocksender.RetryWindow {
		t.Errorf("the last attempt starts after %v: later than %v", got, mocksender.RetryWindow)
	}
}

func TestScheduleOverPipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := make(pipes)
		go net.each(answer("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nbusy"))
		s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: net.Dial}
		checkSchedule(t, s, func(a mocksender.Attempt) string {
			if a.Answer.Status != 500 || string(a.Answer.Body) != "busy" || a.Err != nil || a.Duration != 0 {
				return a.Line()
			}
			return ""
		})
		s.Close()
		net.Close()
	})
}

func TestScheduleWithHTTPServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := make(pipes)
		var arrivals []time.Duration
		begin := time.Now()
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			arrivals = append(arrivals, time.Since(begin).Round(time.Millisecond))
			if body, err := io.ReadAll(r.Body); err != nil || string(body) != string(batch(1).Body()) {
				t.Errorf("body %q, error %v", body, err)
			}
			http.Error(w, "not now", http.StatusServiceUnavailable)
		})}
		go srv.Serve(network)
		s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: network.Dial}
		checkSchedule(t, s, func(a mocksender.Attempt) string {
			if a.Answer.Status != 503 || a.Err != nil {
				return a.Line()
			}
			return ""
		})
		want := make([]time.Duration, len(schedule))
		for i, ms := range schedule {
			want[i] = ms * time.Millisecond
		}
		if !slices.Equal(arrivals, want) {
			t.Errorf("requests arrived at %v, want %v", arrivals, want)
		}
		s.Close()
		srv.Close()
	})
}

// A receiver that can't be reached costs attempts, as one that refuses does.
func TestScheduleOfRefusedConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("connection refused")
		s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}
		checkSchedule(t, s, func(a mocksender.Attempt) string {
			if !errors.Is(a.Err, refused) || a.Answer.Status != 0 {
				return a.Line()
			}
			return ""
		})
	})
}

// Time-outs of 30 s hold up the attempts that are due meanwhile, and no others:
// the last one is not later than two hours after the first.
func TestTimeoutsDoNotPushTheLastAttempt(t *testing.T) {
	for name, act := range map[string]struct {
		act  func(net.Conn, *bufio.Reader)
		want string
	}{
		"no answer":       {func(_ net.Conn, br *bufio.Reader) { io.Copy(io.Discard, br) }, "timed out after 30s: request sent, no answer"},
		"nothing read":    {func(net.Conn, *bufio.Reader) { <-pass(time.Hour) }, "timed out after 30s: nothing sent to receiver:80 yet"},
		"half an answer":  {func(c net.Conn, br *bufio.Reader) { read(br); io.WriteString(c, "HTTP/1.1 200 OK\r\nX:"); read(br) }, "timed out after 30s: request sent, no answer"},
		"only interim":    {func(c net.Conn, br *bufio.Reader) { read(br); io.WriteString(c, "HTTP/1.1 102 Wait\r\n\r\n"); read(br) }, "timed out after 30s: request sent, no answer"},
		"never connected": {nil, "timed out after 30s: nothing sent to receiver:80 yet"},
		"slow reader":     {func(c net.Conn, br *bufio.Reader) { io.ReadFull(c, make([]byte, 100)); <-pass(time.Hour) }, "timed out after 30s: 100 of 423 bytes sent"},
		"a head that trickles": {func(c net.Conn, br *bufio.Reader) {
			read(br)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nX: ")
			for {
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
				<-pass(time.Second)
			}
		}, "timed out after 30s: request sent, no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := make(pipes)
				if act.act != nil {
					go network.each(act.act)
				}
				start := time.Now()
				s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: network.Dial}
				d := s.Deliver(t.Context(), batch(1))
				if d.Outcome != mocksender.Dropped || len(d.Attempts) != 11 {
					t.Fatalf("%v after %d attempts, want dropped after 11", d.Outcome, len(d.Attempts))
				}
				free := time.Duration(0)
				for i, a := range d.Attempts {
					want := max(schedule[i]*time.Millisecond, free)
					if got := a.Start.Sub(start).Round(time.Millisecond); got != want {
						t.Errorf("attempt %d starts after %v, want %v", i+1, got, want)
					}
					free = want + 30*time.Second
					if a.Duration != mocksender.RequestTimeout {
						t.Errorf("attempt %d lasted %v, want 30s", i+1, a.Duration)
					}
					if a.Err == nil || a.Err.Error() != act.want || !errors.Is(a.Err, context.DeadlineExceeded) {
						t.Errorf("attempt %d: %v, want %s", i+1, a.Err, act.want)
					}
				}
				close(network)
				<-pass(time.Hour) // the receivers' own
			})
		})
	}
}

// The time-out is in real time: a clock that runs faster does not shorten it.
func TestTimeoutIsNotScaled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := make(pipes)
		defer close(network)
		go network.each(func(c net.Conn, br *bufio.Reader) {
			read(br)
			<-pass(4 * time.Second)
			io.WriteString(c, noContent)
		})
		s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: network.Dial, Clock: clock.Scaled(3600), Timeout: 5 * time.Second}
		a := s.Deliver(t.Context(), batch(1)).Last()
		if !a.Acknowledged() || a.Duration != 4*time.Second {
			t.Errorf("%s, want 204 in 4s", a.Line())
		}
		s.Close()
	})
}

func TestScaledScheduleLastsTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := make(pipes)
		defer close(network)
		go network.each(answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"))
		s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: network.Dial, Clock: clock.Scaled(3600)}
		begin := time.Now()
		d := s.Deliver(t.Context(), batch(1))
		if got := time.Since(begin); got.Round(time.Millisecond) != 2*time.Second || d.Outcome != mocksender.Dropped {
			t.Errorf("%v after %v, want dropped after 2s", d.Outcome, got)
		}
		if got := d.Last().Start.Sub(d.Attempts[0].Start).Round(time.Millisecond); got != 2*time.Hour {
			t.Errorf("the last attempt starts %v after the first by the clock, want 2h", got)
		}
		s.Close()
	})
}

// The status counts once it is there, however long the body goes on.
func TestEndlessBodyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := make(pipes)
		defer close(network)
		go network.each(func(c net.Conn, br *bufio.Reader) {
			read(br)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			for {
				if _, err := io.WriteString(c, "."); err != nil {
					return
				}
				<-pass(700 * time.Millisecond)
			}
		})
		s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: network.Dial}
		a := s.Deliver(t.Context(), batch(1)).Last()
		if !a.Acknowledged() || a.Duration != 30*time.Second || string(a.Answer.Body) != strings.Repeat(".", 43) {
			t.Errorf("%s with %d bytes, want 200 in 30s with 43", a.Line(), len(a.Answer.Body))
		}
		<-pass(time.Second) // the receiver's own
	})
}

func TestDeliveryEndsWithContext(t *testing.T) {
	for name, c := range map[string]struct {
		act      func(net.Conn, *bufio.Reader)
		after    time.Duration
		attempts int
		err      string
	}{
		"before":            {answer(noContent), 0, 1, "broken off: context deadline exceeded"},
		"during an attempt": {func(_ net.Conn, br *bufio.Reader) { io.Copy(io.Discard, br) }, time.Second, 1, "broken off: context deadline exceeded"},
		"between attempts":  {answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), time.Minute, 4, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := make(pipes)
				defer close(network)
				go network.each(c.act)
				ctx, cancel := context.WithTimeout(t.Context(), c.after)
				defer cancel()
				begin := time.Now()
				s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: network.Dial}
				defer s.Close()
				d := s.Deliver(ctx, batch(1))
				if d.Outcome != mocksender.Aborted || len(d.Attempts) != c.attempts {
					t.Fatalf("%v after %d attempts, want aborted after %d", d.Outcome, len(d.Attempts), c.attempts)
				}
				if got := time.Since(begin); got != c.after {
					t.Errorf("it took %v, want %v", got, c.after)
				}
				if err := d.Last().Err; c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err || !errors.Is(err, context.DeadlineExceeded)) {
					t.Errorf("error %v, want %q", err, c.err)
				}
			})
		})
	}
}

// Jitter depends on the body alone: every run of a batch waits the same, two
// batches differ.
func TestJitterIsTheBatchs(t *testing.T) {
	starts := func(b mocksender.Batch) (offsets []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			s := &mocksender.Sender{URL: "http://receiver/", Backoff: mocksender.Backoff{Jitter: 0.5},
				Dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}
			d := s.Deliver(t.Context(), b)
			for _, a := range d.Attempts {
				offsets = append(offsets, a.Start.Sub(d.Attempts[0].Start))
			}
		})
		return offsets
	}
	one, again, other := starts(batch(1)), starts(batch(1)), starts(batch(2))
	if !slices.Equal(one, again) {
		t.Errorf("the same batch came at %v and at %v", one, again)
	}
	if slices.Equal(one, other) {
		t.Errorf("two batches both came at %v", one)
	}
	if last := one[len(one)-1]; last >= mocksender.RetryWindow {
		t.Errorf("the last attempt came after %v, want sooner than %v", last, mocksender.RetryWindow)
	}
}
