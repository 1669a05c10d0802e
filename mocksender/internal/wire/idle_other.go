//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package wire

import "net"

// Alive can't look at an idle connection here; one that has been closed is
// noticed when it is used, and the request then sent on a fresh one.
func Alive(net.Conn) bool { return true }
