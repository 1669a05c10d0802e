package play

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/ctxpush/ctxpush/scenarios"
)

// failingProxy stands before a receiver and fails the first requests in its
// place, as a load balancer does whose backends are down. The others it passes
// on as they come, byte for byte but for the Host field, which names the
// receiver: what net/http would add or respell is not the sender's.
type failingProxy struct {
	target   *url.URL
	dialer   dialer
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	serving  sync.WaitGroup

	mu      sync.Mutex
	answers []scenarios.ProxyAnswer
}

// dialer opens connections to the receiver, wherever it is by now.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// pass is the answer that the receiver gives itself.
const pass scenarios.ProxyAnswer = 0

// newFailingProxy listens on the loopback, in front of the receiver at target,
// which dial connects to.
// answers are those to the first requests.
func newFailingProxy(target string, dial dialer, answers []scenarios.ProxyAnswer) (*failingProxy, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("receiver's address %q: %w", target, err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("no port for the proxy before the receiver: %w", err)
	}
	p := &failingProxy{target: u, dialer: dial, listener: l, answers: answers}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.serving.Go(p.accept)
	return p, nil
}

// URL is the proxy's base address, with the path of the receiver's.
func (p *failingProxy) URL() string {
	return "http://" + p.listener.Addr().String() + strings.TrimSuffix(p.target.EscapedPath(), "/")
}

// Close ends the proxy and its connections.
func (p *failingProxy) Close() {
	p.cancel()
	_ = p.listener.Close()
	p.serving.Wait()
}

func (p *failingProxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() {
			defer p.closing(c)()
			p.serve(c)
		})
	}
}

// closing closes c with the proxy, or sooner by the function that it returns.
func (p *failingProxy) closing(c net.Conn) (closeNow func()) {
	stop := context.AfterFunc(p.ctx, func() { _ = c.Close() })
	return func() {
		stop()
		_ = c.Close()
	}
}

// next is the answer to the request whose head has come.
func (p *failingProxy) next() scenarios.ProxyAnswer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answers) == 0 {
		return pass
	}
	answer := p.answers[0]
	p.answers = p.answers[1:]
	return answer
}

// serve takes the requests of one connection. Every failure ends it, so that the
// next attempt has a connection of its own: on one that was used before, a
// sender takes a reset for an idle connection's end and sends again at once.
func (p *failingProxy) serve(client net.Conn) {
	br := bufio.NewReaderSize(client, maxProxiedLine)
	var receiver net.Conn
	for {
		head, length, err := readHead(br, p.target.Host)
		if err != nil {
			return
		}
		if answer := p.next(); answer != pass {
			if _, err := io.CopyN(io.Discard, br, length); err == nil {
				p.fail(client, br, answer)
			}
			return
		}
		if receiver == nil {
			if receiver, err = p.dial(); err != nil {
				return // without an answer, as the receiver gave none
			}
			defer p.closing(receiver)()
			p.serving.Go(func() {
				_, _ = io.Copy(client, receiver)
				endWriting(client)
			})
		}
		if _, err = receiver.Write(head); err == nil {
			// What comes in pieces is passed on in pieces.
			_, err = io.CopyN(receiver, br, length)
		}
		if err != nil {
			// The receiver has refused, and reads no further. Closing with bytes
			// unread would be a reset, which can overtake the refusal.
			_, _ = io.Copy(io.Discard, br)
			return
		}
	}
}

// endWriting tells the other side that nothing more comes.
func endWriting(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// fail does what the answer says to a request that has come whole.
func (p *failingProxy) fail(client net.Conn, br *bufio.Reader, answer scenarios.ProxyAnswer) {
	switch answer {
	case scenarios.ProxyReset:
		if tcp, ok := client.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	case scenarios.ProxySilence:
		_, _ = io.Copy(io.Discard, br)
	default:
		status := int(answer)
		text := fmt.Sprintf("HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
		if status < http.StatusBadRequest {
			text += "Location: /elsewhere\r\n"
		}
		_, _ = io.WriteString(client, text+"Content-Length: 0\r\nConnection: close\r\n\r\n")
	}
}

func (p *failingProxy) dial() (net.Conn, error) {
	port := p.target.Port()
	if p.target.Scheme != "https" {
		if port == "" {
			port = "80"
		}
		return p.dialer(p.ctx, "tcp", net.JoinHostPort(p.target.Hostname(), port))
	}
	if port == "" {
		port = "443"
	}
	d := tls.Dialer{Config: &tls.Config{ServerName: p.target.Hostname(), NextProtos: []string{"http/1.1"}}}
	return d.DialContext(p.ctx, "tcp", net.JoinHostPort(p.target.Hostname(), port))
}

// The most that is read of a request's head.
const (
	maxProxiedLine = 64 << 10
	maxProxiedHead = 256 << 10
)

var errHead = errors.New("the request's head is malformed or too long")

// readHead reads a request's head and puts host into its Host field. length is
// that of the body that follows.
func readHead(br *bufio.Reader, host string) (head []byte, length int64, err error) {
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return nil, 0, err
		}
		if len(head)+len(line) > maxProxiedHead {
			return nil, 0, errHead
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Host")):
			head = append(append(head, "Host: "...), host+"\r\n"...)
			continue
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64); err != nil || length < 0 {
				return nil, 0, errHead
			}
		}
		head = append(head, line...)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return head, length, nil
		}
	}
}
