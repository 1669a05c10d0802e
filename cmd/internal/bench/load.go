package bench

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/ctxpush/ctxpush/fixtures/traffic"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/load"
)

// loadMode is the first argument of a process that sends ctxpush's load.
const loadMode = "load"

// What goes wrong in a load with faults: with entries, and on the wire.
var (
	entryFaults = traffic.Faults{Duplicate: 0.05, Reorder: 0.10, Drop: 0.05}
	wireFaults  = load.Faults{LostAck: 0.01}
)

const faultsInWords = "duplicate=5%, reorder=10%, drop=5%, lost-ack=1%"

// secret is sent by all tools.
const secret = "bench"

// sendLoad sends ctxpush's load as fast as it goes.
func sendLoad(args []string) error {
	var c load.Config
	flags := flag.NewFlagSet(loadMode, flag.ExitOnError)
	faults := flags.Bool("faults", false, "")
	flags.StringVar(&c.URL, "url", "", "")
	flags.DurationVar(&c.Duration, "duration", 0, "")
	flags.IntVar(&c.Connections, "connections", 0, "")
	profile := flags.String("profile", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o := traffic.Options{Seed: 1}
	if *faults {
		o.Faults, c.Faults = entryFaults, wireFaults
	}
	t, err := traffic.New(o)
	if err != nil {
		return err
	}
	c.Source, c.Secret, c.Seed = t, secret, 1
	// All retries within a tenth of a second: the last one ends the run.
	c.TimeScale = mocksender.RetryWindow.Seconds() * 10
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	r, err := load.Run(ctx, c)
	if err != nil {
		return err
	}
	if failed := r.Failed(); failed > r.Attempts/100 {
		return fmt.Errorf("%d of %d attempts failed: %v", failed, r.Attempts, r.Errors)
	}
	return nil
}

// seconds is a number of them as a duration.
func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
