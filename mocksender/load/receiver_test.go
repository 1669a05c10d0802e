package load_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

// pipes is a receiver at the other end of in-memory connections: with them a
// run can be played in a bubble of testing/synctest, where time has no noise.
type pipes struct {
	// answer is what the n-th whole request, counted from 0, is answered with;
	// empty closes the connection.
	answer func(n int, body []byte) string

	mu     sync.Mutex
	came   int
	dials  int
	heads  []string
	bodies map[load.BatchID][]string
	broken int // requests that did not arrive whole
	group  sync.WaitGroup
}

const noContent = "HTTP/1.1 204 No Content\r\n\r\n"

func always(text string) func(int, []byte) string { return func(int, []byte) string { return text } }

// dial is for Config.Dial.
func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.mu.Lock()
	p.dials++
	p.mu.Unlock()
	p.group.Go(func() { p.serve(far) })
	return near, nil
}

func (p *pipes) serve(c net.Conn) {
	defer c.Close()
	br := bufio.NewReader(c)
	for {
		head, body, err := readRequest(br)
		p.mu.Lock()
		if err != nil {
			if len(head) > 0 {
				p.broken++
			}
			p.mu.Unlock()
			return
		}
		n := p.came
		p.came++
		p.heads = append(p.heads, head)
		if id, err := batchOf(body); err == nil {
			if p.bodies == nil {
				p.bodies = map[load.BatchID][]string{}
			}
			p.bodies[id] = append(p.bodies[id], string(body))
		}
		p.mu.Unlock()
		text := p.answer(n, body)
		if _, err := io.WriteString(c, text); err != nil || text == "" {
			return
		}
	}
}

// readRequest reads a request as it came.
func readRequest(br *bufio.Reader) (head string, body []byte, err error) {
	var seen bytes.Buffer
	length := 0
	for {
		line, err := br.ReadString('\n')
		seen.WriteString(line)
		if err != nil {
			return seen.String(), nil, err
		}
		if line == "\r\n" {
			break
		}
		if n, is := bytes.CutPrefix([]byte(line), []byte("Content-Length: ")); is {
			length, err = strconv.Atoi(string(bytes.TrimSpace(n)))
			if err != nil {
				return seen.String(), nil, err
			}
		}
	}
	body = make([]byte, length)
	_, err = io.ReadFull(br, body)
	return seen.String(), body, err
}

// script is a receiver on loopback that plays the same on each connection, as
// low as the socket. The connection is closed when play returns.
func script(t *testing.T, play func(c *net.TCPConn, br *bufio.Reader)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			group.Go(func() {
				defer c.Close()
				play(c.(*net.TCPConn), bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		group.Wait()
	})
	return "http://" + l.Addr().String() + "/webhook"
}

// whole reads one request with its body; false at the end of the stream.
func whole(br *bufio.Reader) bool {
	req, err := http.ReadRequest(br)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err == nil
}

// answering reads requests and gives each the same answer.
func answering(text string) func(*net.TCPConn, *bufio.Reader) {
	return func(c *net.TCPConn, br *bufio.Reader) {
		for whole(br) {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

// run runs a load and checks what holds of every run: each batch is settled
// once, as the counts say; attempts are first ones and retries.
func run(ctx context.Context, t *testing.T, c load.Config) (load.Result, error) {
	t.Helper()
	src := c.Source.(*source)
	r, err := load.Run(ctx, c)
	if r.Requests != r.Acknowledged+r.Dropped+r.Unsettled {
		t.Errorf("%d requests, but %d acknowledged, %d dropped, %d unsettled", r.Requests, r.Acknowledged, r.Dropped, r.Unsettled)
	}
	if r.Attempts != r.Requests+r.Retries {
		t.Errorf("%d attempts of %d requests with %d retries", r.Attempts, r.Requests, r.Retries)
	}
	var struck uint64
	for _, n := range r.Struck {
		struck += n
	}
	if failed := r.Attempts - r.Acknowledged; r.Failed() > failed || failed > r.Failed()+struck+r.Unsettled {
		t.Errorf("%d of %d attempts acknowledged; errors %v, struck %v, %d unsettled", r.Acknowledged, r.Attempts, r.Errors, r.Struck, r.Unsettled)
	}
	src.mu.Lock()
	defer src.mu.Unlock()
	var acknowledged uint64
	for _, yes := range src.settled {
		if yes {
			acknowledged++
		}
	}
	if uint64(len(src.settled)) != r.Requests || acknowledged != r.Acknowledged || len(src.twice) > 0 {
		t.Errorf("the source was told of %d batches, %d acknowledged, %d more than once; counted %d, %d",
			len(src.settled), acknowledged, len(src.twice), r.Requests, r.Acknowledged)
	}
	if err == nil && !src.finished.Load() {
		t.Error("the source was not told to finish")
	}
	var sum load.Point
	for _, p := range r.Series {
		sum.Requests += p.Requests
		sum.Events += p.Events
		sum.Bytes += p.Bytes
		sum.Errors += p.Errors
		sum.Retries += p.Retries
		sum.Length += p.Length
	}
	if sum.Requests != r.Requests || sum.Events != r.Events || sum.Bytes != r.Bytes || sum.Errors != r.Failed() || sum.Retries != r.Retries || sum.Length != r.Duration {
		t.Errorf("the series adds up to %+v, the run to %+v in %v", sum, r.Counts, r.Duration)
	}
	return r, err
}

// noLeaks looks for goroutines that a test leaves.
func noLeaks(t *testing.T) {
	t.Helper()
	present := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, present) })
}

func errorsOf(r load.Result) string { return fmt.Sprint(r.Errors) }

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// refusing refuses all connections.
func refusing(dials *atomic.Int64) dialer {
	return func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, errors.New("nobody there")
	}
}

// either dials one way or another.
func either(first func() bool, a, b dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if first() {
			return a(ctx, network, addr)
		}
		return b(ctx, network, addr)
	}
}

// quietly dials a receiver that neither keeps anything nor allocates: each
// request must fit into its buffer.
func quietly(p *pipes) dialer {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		p.group.Go(func() {
			defer far.Close()
			buf, text := make([]byte, 64<<10), []byte(noContent)
			for {
				if n, err := far.Read(buf); err != nil || !bytes.HasSuffix(buf[:n], []byte(`"}]`)) {
					return
				}
				if _, err := far.Write(text); err != nil {
					return
				}
			}
		})
		return near, nil
	}
}
