//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package wire

import (
	"net"
	"testing"

	. "github.com/onsi/gomega"
)

func TestAlive(t *testing.T) {
	for name, end := range map[string]func(net.Conn) error{
		"closed":           func(c net.Conn) error { return c.Close() },
		"reset":            func(c net.Conn) error { c.(*net.TCPConn).SetLinger(0); return c.Close() },
		"unasked for byte": func(c net.Conn) error { _, err := c.Write([]byte("H")); return err },
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			g.Expect(err).NotTo(HaveOccurred())
			defer l.Close()
			near, err := net.Dial("tcp", l.Addr().String())
			g.Expect(err).NotTo(HaveOccurred())
			defer near.Close()
			far, err := l.Accept()
			g.Expect(err).NotTo(HaveOccurred())
			defer far.Close()

			g.Expect(Alive(near)).To(BeTrue())
			g.Expect(end(far)).To(Succeed())
			g.Eventually(func() bool { return Alive(near) }).Should(BeFalse())
		})
	}
}
