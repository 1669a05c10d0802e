package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// outputs are what a certification leaves behind and what it ends with.
type outputs struct {
	dir            string
	baseline       string
	quiet, verbose bool
	traceRequests  bool
	follow         following
	exit           report.ExitOptions
}

func (o *outputs) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.dir, "report-dir", "ctxpush-report", "where the report's files are written: report.json, report.html, junit.xml and others")
	f.StringVar(&o.baseline, "baseline", "", "report.json of an earlier run: tells what is new since then and what is fixed")
	o.follow.addFlags(f)
	f.BoolVar(&o.exit.OnlyNew, "only-new", false, "exit 1 only for failures that the --baseline does not have")
	f.BoolVar(&o.exit.FailOnSkip, "fail-on-skip", false, "exit 1 if a check was skipped")
	f.BoolVar(&o.exit.StrictWaivers, "strict-waivers", false, "exit 1 if a waived check passes")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the verdict and nothing else")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "print everything that was found")
	f.BoolVar(&o.traceRequests, "trace-requests", false, "print each request as it is made")
}

// validate says which flags make no sense together.
func (o *outputs) validate() error {
	switch {
	case o.exit.OnlyNew && o.baseline == "":
		return mistakef("--only-new without --baseline: want --baseline FILE, a report.json of an earlier run")
	case o.quiet && (o.verbose || o.traceRequests):
		return mistakef("--quiet beside --verbose or --trace-requests: want one of the two")
	}
	return o.follow.validate()
}

// earlier is the report to compare with; nil where none is wanted.
func (o *outputs) earlier(ctx context.Context) (*report.Report, error) {
	if o.baseline == "" {
		return nil, nil
	}
	r, err := await(ctx, func() (report.Report, error) {
		f, err := strictyaml.Open(o.baseline)
		if err != nil {
			return report.Report{}, err
		}
		defer f.Close()
		return report.Read(f)
	})
	switch file := (*strictyaml.Error)(nil); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &file):
		return nil, mistakef("--baseline %w", err)
	case err != nil:
		return nil, mistakef("--baseline %s: %w", o.baseline, err)
	}
	return &r, nil
}

// progress tells of the run while it goes on.
func (o *outputs) progress(s streams) *terminal.Progress {
	return &terminal.Progress{W: s.err, Live: s.errLive, Color: s.errColor, Size: s.errSize, Quiet: o.quiet, Verbose: o.traceRequests}
}

// write writes the report's files and tells the verdict, each as far as it can
// be. What could not be written is told on stderr; the error is the last of it.
func (o *outputs) write(s streams, r report.Report) error {
	told := errorTeller{w: s.err}
	folder := o.dir
	if told.tell(dir.Write(folder, r)); told.last != nil {
		folder = "" // not all is there
	}
	// The CI server's own: a run is not judged by whether it takes them.
	if file, ok := s.lookupEnv("GITHUB_STEP_SUMMARY"); ok && file != "" {
		if err := ci.AppendSummary(file, r.In(folder)); err != nil {
			fmt.Fprintln(s.err, "ctxpush:", err)
		}
	}
	if on, _ := s.lookupEnv("GITHUB_ACTIONS"); on == "true" {
		told.tell(ci.Annotations(s.out, r))
	}
	told.tell(terminal.Write(s.out, r, terminal.Options{Color: s.outColor, Width: s.outWidth, Dir: folder, Quiet: o.quiet, Verbose: o.verbose}))
	return told.last
}
