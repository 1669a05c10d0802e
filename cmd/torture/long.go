package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ctxpush/ctxpush/cmd/internal/torture"
	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/scenarios"
)

// long is how long the long runs are.
type long struct {
	load     time.Duration
	certify  int
	parallel int
	plots    string // the folder of the pictures; empty: none
	seed     uint64
}

// interval is the time between two looks: a second, and less where a run is so
// short that nothing would be seen.
func interval(lasts time.Duration) time.Duration {
	return min(time.Second, max(lasts/50, 20*time.Millisecond))
}

// run plays the long runs one after the other, and tells each.
func (l long) run(ctx context.Context, p torture.Program) error {
	var wrong []error
	tell := func(run torture.LongRun, err error) error {
		if len(run.Curves) > 0 {
			run.Write(os.Stdout)
			fmt.Println()
		}
		if len(run.Wrong) > 0 {
			wrong = append(wrong, fmt.Errorf("%s: %d findings: see above", run.Name, len(run.Wrong)))
		}
		return errors.Join(err, l.draw(run))
	}
	if l.load > 0 {
		fmt.Fprintf(os.Stderr, "load at full speed for %s\n", l.load)
		if err := tell(p.LongLoad(ctx, l.load, interval(l.load))); err != nil {
			return err
		}
	}
	if l.certify > 0 {
		fmt.Fprintf(os.Stderr, "certify %d times in this process\n", l.certify)
		begin := time.Now()
		c := conformance.Config{Seed: l.seed, Explore: scenarios.Quick}
		told := func(done int) {
			fmt.Fprintf(os.Stderr, "%d of %d after %s\n", done, l.certify, time.Since(begin).Round(time.Second))
		}
		if err := tell(torture.LongCertify(ctx, c, l.certify, l.parallel, interval(time.Duration(l.certify)*time.Second), told)); err != nil {
			return err
		}
	}
	return errors.Join(wrong...)
}

// draw writes the picture of a run.
func (l long) draw(run torture.LongRun) error {
	if l.plots == "" || len(run.Curves) == 0 {
		return nil
	}
	if err := os.MkdirAll(l.plots, 0o777); err != nil {
		return err
	}
	name := filepath.Join(l.plots, "long-"+run.Name+".svg")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := errors.Join(run.Draw(f), f.Close()); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "drawn:", name)
	return nil
}
