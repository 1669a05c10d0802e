// Command bench measures how fast ctxpush's load is beside other load tools, on
// the same servers and with bodies of the same size, and prints their rates, the
// processor time that a request costs and the memory, as ratios to wrk's.
//
// wrk and vegeta send one fixed body, ctxpush's load makes a new one for each
// request and keeps track of what must be true afterwards. wrk and k6 are taken
// from PATH, vegeta from there or by go install into a temporary folder; what is
// not there is said and left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	seconds     int
	connections int
	rounds      int
	only        string
	bodies      bool
	profile     string
}

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case serveMode:
			exit(serve(os.Args[2:]))
		case loadMode:
			exit(sendLoad(os.Args[2:]))
		}
	}
	var o options
	flag.IntVar(&o.seconds, "seconds", 5, "how long each tool runs, 1 to 3600")
	flag.IntVar(&o.connections, "connections", 32, "how many connections each tool has, 1 to 10000")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each tool has its turn; the best of its rates is shown, 1 to 100")
	flag.StringVar(&o.only, "only", "", "the tools to run, with commas between them: "+strings.Join(names(), ", ")+"; empty: all")
	flag.BoolVar(&o.bodies, "bodies", true, "measure the making of bodies too")
	flag.StringVar(&o.profile, "profile", "", "a file for the processor profile of ctxpush's last run; empty: none")
	flag.Parse()
	if err := o.validate(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (o options) validate(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is no option", rest[0])
	case o.seconds < 1 || o.seconds > 3600:
		return fmt.Errorf("-seconds %d: want 1 to 3600", o.seconds)
	case o.connections < 1 || o.connections > 10000:
		return fmt.Errorf("-connections %d: want 1 to 10000", o.connections)
	case o.rounds < 1 || o.rounds > 100:
		return fmt.Errorf("-rounds %d: want 1 to 100", o.rounds)
	}
	for _, name := range o.names() {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("-only %q: want some of %s", name, strings.Join(names(), ", "))
		}
	}
	return nil
}

// names are the tools that were asked for.
func (o options) names() []string {
	if o.only == "" {
		return names()
	}
	return strings.Split(o.only, ",")
}

// run measures all tools on both servers.
func run(ctx context.Context, o options) error {
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
	if o.bodies {
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
	for round := range j.rounds {
		for n, t := range ready {
			fmt.Fprintf(os.Stderr, "%s, round %d: %s for %d s\n", kind, round+1, t.name, j.seconds)
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
