package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/itchyny/gojq"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// JQWorker is the command line of a program that calls ServeJQ: programs of
// probe.http.jq run in it, so that none takes this process's memory. Where it is
// empty, as in a test that uses this package, they run in this process. It is set
// before the first prober is made.
var JQWorker []string

// exitMemory is how a worker ends whose program takes too much memory.
const exitMemory = 77

// jqRequest is what a worker is asked.
type jqRequest struct {
	Program string          `json:"program"`
	Input   json.RawMessage `json:"input"`
}

// ServeJQ runs the programs that in asks for, and returns when it ends. It ends the
// process where one takes too much memory.
func ServeJQ(in io.Reader, out io.Writer) error {
	debug.SetMemoryLimit(jqMemory * 3 / 4)
	go func() {
		for range time.Tick(jqLook) {
			if inUse() > jqMemory {
				os.Exit(exitMemory)
			}
		}
	}()
	known := map[string]*gojq.Code{}
	requests, replies := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q jqRequest
		if err := requests.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if known[q.Program] == nil {
			code, err := config.HTTPProbe{JQ: q.Program}.Program()
			if err != nil {
				return err
			}
			known[q.Program] = code
		}
		// Whoever asked may have ended without a word.
		limited, cancel := context.WithTimeout(context.Background(), maxWait)
		reply := evaluate(limited, known[q.Program], q.Input)
		cancel()
		if err := replies.Encode(reply); err != nil {
			return err
		}
	}
}

// runnerOf is what runs the program; nil where it leaves the answer as it is.
func runnerOf(src string, code *gojq.Code) runner {
	switch {
	case strings.TrimSpace(src) == ".":
		return nil
	case isPath(src) || len(JQWorker) == 0:
		return inProcess{code}
	}
	return &worker{argv: JQWorker}
}

// worker runs programs in a process of its own, one after the other. One that does
// not end in time, or ends, is replaced.
type worker struct {
	argv []string

	mu      sync.Mutex
	cmd     *exec.Cmd // nil: none runs
	in      io.WriteCloser
	replies *json.Decoder
}

func (w *worker) run(ctx context.Context, src string, raw json.RawMessage) (jqReply, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !json.Valid(raw) {
		return jqReply{NoJSON: true}, nil
	}
	if err := w.start(); err != nil {
		return jqReply{}, err
	}
	running := w.cmd.Process
	stop := context.AfterFunc(ctx, func() { _ = running.Kill() }) // it may have ended
	defer stop()
	var reply jqReply
	request, err := json.Marshal(jqRequest{src, raw})
	if err == nil {
		_, err = w.in.Write(append(request, '\n'))
	}
	if err == nil {
		err = w.replies.Decode(&reply)
	}
	if err == nil && ctx.Err() == nil {
		return reply, nil
	}
	return jqReply{}, w.ended(ctx)
}

// start starts the process where none runs. It gets nothing of this one's
// environment.
func (w *worker) start() (err error) {
	if w.cmd != nil {
		return nil
	}
	cmd := exec.Command(w.argv[0], w.argv[1:]...)
	cmd.Env = []string{}
	if w.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("can't be run: %w", err)
	}
	w.cmd, w.replies = cmd, json.NewDecoder(out)
	return nil
}

// ended is why the process has given no reply.
func (w *worker) ended(ctx context.Context) error {
	err := w.end()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == exitMemory:
		return errJQMemory
	}
	return fmt.Errorf("was broken off: its process has ended: %w", err)
}

// end ends the process, which ends by itself once it is asked nothing more.
func (w *worker) end() error {
	cmd := w.cmd
	w.cmd = nil
	return errors.Join(w.in.Close(), cmd.Wait())
}

func (w *worker) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cmd == nil {
		return nil
	}
	return w.end()
}
