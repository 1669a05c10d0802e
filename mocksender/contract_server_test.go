package mocksender_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/internal/strict"
)

// reply is what the strict receiver does with one request.
type reply struct {
	status int           // 0 is no answer
	after  time.Duration // waits so long before
	hang   bool          // without an answer: until the sender gives up
	last   bool          // the connection's last answer, and says so
}

// strictReceiver reads requests off raw connections and holds each against the
// contract. It answers by the replies that it was given, then with 204.
type strictReceiver struct {
	rules    strict.Rules
	location string // of redirects

	mu          sync.Mutex
	replies     []reply
	seen        []strict.Attempt
	requests    []strict.Request
	connections int
	err         error // the first violation
}

// expect gives the replies to the requests of the next batch.
func (r *strictReceiver) expect(replies ...reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replies, r.seen, r.requests = replies, nil, nil
}

// saw is what has come since.
func (r *strictReceiver) saw() ([]strict.Attempt, []strict.Request, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen, r.requests, r.err
}

func (r *strictReceiver) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.connections++
		r.mu.Unlock()
		go r.serve(c)
	}
}

// serve takes the requests of one connection.
func (r *strictReceiver) serve(c net.Conn) {
	defer c.Close()
	br := bufio.NewReader(c)
	for {
		if _, err := br.Peek(1); err != nil {
			return // closed while it was idle, as it may be
		}
		start := time.Now()
		q, err := r.rules.Read(br)
		if err != nil {
			r.fail(err)
			return
		}
		n, reply := r.take(start, q)
		if reply.after > 0 {
			<-time.After(reply.after)
		}
		switch {
		case reply.hang:
			// A sender that gives up says nothing more.
			if n, err := io.Copy(io.Discard, br); n > 0 || err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
				r.fail(fmt.Errorf("%d bytes follow a request that was not answered, error %v", n, err))
			}
		case reply.status != 0:
			// The attempt ends when its sender can know the answer.
			r.end(n, reply.status)
			if _, err := io.WriteString(c, r.answer(reply)); err != nil || reply.last {
				return
			}
			continue
		}
		r.end(n, 0)
		return
	}
}

func (r *strictReceiver) answer(with reply) string {
	text := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: 0\r\n", with.status, http.StatusText(with.status))
	if with.status == http.StatusNoContent {
		text = "HTTP/1.1 204 No Content\r\n"
	}
	if with.status/100 == 3 {
		text += "Location: " + r.location + "\r\n"
	}
	if with.last {
		text += "Connection: close\r\n"
	}
	return text + "\r\n"
}

// take notes a request and tells its number and the reply to it.
func (r *strictReceiver) take(start time.Time, q strict.Request) (int, reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, strict.Attempt{Raw: q.Raw, Start: start})
	r.requests = append(r.requests, q)
	n := len(r.seen)
	if n <= len(r.replies) {
		return n - 1, r.replies[n-1]
	}
	return n - 1, reply{status: http.StatusNoContent}
}

func (r *strictReceiver) end(n, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[n].End, r.seen[n].Status = time.Now(), status
}

func (r *strictReceiver) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// listen serves the receiver on loopback until the test ends. Its rules' host is
// the listener's.
func (r *strictReceiver) listen(tb testing.TB) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	r.rules.Host = l.Addr().String()
	go r.accept(l)
}
