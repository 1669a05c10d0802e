package mocksender

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/internal/wire"
)

// inlineSend is up to which size a request is sent before its answer is looked
// for. What is longer may not fit between sender and receiver, so that a
// receiver that refuses it early has to be listened to meanwhile.
const inlineSend = 64 << 10

// Exchange is one attempt as a Fault sees it: a request on its way and the
// answer to it, step by step. Its connection is a fresh one, dialled with the
// first byte, so that no other request has a part in the fault. All steps end
// with the attempt's context. An Exchange is used by one goroutine, and not
// after Strike has returned.
type Exchange struct {
	ctx    context.Context
	sender *Sender
	target wire.Endpoint
	wire   []byte
	head   int

	conn     *conn
	release  func() bool // detaches conn from ctx
	sent     int
	err      error // of dialling or writing
	reusable bool
	resent   bool
	copies   []*Exchange
}

// Size is the length of the request in bytes, head and body.
func (x *Exchange) Size() int { return len(x.wire) }

// Head is the length of the request's head in bytes.
func (x *Exchange) Head() int { return x.head }

// Sent is how many of the request's bytes have been sent.
func (x *Exchange) Sent() int { return x.sent }

// SendPart sends the request's next n bytes, or as many as are left. Once it
// has failed it fails again; Finish then finds out whether the receiver had
// answered before.
func (x *Exchange) SendPart(n int) error {
	x.connect()
	if x.err == nil {
		n = min(max(n, 0), len(x.wire)-x.sent)
		x.write(x.wire[x.sent : x.sent+n])
	}
	return x.err
}

// Send sends what is left of the request.
func (x *Exchange) Send() error { return x.SendPart(len(x.wire)) }

// Await waits for the first bytes of the final answer, and reads no further.
func (x *Exchange) Await() error {
	if x.connect(); x.conn == nil {
		return x.err
	}
	x.conn.expect(maxHead)
	return x.conn.await()
}

// Finish sends what is left of the request and reads the answer. An answer that
// comes before the request has been sent through is the answer, whatever error
// cut the sending short.
func (x *Exchange) Finish() (Answer, error) {
	if x.connect(); x.conn == nil {
		return Answer{}, x.err
	}
	var a Answer
	var err error
	if x.err == nil && len(x.wire)-x.sent > inlineSend {
		a, err = x.duplex()
	} else {
		_ = x.Send()
		a, x.reusable, err = x.conn.answer()
	}
	if x.err != nil {
		x.reusable = false
		// A write that was stopped because reading failed is not the reason.
		if err != nil && !errors.Is(x.err, os.ErrDeadlineExceeded) {
			err = x.err
		}
	}
	return a, err
}

// duplex sends and reads at once. A refusal ends the sending; after an early
// 2xx the rest is still sent, for a receiver that reads on.
func (x *Exchange) duplex() (Answer, error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		x.write(x.wire[x.sent:])
	}()
	a, reusable, err := x.conn.answer()
	if !a.Acknowledged() {
		_ = x.conn.SetWriteDeadline(aLongTimeAgo)
	}
	<-done
	// A write that ended just before that deadline leaves it in place.
	x.reusable = reusable && x.conn.SetWriteDeadline(time.Time{}) == nil
	return a, err
}

// Cut closes the connection, with whatever has been sent and answered.
func (x *Exchange) Cut() {
	if x.conn == nil {
		return
	}
	x.release()
	x.sender.pool.close(x.conn)
	x.conn = nil
	if x.err == nil {
		x.err = ErrCut
	}
}

// Again is the same request once more, on a connection of its own.
func (x *Exchange) Again() *Exchange {
	y := &Exchange{ctx: x.ctx, sender: x.sender, target: x.target, wire: x.wire, head: x.head}
	x.copies = append(x.copies, y)
	return y
}

// Sleep waits by the sender's clock.
func (x *Exchange) Sleep(d time.Duration) error { return x.sender.clock().Sleep(x.ctx, d) }

// plain plays the exchange as it should be, on an idle connection if there is
// one.
func (x *Exchange) plain() (Answer, error) {
	c := x.sender.pool.take(x.target.Key())
	if c == nil {
		return x.Finish()
	}
	x.adopt(c)
	a, err := x.Finish()
	if err == nil || c.got > 0 || x.ctx.Err() != nil {
		return a, err
	}
	// The receiver most likely closed the idle connection just as the request
	// set out. That is no failure of a delivery, so it does not cost an attempt.
	// Should the request have been taken in all the same, it now comes twice,
	// which at-least-once delivery allows.
	x.Cut()
	x.err, x.sent, x.resent = nil, 0, true
	return x.Finish()
}

func (x *Exchange) connect() {
	if x.conn != nil || x.err != nil {
		return
	}
	c, err := x.sender.dial(x.ctx, x.target)
	if err != nil {
		x.err = err
		return
	}
	x.adopt(c)
}

func (x *Exchange) adopt(c *conn) {
	c.got = 0
	x.conn = c
	x.release = context.AfterFunc(x.ctx, c.interrupt)
}

func (x *Exchange) write(b []byte) {
	n, err := x.conn.Write(b)
	x.sent += n
	x.err = err
}

// close ends the exchange and its copies: their connections are kept for later
// or closed.
func (x *Exchange) close() {
	for _, y := range x.copies {
		y.close()
	}
	if x.conn == nil {
		return
	}
	if free := x.release(); free && x.reusable {
		x.sender.pool.put(x.conn, x.sender.MaxConns)
	} else {
		x.sender.pool.close(x.conn)
	}
	x.conn = nil
}
