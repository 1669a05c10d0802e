// Package bench measures the load beside other load tools: see cmd/bench.
package bench

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Part plays one of the parts that Run starts in a process of its own, a server
// or a sender, where args name one.
func Part(args []string) (played bool, err error) {
	if len(args) == 0 {
		return false, nil
	}
	switch args[0] {
	case serveMode:
		return true, serve(args[1:])
	case loadMode:
		return true, sendLoad(args[1:])
	}
	return false, nil
}

// Options are the command line.
type Options struct {
	Seconds     int
	Connections int
	Rounds      int
	Only        string
	Bodies      bool
	Profile     string
}

func (o Options) Validate(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is no option", rest[0])
	case o.Seconds < 1 || o.Seconds > 3600:
		return fmt.Errorf("-seconds %d: want 1 to 3600", o.Seconds)
	case o.Connections < 1 || o.Connections > 10000:
		return fmt.Errorf("-connections %d: want 1 to 10000", o.Connections)
	case o.Rounds < 1 || o.Rounds > 100:
		return fmt.Errorf("-rounds %d: want 1 to 100", o.Rounds)
	}
	for _, name := range o.names() {
		if !slices.Contains(Tools(), name) {
			return fmt.Errorf("-only %q: want some of %s", name, strings.Join(Tools(), ", "))
		}
	}
	return nil
}

// names are the tools that were asked for.
func (o Options) names() []string {
	if o.Only == "" {
		return Tools()
	}
	return strings.Split(o.Only, ",")
}

// Run measures all tools on both servers.
func Run(ctx context.Context, o Options) error {
	dir, err := os.MkdirTemp("", "ctxpush-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	job, err := newJob(dir, o)
	if err != nil {
		return err
	}
	ready := prepare(ctx, job, o.names())
	for _, kind := range serverKinds {
		rows, err := measure(ctx, job, kind, ready)
		if err != nil {
			return err
		}
		table(os.Stdout, kind, rows)
	}
	if o.Bodies {
		return bodies(ctx, os.Stdout, time.Second)
	}
	return nil
}

// prepare is the tools that there are; it says which are not.
func prepare(ctx context.Context, j job, names []string) (ready []tool) {
	for _, t := range tools {
		if !slices.Contains(names, t.name) {
			continue
		}
		if t.find != nil {
			path, err := t.find(ctx, j)
			if err != nil {
				fmt.Printf("%s is left out: %v\n", t.name, err)
				continue
			}
			t.path = path
		}
		ready = append(ready, t)
	}
	return ready
}

// measure lets the tools send to one server, in turn, as often as is wanted.
func measure(ctx context.Context, j job, kind string, ready []tool) ([]row, error) {
	s, err := startServer(ctx, kind)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	j.url = s.url
	rows := make([]row, len(ready))
	for round := range j.Rounds {
		for n, t := range ready {
			fmt.Fprintf(os.Stderr, "%s, round %d: %s for %d s\n", kind, round+1, t.name, j.Seconds)
			r, err := measureOne(ctx, j, s, t)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			if r.rate > rows[n].rate {
				rows[n] = r
			}
		}
	}
	return rows, nil
}

// measureOne lets one tool send once.
func measureOne(ctx context.Context, j job, s *server, t tool) (row, error) {
	if _, err := s.look(); err != nil { // counts from here
		return row{}, err
	}
	u, err := t.run(ctx, j, t.path)
	if err != nil {
		return row{}, err
	}
	c, err := s.look()
	if err != nil {
		return row{}, err
	}
	if c.Requests == 0 || c.Took <= 0 {
		return row{}, fmt.Errorf("no request has come")
	}
	n := float64(c.Requests)
	return row{
		name:      t.name,
		what:      t.what,
		rate:      n / c.Took.Seconds(),
		bytes:     float64(c.Bytes) / c.Took.Seconds(),
		body:      float64(c.Bytes) / n,
		clientCPU: u.cpu.Seconds() / n,
		serverCPU: c.CPU.Seconds() / n,
		clientMem: u.memory,
	}, nil
}
