package play

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// rawReceiver answers each request with 204 and keeps what came on the wire.
type rawReceiver struct {
	URL string

	mu   sync.Mutex
	came []string
}

func newRawReceiver(t *testing.T) *rawReceiver {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r := &rawReceiver{URL: "http://" + l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c)
		}
	}()
	return r
}

func (r *rawReceiver) serve(c net.Conn) {
	defer c.Close()
	var raw bytes.Buffer
	br := bufio.NewReader(io.TeeReader(c, &raw))
	for {
		req, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		r.mu.Lock()
		r.came = append(r.came, raw.String())
		r.mu.Unlock()
		raw.Reset()
		io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
	}
}

// behind is a sender to the receiver at target behind a proxy with those
// answers. Retries come at once.
func behind(t *testing.T, target string, answers ...scenarios.ProxyAnswer) *mocksender.Sender {
	p, err := newFailingProxy(target, new(net.Dialer).DialContext, answers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	s := &mocksender.Sender{URL: p.URL() + "/webhook", Secret: "s3cret", Backoff: mocksender.Backoff{Window: -1}}
	t.Cleanup(s.Close)
	return s
}

func entries(t *testing.T) mocksender.Batch {
	b, err := mocksender.NewBatch(mocksender.Event{
		DeviceToken: "token", UserID: "user", CampaignID: "campaign", IdempotencyKey: "key",
		DeliveryStatus: mocksender.Opened, DeliveryMethod: mocksender.ContextAware, PlannedDeliveryMethod: mocksender.ContextAware,
		Timestamp: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Content: []byte(`{"title":"👑"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProxyFailsTheFirstAttempts(t *testing.T) {
	r := newRawReceiver(t)
	s := behind(t, r.URL, 500, 302, scenarios.ProxyReset, 429, scenarios.ProxyReset)
	d := s.Deliver(t.Context(), entries(t))
	if !d.Acknowledged() || len(d.Attempts) != 6 {
		t.Fatalf("%v after %d attempts, want acknowledged after 6", d.Outcome, len(d.Attempts))
	}
	for i, want := range []int{500, 302, 0, 429, 0, 204} {
		a := d.Attempts[i]
		if a.Answer.Status != want || a.Resent || want == 0 && !errors.Is(a.Err, syscall.ECONNRESET) {
			t.Errorf("%s, want %d", a.Line(), want)
		}
	}
	if got := d.Attempts[1].Answer.Fields.Get("Location"); got != "/elsewhere" {
		t.Errorf("the redirect leads to %q, want /elsewhere", got)
	}
	if len(r.came) != 1 {
		t.Errorf("%d requests came, want 1", len(r.came))
	}
}

// What is passed on is the sender's request: no field is added, none respelled.
func TestProxyPassesRequestsOnAsTheyAre(t *testing.T) {
	r := newRawReceiver(t)
	for _, profile := range []mocksender.Profile{mocksender.Profile2025, mocksender.Profile2026} {
		s := behind(t, r.URL)
		s.Profile = profile
		q := s.Request(entries(t))
		for range 2 { // on one connection
			if d := s.DeliverRequest(t.Context(), q); len(d.Attempts) != 1 {
				t.Fatal(d.Last().Line())
			}
		}
		direct := &mocksender.Sender{URL: r.URL + "/webhook", Secret: s.Secret, Profile: profile}
		direct.DeliverRequest(t.Context(), q)
		direct.Close()
		n := len(r.came)
		if r.came[n-3] != r.came[n-1] || r.came[n-2] != r.came[n-1] {
			t.Errorf("through the proxy came\n%s\nand\n%s\nwant\n%s", r.came[n-3], r.came[n-2], r.came[n-1])
		}
	}
}

func TestProxyPassesFaultsOn(t *testing.T) {
	r := newRawReceiver(t)
	s := behind(t, r.URL, 500)
	d := s.Deliver(t.Context(), entries(t), nil, mocksender.CutBody{}, mocksender.SlowBody{Pieces: 3, Pause: -1})
	if !d.Acknowledged() || len(d.Attempts) != 3 || len(r.came) != 1 {
		t.Errorf("%v after %d attempts, %d requests came; want acknowledged after 3, and 1", d.Outcome, len(d.Attempts), len(r.came))
	}
}

func TestProxyIsSilentUntilTheSenderGivesUp(t *testing.T) {
	r := newRawReceiver(t)
	s := behind(t, r.URL, scenarios.ProxySilence)
	s.Backoff, s.Timeout = mocksender.Backoff{Retries: -1}, 10*time.Millisecond
	a := s.Deliver(t.Context(), entries(t)).Last()
	if !errors.Is(a.Err, context.DeadlineExceeded) || len(r.came) != 0 {
		t.Errorf("%s, and %d requests came: want a time-out, and none", a.Line(), len(r.came))
	}
}

// A receiver that refuses a large body before it has read it is heard.
func TestProxyPassesEarlyRefusalsOn(t *testing.T) {
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	defer r.Close()
	s := behind(t, r.URL)
	a := s.Attempt(t.Context(), mocksender.Request{Body: bytes.Repeat([]byte(" "), 16<<20)}, nil)
	if a.Answer.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%s, want 413", a.Line())
	}
}

func TestProxyWithoutAReceiver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	a := behind(t, "http://"+l.Addr().String()).Attempt(t.Context(), mocksender.Request{}, nil)
	if a.Err == nil || a.Err.Error() != "the receiver closed the connection without an answer" {
		t.Errorf("%s, want no answer", a.Line())
	}
}

func TestProxyRefusesMalformedHeads(t *testing.T) {
	for name, head := range map[string]string{
		"a length that is none":  "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
		"a negative length":      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"an endless line":        strings.Repeat("x", 2*maxProxiedLine),
		"an endless head":        strings.Repeat("X: y\r\n", maxProxiedHead),
		"a head that breaks off": "POST / HTTP/1.1\r\nHost: x\r\n",
	} {
		if got, _, err := readHead(bufio.NewReaderSize(strings.NewReader(head), maxProxiedLine), "h"); err == nil {
			t.Errorf("%s: taken as %d bytes, want an error", name, len(got))
		}
	}
}

// Close ends what is under way, and returns when all of it has ended.
func TestProxyCloses(t *testing.T) {
	p, err := newFailingProxy(newRawReceiver(t).URL, new(net.Dialer).DialContext, []scenarios.ProxyAnswer{scenarios.ProxySilence})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "POST / HTTP/1.1\r\n\r\n")
	p.Close()
	if _, err := io.ReadAll(c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reading: %v, want an end", err)
	}
}
