package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/load"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/fixtures/traffic"
	"github.com/ctxpush/ctxpush/mocksender"
	engine "github.com/ctxpush/ctxpush/mocksender/load"
)

// loading is what the load command was asked for, its texts not read yet.
type loading struct {
	load.Config
	faults, verify, shard, findMax string
	thresholds                     []string

	json    string
	dir     string
	metrics string
	quiet   bool
}

func newLoad(s streams) *cobra.Command {
	var (
		t *target
		o loading
	)
	cmd := &cobra.Command{
		Use:   "load [receiver.yaml]",
		Short: "Load a receiver, and see whether every final state is right",
		Long: `Load sends ContextPush's traffic at a high rate: whole histories of messages,
many campaigns, users and devices, and what goes wrong on the way. Then it reads
the final states and says which are wrong. Without a file and without flags that
name a receiver it takes ./receiver.yaml.

A threshold is METRIC OP VALUE. Metrics:
  ` + metricList() + `
Latencies (p50 … max from the moment a request was due, service_… from the
moment it was sent) need a unit: 800µs, 250ms, 1.5s; error_rate a percentage:
0.1%. With :abort after it a broken threshold ends the load at once, with
:abort=10s not within its first 10 seconds; latencies are then those of the last
second. A broken threshold makes exit code 1.

Faults, each a share in percent: duplicate, reorder and drop are of entries,
lost-ack, slow and reset of requests. Retries follow ContextPush's schedule,
faster by --time-scale.`,
		Example: `  ctxpush load --built-in --duration 5s
  ctxpush load receiver.yaml --rate 500/s --duration 60s --threshold 'p99<250ms' --threshold 'dropped==0'
  ctxpush load receiver.yaml --ramp 0..2000/s:60s --faults duplicate=5%,reorder=10%,drop=5%,lost-ack=1%
  ctxpush load receiver.yaml --find-max 'p99<250ms'
  ctxpush load receiver.yaml --shard 1/4 --seed 7 --json 1.json`,
		Args: cobra.MaximumNArgs(1),
	}
	t = addTarget(cmd)
	o.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := t.argument(cmd, args)
		if err != nil {
			return err
		}
		if o.Target, err = t.config(cmd.Context(), s); err != nil {
			return err
		}
		switch given := cmd.Flags().Changed; { // to a Config 0 is the default
		case given("duration") && o.Duration == 0:
			return mistakef("--duration 0s: want a time above 0, such as 30s")
		case given("connections") && o.Connections == 0:
			return mistakef("--connections 0: want 1 or more")
		case given("find-max-level") && o.Level == 0:
			return mistakef("--find-max-level 0s: want a time above 0, such as 10s")
		}
		if err := o.read(); err != nil {
			return err
		}
		if o.Epoch.IsZero() {
			o.Epoch = fixtures.LoadEpoch(time.Now()) // the same in all shards
		}
		from := origin{&o.Seed, &o.Salt, &o.Epoch}
		if err := from.choose(); err != nil {
			return err
		}
		if o.shard == "" { // all shards have the same messages
			from.chooseSalt()
		}
		o.Command = repeatLine(cmd, o.Target, from)
		o.Version = version()
		return o.load(cmd.Context(), s)
	}
	cmd.AddCommand(newLoadMerge(s))
	return cmd
}

func metricList() string {
	const perLine = 9
	names := load.MetricNames()
	var b strings.Builder
	for i, name := range names {
		switch {
		case i == 0:
		case i%perLine == 0:
			b.WriteString(",\n  ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(name)
	}
	return b.String()
}

func (o *loading) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Rate, "rate", "", "requests that are due, such as 500/s or 30000/m; max is as many as are answered (default max)")
	f.StringVar(&o.Ramp, "ramp", "", "rates that change, such as 0..2000/s:60s or 100/s:10s,500/s:30s, in place of --rate")
	f.DurationVar(&o.Duration, "duration", 0, fmt.Sprintf("how long requests are due (default %v, or the ramp's)", load.DefaultDuration))
	f.IntVar(&o.Connections, "connections", engine.DefaultConnections, "how many requests are under way at once")
	f.BoolVar(&o.NoKeepAlive, "no-keep-alive", false, "open a connection for each request")
	f.Uint64Var(&o.Messages, "messages", 0, "how many messages there are at most; 0 is no bound")
	f.StringVar(&o.Mix, "mix", "", "how messages end, in percent that add up to 100 (default "+traffic.DefaultMix.String()+")")
	f.StringVar(&o.Batch, "batch", "", fmt.Sprintf("entries of a request, such as 100 or 1..100 (default %d)", mocksender.MaxBatch))
	f.StringVar(&o.faults, "faults", "", "what goes wrong on purpose, such as duplicate=5%,reorder=10%,drop=5%,lost-ack=1%,slow=1%,reset=1%")
	f.Float64Var(&o.TimeScale, "time-scale", conformance.DefaultTimeScale, "how much faster than real time retries come; 1 takes two hours for a dropped batch")
	f.StringVar(&o.verify, "verify", "", "which final states are read: all, sample=N messages, or none (default all, and "+defaultSample+" where the probe has no bulk look-up)")
	f.StringArrayVar(&o.thresholds, "threshold", nil, "what must be kept, such as 'p99<250ms', 'error_rate<0.1%' or 'events_per_s>5000:abort=10s' (repeatable)")
	f.StringVar(&o.findMax, "find-max", "", "search for the highest rate that keeps this threshold, such as 'p99<250ms', and all others; it begins at --rate, or 10/s")
	f.DurationVar(&o.Level, "find-max-level", load.DefaultLevel, "how long each rate of the search is held")
	f.StringVar(&o.shard, "shard", "", "send part I of N of the same traffic, such as 1/4; load merge adds the parts up")
	origin{&o.Seed, &o.Salt, &o.Epoch}.add(f)
	f.Lookup("epoch").Usage = "when the first messages were scheduled (default the midnight before last, UTC)"
	f.StringVar(&o.json, "json", "", "write the report as JSON to this file; - is stdout")
	f.StringVar(&o.dir, "report-dir", "ctxpush-load-report", "where load.json and report.html are written; empty is nowhere")
	f.StringVar(&o.metrics, "metrics", "", "serve figures for Prometheus at this address while it runs, such as 127.0.0.1:9464")
	f.BoolVar(&o.quiet, "quiet", false, "no progress")
}

// defaultSample is what is looked at of a receiver whose probe is slow.
const defaultSample = "sample=10000"

// read reads what is text.
func (o *loading) read() (err error) {
	if o.Faults, err = load.ParseFaults(o.faults); err != nil {
		return mistakef("--faults: %w", err)
	}
	if o.shard != "" {
		if o.Shard, err = load.ParseShard(o.shard); err != nil {
			return mistakef("--shard %w", err)
		}
	}
	if o.verify == "" {
		o.verify = "all"
		if !o.Target.Probe.Bulk() {
			o.verify = defaultSample
		}
	}
	if o.Verify, err = load.ParseVerification(o.verify); err != nil {
		return mistakef("--verify %w", err)
	}
	if o.Thresholds, err = load.ParseRules(o.thresholds); err != nil {
		return mistakef("--threshold %w", err)
	}
	if o.findMax != "" {
		rule, err := load.ParseRule(o.findMax)
		if err != nil {
			return mistakef("--find-max %w", err)
		}
		o.FindMax = &rule
	}
	return o.Validate()
}

// load sends the load, writes the reports and tells the verdict.
func (o *loading) load(ctx context.Context, s streams) error {
	if o.dir != "" {
		if err := load.PrepareDir(o.dir); err != nil {
			return mistake{err}
		}
	}
	if o.json != "" && o.json != "-" {
		if err := load.PrepareJSON(o.json); err != nil {
			return mistake{err}
		}
	}
	var observers []func(load.Progress)
	if !o.quiet {
		fmt.Fprintln(s.err, origin{&o.Seed, &o.Salt, &o.Epoch})
		if !o.Target.Probe.Bulk() && o.Verify != (load.Verification{}) {
			fmt.Fprintf(s.err, "the probe has no bulk look-up: each state costs a question of its own, --verify %s\n", o.Verify)
		}
		live := &load.Live{W: s.err, Terminal: s.errLive, Size: s.errSize}
		observers = append(observers, live.Observe)
	}
	if o.metrics != "" {
		var m load.Metrics
		url, stop, err := m.Serve(o.metrics)
		if err != nil {
			return err
		}
		defer stop()
		if !o.quiet {
			fmt.Fprintln(s.err, "metrics at", url)
		}
		observers = append(observers, m.Observe)
	}
	o.Observe = func(p load.Progress) {
		for _, observe := range observers {
			observe(p)
		}
	}
	r, err := load.Run(ctx, o.Config)
	if isMistake(err) {
		return err
	}
	broke := err != nil && !errors.Is(err, context.Canceled)
	if broke {
		fmt.Fprintln(s.err, "ctxpush:", err)
	}
	wrote := o.write(s, r)
	if code := r.ExitCode(); code != exitOK {
		return verdict(code)
	}
	if wrote != nil || broke { // broke: the receiver could not be put away
		return verdict(exitSurroundings)
	}
	return err
}

// write writes the report's files and tells the verdict, each as far as it can
// be. What could not be written is told on stderr; the error is the last of it.
func (o *loading) write(s streams, r load.Report) error {
	told := errorTeller{w: s.err}
	dir := o.dir
	if dir != "" {
		if told.tell(load.WriteDir(dir, r)); told.last != nil {
			dir = "" // not all is there
		}
	}
	told.tell(tellLoad(s, r, o.json, dir))
	return told.last
}

// tellLoad writes the JSON file and the summary; where the file is stdout, the
// summary goes to stderr.
func tellLoad(s streams, r load.Report, file, dir string) error {
	out, color := s.out, s.outColor
	var wrote error
	switch file {
	case "":
	case "-":
		wrote = load.JSON(s.out, r)
		out, color = s.err, s.errColor
	default:
		wrote = load.WriteJSON(file, r)
	}
	if err := load.Terminal(out, r, load.Options{Color: color, Dir: dir}); err != nil {
		return err
	}
	return wrote
}
