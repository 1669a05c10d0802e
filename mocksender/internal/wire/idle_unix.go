//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package wire

import (
	"net"
	"syscall"
)

// Alive tells whether a connection on which nothing is expected is still
// open. It looks at the socket without waiting: bytes that nobody asked for and
// the end of the stream both mean that it is of no use. A connection that is
// no socket can't be looked at and counts as open.
func Alive(nc net.Conn) bool {
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS
		nc = t.NetConn()
	}
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	alive := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		alive = err == syscall.EAGAIN || err == syscall.EINTR
		return true
	})
	return err == nil && alive
}
