//go:build unix

package load

import (
	"io"
	"net"
	"os"
	"syscall"
)

// quick sends a request and reads the beginning of its answer with the two
// system calls that this takes. To write and then to read, one after the other,
// takes a third: a read that finds nothing yet, before the connection can be
// waited for.
type quick struct {
	raw     syscall.RawConn // nil where the connection is none of the kernel's
	turn    func(fd uintptr) bool
	link    *link
	buf     *[]byte
	left    []byte // of the request
	sent    bool   // all of it, or as much as could be
	sendErr error
	readErr error
}

// open makes ready for a connection.
func (q *quick) open(l *link) {
	q.raw = nil
	if nc, ok := l.nc.(*net.TCPConn); ok {
		if raw, err := nc.SyscallConn(); err == nil {
			q.raw, q.link = raw, l
			if q.turn == nil {
				q.turn = q.take
			}
		}
	}
}

// exchange sends what it can of the request without waiting, and if that is all
// waits for the first bytes of the answer. It tells what is left to send, why the
// sending ended, if it did, and the reading.
func (q *quick) exchange(t *try) (left []byte, sendErr, readErr error) {
	if q.raw == nil {
		return t.request, nil, nil
	}
	q.buf, q.left, q.sent, q.sendErr, q.readErr = t.buf, t.request, false, nil, nil
	if q.link.buf == nil {
		q.link.buf = make([]byte, readAhead)
	}
	q.link.r, q.link.w = 0, 0
	err := q.raw.Read(q.turn)
	left, sendErr, readErr = q.left, q.sendErr, q.readErr
	q.left = nil
	if q.buf == nil { // it has been given back
		t.buf, t.request = nil, nil
	}
	if err != nil && !isAny(err, os.ErrDeadlineExceeded) { // the deadline's renewal is receive's
		readErr = err
	}
	return left, sendErr, readErr
}

// take has its turn at first, and then whenever there may be something to read.
// The connection is told of from before the first turn on, so that an answer
// that is quicker than the sender is not missed.
func (q *quick) take(fd uintptr) bool {
	if !q.sent {
		q.sent = true
		n, err := again(func() (int, error) { return syscall.Write(int(fd), q.left) })
		q.left = q.left[max(n, 0):]
		if err != nil && err != syscall.EAGAIN {
			q.sendErr = os.NewSyscallError("write", err)
		}
		if len(q.left) > 0 {
			return true
		}
		buffers.Put(q.buf)
		q.buf, q.left = nil, nil
		return false
	}
	l := q.link
	n, err := again(func() (int, error) { return syscall.Read(int(fd), l.buf) })
	switch {
	case err == syscall.EAGAIN:
		return false
	case err != nil:
		q.readErr = os.NewSyscallError("read", err)
	case n == 0:
		q.readErr = io.EOF
	default:
		l.w, l.got = n, n
	}
	return true
}

// again makes a system call until no signal comes between.
func again(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != syscall.EINTR {
			return n, err
		}
	}
}
