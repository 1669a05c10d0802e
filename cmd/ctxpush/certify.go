package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/spf13/cobra"
)

func newCertify(s streams) *cobra.Command {
	var (
		t     *target
		c     conformance.Config
		level string
		depth string
		own   []string
		dir   string
		exit  report.ExitOptions

		shrink time.Duration
	)
	cmd := &cobra.Command{
		Use:   "certify [receiver.yaml]",
		Short: "Run every check against a receiver",
		Long: `Certify starts the receiver, plays every check at it, reads its state and says
what is wrong. Without a file and without flags that name a receiver it
certifies the built-in reference receiver.`,
		Example: `  ctxpush certify
  ctxpush certify receiver.yaml
  ctxpush certify --image acme/receiver:1.4 --port 8080 --ready /healthz --env 'SECRET=${SECRET}'
  CTXPUSH_SECRET=… ctxpush certify --url http://127.0.0.1:3000 --focus 'order/*'`,
		Args: cobra.MaximumNArgs(1),
	}
	t = addTarget(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&c.Focus, "focus", nil, "run only checks whose id matches, such as 'order/*' (repeatable)")
	f.StringSliceVar(&c.Skip, "skip", nil, "leave out checks whose id matches (repeatable)")
	f.StringVar(&level, "level", "", "required: run required checks only; recommended: recommended checks fail the run too")
	f.StringVar(&depth, "explore", "", "how many orders of arrival to explore: quick, standard or full; ctxpush checks counts them (default standard, and quick where the probe has no bulk look-up)")
	f.StringArrayVar(&own, "scenarios", nil, "file or directory with scenarios of your own to run among the checks (repeatable)")
	f.Var(seedFlag{&c.Seed}, "seed", "where everything made-up comes from (default a random one, which is printed)")
	f.Var(timeFlag{&c.Epoch}, "epoch", "when the made-up messages were scheduled (default the midnight before last, UTC)")
	f.Float64Var(&c.TimeScale, "time-scale", conformance.DefaultTimeScale, "how much faster than real time retries come; 1 takes two hours for a dropped batch")
	f.IntVar(&c.Parallel, "parallel", conformance.DefaultParallel, "how many scenarios run side by side")
	f.DurationVar(&shrink, "shrink", conformance.DefaultShrink, "how long in all to look for the smallest deliveries that still fail; 0 is not at all")
	f.StringVar(&dir, "report-dir", "ctxpush-report", "where report.json and junit.xml are written")
	f.BoolVar(&exit.FailOnSkip, "fail-on-skip", false, "exit 1 if a check was skipped")
	f.BoolVar(&exit.StrictWaivers, "strict-waivers", false, "exit 1 if a waived check passes")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			if t.file != "" && cmd.Flags().Changed("config") {
				return mistakef("%s beside --config %s: want one file", args[0], t.file)
			}
			t.file = args[0]
		}
		if c.Shrink = shrink; shrink <= 0 {
			c.Shrink = -1 // to Config 0 is the default
		}
		c.Level, c.Explore = scenarios.Level(level), scenarios.Depth(depth)
		var err error
		if c.Target, err = t.config(s.lookupEnv); err != nil {
			return err
		}
		for _, path := range own {
			checks, err := scenarios.Load(path)
			if err != nil {
				return err
			}
			c.Scenarios = append(c.Scenarios, checks...)
		}
		if c.Seed == 0 {
			c.Seed = conformance.NewSeed()
		}
		if c.Epoch.IsZero() {
			c.Epoch = conformance.DefaultEpoch(time.Now())
		}
		c.Command = repeatLine(cmd, args, c.Seed, c.Epoch)
		c.Version = version()
		c.Observers = []event.Observer{&report.Progress{W: s.err, Live: s.errLive, Color: s.errColor, Width: s.errWidth}}
		return certify(cmd.Context(), s, c, dir, exit)
	}
	return cmd
}

// certify runs the checks, writes the report and tells the verdict.
func certify(ctx context.Context, s streams, c conformance.Config, dir string, exit report.ExitOptions) error {
	if err := report.PrepareDir(dir); err != nil {
		return mistake{err}
	}
	r, err := conformance.Certify(ctx, c)
	if isMistake(err) {
		return err
	}
	broke := err != nil && !errors.Is(err, context.Canceled)
	if broke {
		fmt.Fprintln(s.err, "ctxpush:", err)
	}
	wrote := report.WriteDir(dir, r)
	if wrote != nil {
		fmt.Fprintln(s.err, "ctxpush:", wrote)
	}
	if err := report.Terminal(s.out, r, report.Options{Color: s.outColor, Width: s.outWidth, Dir: dir}); err != nil {
		return err
	}
	if code := r.ExitCode(exit); code != exitOK {
		return verdict(code)
	}
	if wrote != nil || broke {
		return verdict(exitSurroundings) // broke: the receiver could not be put away
	}
	return err
}
