package load

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/internal/wire"
)

const (
	// readAhead is the first size of a link's buffer: most answers fit.
	readAhead = 4 << 10
	// stall is how long a receiver may not take bytes until it is listened to
	// meanwhile: it may have answered without reading.
	stall = 50 * time.Millisecond
	// inlineSend is up to which size a request is sent over TLS before its answer
	// is looked for.
	inlineSend = 64 << 10
	// afterthought is how long an answer may take once the receiver no longer
	// takes the request.
	afterthought = 100 * time.Millisecond
	// trust is how long an idle connection is thought to be open without a look.
	trust = time.Millisecond
)

// aLongTimeAgo is a deadline that ends what a connection is waiting for.
var aLongTimeAgo = time.Unix(1, 0)

// link is a place for one connection at a time, with what has been read ahead
// from it. It is used by one goroutine; interrupt may come from any.
//
// A connection's deadlines are not set for each request but only when the last
// one has passed: until then it is early at worst, which is noticed and put
// right.
type link struct {
	to       wire.Endpoint
	config   *Config
	stopped  *atomic.Bool
	answer   answer
	quick    quick
	buf      []byte
	r, w     int  // what lies between has been read and not used
	got      int  // bytes of the present answer
	heard    bool // the answer was read while the request was sent
	used     bool // an answer has come on this connection
	wary     bool // an idle connection was found closed before
	lastUsed time.Time

	mu sync.Mutex // guards the change of nc
	nc net.Conn
}

// interrupt ends what the link is waiting for. stopped must be true before.
func (l *link) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nc != nil {
		_ = l.nc.SetDeadline(aLongTimeAgo)
	}
}

// open connects, unless there is a connection that is of use.
func (l *link) open(ctx context.Context, now, until time.Time) error {
	if l.nc != nil {
		looked := !l.wary && now.Sub(l.lastUsed) < trust
		if l.r == l.w && (looked || wire.Alive(l.nc)) {
			return nil
		}
		l.close()
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	nc, err := l.to.Dial(ctx, l.config.Dial, l.config.TLS)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.nc = nc
	l.mu.Unlock()
	l.quick.open(l)
	l.used = false
	return nc.SetDeadline(time.Now().Add(stall))
}

func (l *link) close() {
	if l.nc == nil {
		return
	}
	l.mu.Lock()
	nc := l.nc
	l.nc = nil
	l.mu.Unlock()
	_ = nc.Close()
	l.r, l.w = 0, 0
	if len(l.buf) > readAhead {
		l.buf = nil
	}
}

// cut closes the connection with a reset.
func (l *link) cut() {
	nc := l.nc
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS
		nc = t.NetConn()
	}
	if t, ok := nc.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
		_ = t.Close() // before TLS can say goodbye
	}
	l.close()
}

// renew sets a deadline that has passed to a later time.
func (l *link) renew(set func(time.Time) error, until time.Time) error {
	if !l.stopped.Load() {
		if !time.Now().Before(until) {
			return errTimeout
		}
		if err := set(until); err != nil {
			return err
		}
	}
	if l.stopped.Load() { // perhaps before the deadline was set
		return errStopped
	}
	return nil
}

// send sends bytes of a request. Where the receiver does not take them it
// listens meanwhile, so that afterwards the answer may have been read already.
func (l *link) send(p []byte, until time.Time) error {
	if l.to.TLS {
		// A TLS connection does not survive a write that timed out.
		if err := l.renew(l.nc.SetWriteDeadline, until); err != nil {
			return err
		}
		if len(p) > inlineSend {
			return l.duplex(p, until)
		}
		_, err := l.nc.Write(p)
		return err
	}
	for renewed := false; ; renewed = true {
		n, err := l.nc.Write(p)
		if p = p[n:]; err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if renewed {
			return l.duplex(p, until)
		}
		if err := l.renew(l.nc.SetWriteDeadline, earlier(until, time.Now().Add(stall))); err != nil {
			return err
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// duplex sends and receives at once. A refusal ends the sending; after an early
// 2xx the rest is still sent, for a receiver that reads on.
func (l *link) duplex(p []byte, until time.Time) error {
	if err := l.renew(l.nc.SetWriteDeadline, until); err != nil {
		return err
	}
	sent := make(chan error, 1)
	nc := l.nc
	go func() {
		_, err := nc.Write(p)
		sent <- err
	}()
	err := l.receive(until)
	l.heard = true
	if !l.acknowledged() {
		_ = nc.SetWriteDeadline(aLongTimeAgo)
	}
	failed := <-sent
	if failed != nil {
		l.answer.closing = true
		if err != nil && !errors.Is(failed, os.ErrDeadlineExceeded) {
			return failed
		}
	}
	return err
}

func (l *link) acknowledged() bool {
	return l.answer.final && l.answer.status >= 200 && l.answer.status <= 299
}

// begin makes ready for a request and its answer.
func (l *link) begin() {
	l.answer.begin()
	l.got, l.heard = 0, false
}

// receive reads the answer, or what has not been read of it.
func (l *link) receive(until time.Time) error {
	for {
		used, err := l.answer.feed(l.buf[l.r:l.w])
		l.r += used
		if err != nil || l.answer.done() {
			return err
		}
		if err := l.fill(until); err == io.EOF && l.got > 0 {
			return l.answer.end()
		} else if err != nil {
			return err
		}
	}
}

// fill reads what has come, at least a byte.
func (l *link) fill(until time.Time) error {
	switch {
	case l.r == l.w:
		l.r, l.w = 0, 0
		if l.buf == nil {
			l.buf = make([]byte, readAhead)
		}
	case l.w == len(l.buf) && l.r > 0:
		l.w = copy(l.buf, l.buf[l.r:l.w])
		l.r = 0
	case l.w == len(l.buf): // a line longer than the buffer; answer bounds it
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	for {
		n, err := l.nc.Read(l.buf[l.w:])
		l.w += n
		l.got += n
		switch {
		case n > 0:
			return nil
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		default:
			if err := l.renew(l.nc.SetReadDeadline, until); err != nil {
				return err
			}
		}
	}
}
