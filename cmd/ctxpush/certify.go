package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
	"github.com/ctxpush/ctxpush/scenarios"
)

func newCertify(s streams) *cobra.Command {
	var (
		t     *target
		c     conformance.Config
		level string
		depth string
		trace string
		own   []string
		o     outputs

		shrink time.Duration
	)
	cmd := &cobra.Command{
		Use:   "certify [receiver.yaml]",
		Short: "Run every check against a receiver",
		Long: `Certify starts the receiver, plays every check at it, reads its state and says
what is wrong. Without a file and without flags that name a receiver it takes
./receiver.yaml.`,
		Example: `  ctxpush certify --built-in
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
	f.StringVar(&trace, "traces", string(conformance.FailureTraces), "of which scenarios report.json and report.html show each step: failures, or all to compare with what passed")
	from := origin{&c.Seed, &c.Salt, &c.Epoch}
	from.add(f)
	f.Float64Var(&c.TimeScale, "time-scale", conformance.DefaultTimeScale, "how much faster than real time retries come; 1 takes two hours for a dropped batch")
	f.IntVar(&c.Parallel, "parallel", conformance.DefaultParallel, "how many scenarios run side by side")
	f.DurationVar(&c.TimeLimit, "time-limit", conformance.DefaultTimeLimit, "how long the run may take; what is not judged by then is told as such")
	f.DurationVar(&c.ExploreTime, "explore-time", 0, "how long orders of arrival may be explored, the most different first (default 10s, and no limit with --explore)")
	f.DurationVar(&shrink, "shrink", conformance.DefaultShrink, "how long in all to look for the smallest deliveries that still fail; 0 is not at all")
	o.addFlags(f)
	var bounds bounds
	bounds.add(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := t.argument(cmd, args); err != nil {
			return err
		}
		if c.Shrink = shrink; shrink <= 0 {
			c.Shrink = -1 // to Config 0 is the default
		}
		c.Level, c.Explore = scenarios.Level(level), scenarios.Depth(depth)
		c.Traces = conformance.Traces(trace)
		err := o.validate()
		if err != nil {
			return err
		}
		if c.Target, err = t.config(cmd.Context(), s); err != nil {
			return err
		}
		for _, path := range own {
			checks, err := await(cmd.Context(), func() ([]scenarios.Check, error) { return scenarios.Load(path) })
			if err != nil {
				return err
			}
			if err := bounds.judge(checks); err != nil {
				return err
			}
			c.Scenarios = append(c.Scenarios, checks...)
		}
		if err := from.choose(); err != nil {
			return err
		}
		from.chooseSalt()
		c.Command = repeatLine(cmd, c.Target, from)
		c.Version = version()
		return certify(cmd.Context(), s, c, o)
	}
	return cmd
}

// certify runs the checks, writes the report and tells the verdict.
func certify(ctx context.Context, s streams, c conformance.Config, o outputs) error {
	earlier, err := o.earlier(ctx)
	if err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return err
	}
	// The baseline may be the report that is there now, so it is read before.
	if err := dir.Prepare(o.dir); err != nil {
		return mistake{err}
	}
	if err := o.follow.begin(ctx, &c); err != nil {
		return err
	}
	if !o.quiet {
		fmt.Fprintln(s.err, origin{&c.Seed, &c.Salt, &c.Epoch})
	}
	progress := o.progress(s)
	c.Observers = append(c.Observers, progress)
	r, err := conformance.Certify(ctx, c)
	progress.Close()
	followed := o.follow.end(ctx, s.err)
	if isMistake(err) {
		return err
	}
	broke := err != nil && !errors.Is(err, context.Canceled)
	if broke {
		fmt.Fprintln(s.err, "ctxpush:", err)
	}
	if earlier != nil {
		r = r.Since(*earlier)
		r.Baseline.OnlyNew = o.exit.OnlyNew
	}
	wrote := errors.Join(o.write(s, r), followed)
	if code := r.ExitCode(o.exit); code != exitOK {
		return verdict(code)
	}
	if wrote != nil || broke { // broke: the receiver could not be put away
		return verdict(exitSurroundings)
	}
	return err
}
