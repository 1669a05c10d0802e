package mocksender_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/mocksender"
)

func TestMocksender(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "mocksender")
}

// secret is no part of any other word in these tests.
const secret = "q7Zr-w0rd+42/x"

// opened is an entry that ContextPush would send, of the i-th message.
func opened(i int) mocksender.Event {
	return mocksender.Event{
		DeviceToken: "0011223344556677", UserID: fmt.Sprintf("user-%d", i), CampaignID: "spring",
		IdempotencyKey: fmt.Sprintf("key-%d", i), DeliveryStatus: mocksender.Opened,
		DeliveryMethod: mocksender.ContextAware, PlannedDeliveryMethod: mocksender.ContextAware,
		Timestamp: time.Date(2025, 2, 7, 15, 20, 40, 599e6, time.UTC),
		Content:   []byte(`{"title":"James, it's time! 👑","body":"Start now!"}`),
	}
}

// batch is a batch of n entries.
func batch(n int) mocksender.Batch {
	events := make([]mocksender.Event, n)
	for i := range events {
		events[i] = opened(i)
	}
	b, err := mocksender.NewBatch(events...)
	if err != nil {
		panic(err)
	}
	return b
}

// once never sends again.
var once = mocksender.Backoff{Retries: -1}

// atOnce sends again without waiting.
var atOnce = mocksender.Backoff{Window: -1}

// script is a server on loopback that plays one function a connection, as low
// as the socket. The connection is closed when the function returns.
type script struct {
	URL string

	l     net.Listener
	mu    sync.Mutex
	conns []net.Conn
	wg    sync.WaitGroup
}

// play starts a script. The i-th connection, counted from 0, is played by the
// i-th function; further ones by the last.
func play(acts ...func(c net.Conn, br *bufio.Reader)) *script {
	GinkgoHelper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	s := &script{URL: "http://" + l.Addr().String() + "/webhook", l: l}
	s.wg.Go(func() {
		for i := 0; ; i++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			act := acts[min(i, len(acts)-1)]
			s.wg.Go(func() {
				defer c.Close()
				act(c, bufio.NewReader(c))
			})
		}
	})
	DeferCleanup(s.close)
	return s
}

func (s *script) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *script) close() {
	s.l.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// read reads one request with its body; nil at the end of the stream.
func read(br *bufio.Reader) []byte {
	req, err := http.ReadRequest(br)
	if err != nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil
	}
	return body
}

// answer reads requests and gives each the same answer.
func answer(text string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, br *bufio.Reader) {
		for read(br) != nil {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

const noContent = "HTTP/1.1 204 No Content\r\n\r\n"

// serve is a receiver made of a handler.
func serve(h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	DeferCleanup(s.Close)
	return s
}

// recorder is a handler that keeps the bodies that arrived whole.
type recorder struct {
	mu     sync.Mutex
	bodies []string
	broken int // bodies that did not arrive whole
	status int
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	if err != nil {
		r.broken++
	} else {
		r.bodies = append(r.bodies, string(body))
	}
	r.mu.Unlock()
	w.WriteHeader(r.status)
}

func (r *recorder) count() (whole, broken int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies), r.broken
}

// chain is an error with all that it wraps, as text.
func chain(err error) string {
	var b strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%v|%#v\n", err, err)
	}
	return b.String()
}
