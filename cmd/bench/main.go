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
	"strings"
	"syscall"

	"github.com/ctxpush/ctxpush/cmd/internal/bench"
)

func main() {
	if played, err := bench.Part(os.Args[1:]); played {
		exit(err)
	}
	var o bench.Options
	flag.IntVar(&o.Seconds, "seconds", 5, "how long each tool runs, 1 to 3600")
	flag.IntVar(&o.Connections, "connections", 32, "how many connections each tool has, 1 to 10000")
	flag.IntVar(&o.Rounds, "rounds", 3, "how often each tool has its turn; the best of its rates is shown, 1 to 100")
	flag.StringVar(&o.Only, "only", "", "the tools to run, with commas between them: "+strings.Join(bench.Tools(), ", ")+"; empty: all")
	flag.BoolVar(&o.Bodies, "bodies", true, "measure the making of bodies too")
	flag.StringVar(&o.Profile, "profile", "", "a file for the processor profile of ctxpush's last run; empty: none")
	flag.Parse()
	if err := o.Validate(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(bench.Run(ctx, o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
