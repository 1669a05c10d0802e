package mocksender

import (
	"bufio"
	"errors"
	"net"
	"time"
)

// The most that is read of an answer, so that a receiver which never stops
// answering costs neither memory nor the connection's later use.
const (
	keptBody    = 4 << 10   // of the body, into Answer.Body
	drainedBody = 256 << 10 // of the body, to use the connection again
	maxHead     = 256 << 10 // of the head, with all interim answers
)

var errLongHead = errors.New("the answer's head is longer than 256 KiB")

// aLongTimeAgo is a deadline that ends what a connection is waiting for.
var aLongTimeAgo = time.Unix(1, 0)

// conn is a connection to a receiver, with what has been read ahead from it.
type conn struct {
	net.Conn
	key  string // of its endpoint
	br   *bufio.Reader
	left int // bytes that may still be read of the present answer
	got  int // bytes that were read of it
}

func newConn(nc net.Conn, key string) *conn {
	c := &conn{Conn: nc, key: key}
	c.br = bufio.NewReader(c)
	return c
}

// expect makes ready to read at most n bytes more.
func (c *conn) expect(n int) { c.left = n }

// Read reads for br, within what is expected.
func (c *conn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLongHead
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	c.got += n
	return n, err
}

// interrupt ends reads and writes under way. The connection is of no use
// afterwards.
func (c *conn) interrupt() { _ = c.SetDeadline(aLongTimeAgo) }
