package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// serveMode is the first argument of a process that is a server.
const serveMode = "serve"

const (
	kindNetHTTP  = "net/http"
	kindFastHTTP = "fasthttp"
)

var serverKinds = []string{kindNetHTTP, kindFastHTTP}

// counts are what a server has seen since it was last asked.
type counts struct {
	Requests, Bytes uint64
	// Took is the time from the first request to the last.
	Took time.Duration
	CPU  time.Duration
}

// counter counts requests.
type counter struct {
	requests, bytes atomic.Uint64
	first, last     atomic.Int64 // ns after start
	start           time.Time
}

func (c *counter) add(bytes int64) {
	at := int64(time.Since(c.start))
	if c.requests.Add(1) == 1 {
		c.first.Store(at)
	}
	c.bytes.Add(uint64(bytes))
	c.last.Store(at)
}

// take is the counts so far, which then begin anew.
func (c *counter) take() counts {
	n := counts{Requests: c.requests.Swap(0), Bytes: c.bytes.Swap(0)}
	n.Took = time.Duration(c.last.Load() - c.first.Load())
	return n
}

// serve is a server that reads and counts bodies, until its standard input
// ends. It writes its address, and its counts for each line that it reads.
func serve(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s wants one kind of server", serveMode)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c := &counter{start: time.Now()}
	failed := make(chan error, 1)
	go func() { failed <- serveKind(args[0], listener, c) }()
	fmt.Printf("http://%s/webhook\n", listener.Addr())
	lines := make(chan struct{})
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- struct{}{}
		}
	}()
	used := selfCPU()
	for {
		select {
		case err := <-failed:
			return err
		case _, ok := <-lines:
			if !ok {
				return nil
			}
			n := c.take()
			now := selfCPU()
			n.CPU, used = now-used, now
			if err := json.NewEncoder(os.Stdout).Encode(n); err != nil {
				return err
			}
		}
	}
}

func serveKind(kind string, listener net.Listener, c *counter) error {
	switch kind {
	case kindNetHTTP:
		return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			c.add(n)
			w.WriteHeader(http.StatusNoContent)
		}))
	case kindFastHTTP:
		s := &fasthttp.Server{MaxRequestBodySize: 1 << 30, Handler: func(ctx *fasthttp.RequestCtx) {
			c.add(int64(len(ctx.PostBody())))
			ctx.SetStatusCode(fasthttp.StatusNoContent)
		}}
		return s.Serve(listener)
	}
	return fmt.Errorf("%q is no kind of server", kind)
}

// server is a server in a process of its own.
type server struct {
	url string
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startServer(ctx context.Context, kind string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: exec.CommandContext(ctx, self, serveMode, kind)}
	s.cmd.Stderr = os.Stderr
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the %s server did not start: %w", kind, err)
	}
	s.url = line[:len(line)-1]
	return s, nil
}

// look is what the server has seen since the last look.
func (s *server) look() (c counts, err error) {
	if _, err := s.in.Write([]byte("\n")); err != nil {
		return c, err
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return c, fmt.Errorf("the server has ended: %w", err)
	}
	return c, json.Unmarshal(line, &c)
}

func (s *server) stop() {
	s.in.Close()
	s.cmd.Wait()
}
