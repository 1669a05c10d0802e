package load_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/load"
)

// stream writes the text again and again until the connection breaks.
func stream(first, again string) func(*net.TCPConn, *bufio.Reader) {
	return func(c *net.TCPConn, br *bufio.Reader) {
		if !whole(br) {
			return
		}
		_, err := io.WriteString(c, first)
		for err == nil {
			_, err = io.WriteString(c, again)
		}
	}
}

// then reads a request, gives the answer and closes the connection.
func then(text string) func(*net.TCPConn, *bufio.Reader) {
	return func(c *net.TCPConn, br *bufio.Reader) {
		if whole(br) {
			_, _ = io.WriteString(c, text)
		}
	}
}

// Whatever a receiver does, the run goes on to its end, each batch is settled,
// and the errors are counted by kind.
func TestHostileReceivers(t *testing.T) {
	const batches = 6
	long := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct {
		play    func(*net.TCPConn, *bufio.Reader)
		size    int
		timeout time.Duration // 0: longer than anything here takes
		want    string        // the only kind of error; empty: all is acknowledged
		or      string        // which the kernel may make of it
	}{
		"closes each connection, as it says": {play: then("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")},
		"closes each connection, silently":   {play: then(noContent)},
		"ends each answer with the stream":   {play: then("HTTP/1.1 200 OK\r\n\r\nok")},
		"HTTP/1.0":                           {play: then("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")},
		"breaks off in the body":             {play: then("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok")},
		"garbage for chunks":                 {play: then("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nwhat?\r\n")},
		"a gigabyte of body":                 {play: stream("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", long)},
		"an endless body":                    {play: stream("HTTP/1.1 200 OK\r\n\r\n", long)},
		"an endless body of chunks":          {play: stream("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10000\r\n"+long+"\r\n")},
		"an interim answer first":            {play: answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")},
		"an answer nobody asked for":         {play: answering(noContent + noContent)},
		"a redirect":                         {play: answering("HTTP/1.1 307 There\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"), want: "status_307"},
		"fails":                              {play: answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), want: "status_500"},
		"garbage":                            {play: then("hello, world\r\n\r\n"), want: "bad_answer"},
		"HTTP/0.9":                           {play: then("<html>\n"), want: "bad_answer"},
		"the preface of HTTP/2":              {play: then("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), want: "bad_answer"},
		"two lengths":                        {play: then("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk"), want: "bad_answer"},
		"a negative length":                  {play: then("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n"), want: "bad_answer"},
		"endless fields":                     {play: stream("HTTP/1.1 200 OK\r\n", "A: b\r\n"), want: "long_head"},
		"an endless field":                   {play: stream("HTTP/1.1 200 OK\r\nA: ", long), want: "long_head"},
		"endless interim answers":            {play: stream("", "HTTP/1.1 102 Processing\r\n\r\n"), want: "long_head"},
		"closes without an answer":           {play: then(""), want: "closed"},
		"breaks off in the head":             {play: then("HTTP/1.1 200 OK\r\nContent-"), want: "closed"},
		"closes at once":                     {play: func(*net.TCPConn, *bufio.Reader) {}, want: "reset", or: "closed"},
		"resets":                             {play: func(c *net.TCPConn, br *bufio.Reader) { whole(br); _ = c.SetLinger(0) }, want: "reset"},
		"resets in the body":                 {play: func(c *net.TCPConn, br *bufio.Reader) { _, _ = br.ReadByte(); _ = c.SetLinger(0) }, size: 8 << 20, want: "reset"},
		"never answers":                      {play: func(_ *net.TCPConn, br *bufio.Reader) { _, _ = io.Copy(io.Discard, br) }, timeout: 50 * time.Millisecond, want: "timeout"},
		"never reads":                        {play: func(c *net.TCPConn, _ *bufio.Reader) { untilClosed(c) }, size: 16 << 20, timeout: 150 * time.Millisecond, want: "timeout"},
		"half an answer, and no more":        {play: func(c *net.TCPConn, br *bufio.Reader) { then("HTTP/1.1 200 OK\r\nA:")(c, br); untilClosed(c) }, timeout: 50 * time.Millisecond, want: "timeout"},
		"half a body, and no more": {play: func(c *net.TCPConn, br *bufio.Reader) {
			then("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok")(c, br)
			untilClosed(c)
		}, timeout: 50 * time.Millisecond},
		"refuses without reading, and stays":           {play: func(c *net.TCPConn, _ *bufio.Reader) { refuse(c); untilClosed(c) }, size: 16 << 20, want: "status_413"},
		"accepts without reading, then reads":          {play: early, size: 16 << 20},
		"a byte at a time":                             {play: byteByByte},
		"TLS":                                          {play: func(c *net.TCPConn, _ *bufio.Reader) { _ = tls.Server(c, &tls.Config{}).Handshake() }, want: "bad_answer", or: "reset"},
		"a connection that dies at its second request": {play: func(c *net.TCPConn, br *bufio.Reader) { answerOnce(c, br); _, _ = br.ReadByte() }},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			if c.timeout == 0 {
				c.timeout = time.Minute
			}
			r, err := run(t.Context(), t, load.Config{URL: script(t, c.play), Secret: secret, Source: newSource(batches, max(c.size, 1000)), Connections: 2,
				Timeout: c.timeout, Backoff: mocksender.Backoff{Retries: 1, Window: -1}})
			if err != nil || r.Requests != batches || r.Unsettled != 0 {
				t.Fatalf("%v: %+v", err, r.Counts)
			}
			if c.want == "" && (r.Acknowledged != batches || len(r.Errors) > 0) {
				t.Errorf("%+v, want all acknowledged", r.Counts)
			}
			if c.want != "" && (r.Dropped != batches || r.Errors[c.want]+r.Errors[c.or] != 2*batches) {
				t.Errorf("%+v, want all to fail by %s", r.Counts, c.want)
			}
		})
	}
}

func untilClosed(c net.Conn) { _, _ = io.Copy(io.Discard, oneByte{c}) }

// oneByte never reads more than the end of the stream needs: the socket's
// buffers stay full.
type oneByte struct{ c net.Conn }

func (o oneByte) Read(p []byte) (int, error) {
	raw, err := o.c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	gone := make(chan error, 1)
	go func() { gone <- raw.Write(func(uintptr) bool { return false }) }()
	return 0, <-gone
}

func refuse(c net.Conn) {
	_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
}

func early(c *net.TCPConn, br *bufio.Reader) {
	for {
		if _, err := br.Peek(1); err != nil {
			return
		}
		if _, err := io.WriteString(c, noContent); err != nil || !whole(br) {
			return
		}
	}
}

func byteByByte(c *net.TCPConn, br *bufio.Reader) {
	for whole(br) {
		for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	}
}

func answerOnce(c *net.TCPConn, br *bufio.Reader) {
	if whole(br) {
		_, _ = io.WriteString(c, noContent)
	}
}

func TestNobodyListens(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	l.Close()
	r, err := run(t.Context(), t, load.Config{URL: url, Source: newSource(20, 1000), Connections: 4, Backoff: mocksender.Backoff{Retries: 2, Window: -1}})
	if err != nil || errorsOf(r) != "map[refused:60]" || r.Dropped != 20 || r.Bytes != 0 || r.Latency.TotalCount() != 0 {
		t.Errorf("%v: %+v", err, r.Counts)
	}
}

// A receiver that is down is not dialled as fast as it refuses.
func TestDeadReceiverIsNoHotLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int64
		c := load.Config{URL: "http://receiver/", Source: newSource(0, 10), Duration: 10 * time.Second, Connections: 4, Drain: -1}
		c.Dial = refusing(&dials)
		r, err := run(t.Context(), t, c)
		if err != nil || r.Errors["no_route"] != r.Attempts || dials.Load() > 4*10*25 || dials.Load() < 4*10*15 {
			t.Errorf("%v: %d dials, %+v", err, dials.Load(), r.Counts)
		}
	})
}

// A receiver that comes back is sent to again, and all that it missed by the
// schedule of retries.
func TestReceiverComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{answer: always(noContent)}
		var dials atomic.Int64
		begin := time.Now()
		c := load.Config{URL: "http://receiver/", Source: newSource(0, 10), Pace: rate(t, "100/s"), Duration: 20 * time.Second, Connections: 4, TimeScale: 60}
		c.Dial = either(func() bool { return time.Since(begin) < 10*time.Second }, refusing(&dials), p.dial)
		r, err := run(t.Context(), t, c)
		p.group.Wait()
		if err != nil || r.Acknowledged != 2000 || r.Unsent != 0 || r.Dropped != 0 || r.Retries == 0 {
			t.Errorf("%v: %+v", err, r.Counts)
		}
	})
}
