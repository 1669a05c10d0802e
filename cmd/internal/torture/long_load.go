package torture

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// LongLoad lets the program load a receiver that only says yes, at full speed.
// The receiver is here, so that the program's own memory and files are seen
// alone.
func (p Program) LongLoad(ctx context.Context, lasts, interval time.Duration) (LongRun, error) {
	l := LongRun{Name: "load"}
	dir, err := os.MkdirTemp("", "ctxpush-torture-")
	if err != nil {
		return l, err
	}
	defer os.RemoveAll(dir)
	url, stop, err := yes()
	if err != nil {
		return l, err
	}
	defer stop()
	file := filepath.Join(dir, "load.json")
	told := &lineFinder{prefix: "metrics at ", found: make(chan string, 1)}
	r, err := p.prepare(ctx, lasts+maxTime, dir, "load", "--url", url, "--duration", lasts.String(), "--verify", "none", "--seed", "7",
		"--faults", "duplicate=5%,reorder=5%,lost-ack=1%", "--threshold", "dropped==0", "--metrics", "127.0.0.1:0", "--report-dir", "", "--json", file)
	if err != nil {
		return l, err
	}
	r.cmd.Stderr = io.MultiWriter(&r.err, told)
	if err := r.begin(); err != nil {
		return l, err
	}
	ended := make(chan struct{})
	go func() {
		r.wait()
		close(ended)
	}()
	memory, heap := Curve{Name: residentMemory, Unit: "MiB", May: 16}, Curve{Name: heapInUse, Unit: "MiB", May: 16}
	working, files := Curve{Name: goroutines, May: 4}, Curve{Name: openFiles, May: 4}
	metrics := ""
	select {
	case metrics = <-told.found:
	case <-ended:
	}
	if metrics != "" {
		each(interval, ended, func(at time.Duration) {
			resident, open, err := processNow(strconv.Itoa(r.cmd.Process.Pid))
			inUse, running, told := goFigures(metrics)
			if err != nil || !told {
				return // it has ended, or is about to
			}
			memory.add(at, float64(resident)/mebibyte)
			files.add(at, float64(open))
			heap.add(at, inUse/mebibyte)
			working.add(at, running)
		})
	}
	<-ended
	l.Took = r.took
	if r.exit != 0 && ctx.Err() == nil {
		l.Wrong = append(l.Wrong, fmt.Sprintf("exit code %d: want 0: %s", r.exit, r.says()))
	}
	var sent struct {
		Requests  uint64  `json:"requests"`
		Events    uint64  `json:"events"`
		PerSecond float64 `json:"requests_per_s"`
	}
	if data, err := os.ReadFile(file); err != nil {
		l.Wrong = append(l.Wrong, "no report: "+err.Error())
	} else if err := json.Unmarshal(data, &sent); err != nil {
		l.Wrong = append(l.Wrong, "half a report: "+err.Error())
	}
	l.Did = fmt.Sprintf("%d requests with %d events, %.0f requests a second", sent.Requests, sent.Events, sent.PerSecond)
	l.Curves = []Curve{memory, heap, working, files}
	l.judge()
	return l, ctx.Err()
}

// yes is a receiver that acknowledges all.
func yes() (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a lost acknowledgement ends it
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	return "http://" + listener.Addr().String(), func() {
		server.Close()
		serving.Wait()
	}, nil
}

// goFigures are those of the program's Go runtime, as it tells Prometheus.
func goFigures(url string) (heap, goroutines float64, ok bool) {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return 0, 0, false
	}
	defer answer.Body.Close()
	found := 0
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			continue
		}
		switch name {
		case "go_memstats_heap_inuse_bytes":
			heap = value
			found++
		case "go_goroutines":
			goroutines = value
			found++
		}
	}
	return heap, goroutines, found == 2
}

// lineFinder finds the first line that begins so, and hands on the rest of it.
type lineFinder struct {
	prefix string
	found  chan string
	line   []byte
	done   bool
}

func (f *lineFinder) Write(b []byte) (int, error) {
	const most = 1 << 10 // bytes of a line that matter
	for _, c := range b {
		switch {
		case f.done:
		case c != '\n' && len(f.line) < most:
			f.line = append(f.line, c)
		case c == '\n':
			if rest, ok := strings.CutPrefix(string(f.line), f.prefix); ok {
				f.found <- rest
				f.done = true
			}
			f.line = f.line[:0]
		}
	}
	return len(b), nil
}
