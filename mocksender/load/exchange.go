package load

import (
	"errors"
	"time"
)

// The pieces of a slow request, and the real time between two of them: together
// about a fifth of a second, in which the receiver holds half a body.
const (
	slowPieces = 10
	slowPause  = 20 * time.Millisecond
)

// outcome is how an attempt ended.
type outcome struct {
	kind  kind
	sent  time.Time // of the first byte; zero if none was
	bytes int
	// stale tells that an idle connection turned out to be closed: that is no
	// failure of the attempt, which begins anew.
	stale bool
}

// acknowledged tells whether a 2xx has come.
func (o outcome) acknowledged() bool { return o.kind == 0 }

// measured tells whether the receiver's time was taken: it has answered, or
// not in time.
func (o outcome) measured() bool { return o.kind < 1000 || o.kind == kindTimeout }

// exchange sends the request on the open link, with its fault, and reads the
// answer. It gives the request's buffer back as soon as it can.
func (l *link) exchange(t *try, until time.Time, quit <-chan struct{}) outcome {
	l.begin()
	request, head, f := t.request, t.head, t.fault
	o := outcome{sent: time.Now(), bytes: len(request)}
	var err, unread error
	switch f {
	case reset:
		o.bytes = head + (len(request)-head)/2
		err = l.send(request[:o.bytes], until)
	case slow:
		err = l.trickle(request, head, until, quit)
	default:
		var left []byte
		left, err, unread = l.quick.exchange(t)
		if err == nil && len(left) > 0 {
			err = l.send(left, until)
		}
	}
	t.release()
	switch {
	case err != nil && !l.heard && !isAny(err, errStopped, errTimeout):
		// The receiver may have answered before it broke off.
		if l.receive(earlier(until, time.Now().Add(afterthought))) == nil || l.answer.final {
			err = nil
		}
		l.answer.closing = true
	case err == nil && f == reset:
		l.cut()
		o.kind = kindFault
		return o
	case unread != nil:
		err = unread
	case err == nil && f == lostAck:
		if l.got == 0 {
			err = l.fill(until)
		}
		if err == nil {
			l.close()
			o.kind = kindFault
			return o
		}
	case err == nil:
		err = l.receive(until)
	}
	if l.answer.final && !errors.Is(err, errStopped) {
		// The status counts, whatever became of the body.
		if err == nil && l.answer.reusable() && !l.config.NoKeepAlive {
			l.used = true
		} else {
			l.close()
		}
		switch s := l.answer.status; {
		case s < 200 || s > 299:
			o.kind = kind(s)
		case f == reset:
			o.kind = kindFault // half a request can't be acknowledged
		}
		return o
	}
	o.kind = exchangeKind(err)
	if l.used && l.got == 0 && (o.kind == kindReset || o.kind == kindClosed) {
		o.stale = true
		l.wary = true
	}
	l.close()
	return o
}

// trickle sends the body in pieces. A receiver that answers meanwhile or breaks
// off ends the pauses, not the attempt.
func (l *link) trickle(request []byte, head int, until time.Time, quit <-chan struct{}) error {
	if err := l.send(request[:head], until); err != nil {
		return err
	}
	body := request[head:]
	timer := time.NewTimer(slowPause)
	defer timer.Stop()
	for i := range slowPieces {
		if err := l.send(body[len(body)*i/slowPieces:len(body)*(i+1)/slowPieces], until); err != nil {
			return err
		}
		switch {
		case i == slowPieces-1:
			return nil
		case l.answer.done() && !l.acknowledged():
			l.answer.closing = true // it was not sent through
			return nil
		case l.answer.done():
			continue
		}
		timer.Reset(slowPause)
		select {
		case <-timer.C:
		case <-quit:
			return errStopped
		}
	}
	return nil
}
