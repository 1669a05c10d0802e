package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/report/ndjson"
	"github.com/ctxpush/ctxpush/conformance/report/otel"
	"github.com/spf13/pflag"
)

// tracePatience is how long the end of a run waits for who takes its spans.
const tracePatience = 5 * time.Second

// following is what else reads a run's events, for programs.
type following struct {
	events      string
	collector   string
	traceparent bool

	file   *os.File
	lines  *ndjson.Writer
	tracer *otel.Tracer
}

func (o *following) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.events, "events", "", "write what happens to this file as it happens, as JSON lines; ctxpush schema events describes them")
	f.StringVar(&o.collector, "otel", "", "send the run as an OpenTelemetry trace to this collector, by OTLP over HTTP, such as http://127.0.0.1:4318")
	f.BoolVar(&o.traceparent, "traceparent", false, "with --otel: send traceparent with each request, so that the receiver's spans join the trace")
}

func (o *following) validate() error {
	if o.traceparent && o.collector == "" {
		return mistakef("--traceparent without --otel: want --otel URL, the collector that takes the trace")
	}
	return nil
}

// begin makes the observers that were asked for part of the run.
func (o *following) begin(ctx context.Context, c *conformance.Config) error {
	var err error
	if o.collector != "" {
		if o.tracer, err = otel.New(ctx, o.collector, c.Version); err != nil {
			return mistakef("--otel %w", err)
		}
		c.Observers = append(c.Observers, o.tracer)
		if o.traceparent {
			c.Traceparent = o.tracer.Traceparent
		}
	}
	if o.events != "" {
		if o.file, err = os.Create(o.events); err != nil {
			return mistakef("--events %w", err)
		}
		o.lines = &ndjson.Writer{W: o.file}
		c.Observers = append(c.Observers, o.lines)
	}
	return nil
}

// end ends them. The error is that of events which could not be written; what a
// collector does not take is told on w, and is no error of the run's.
func (o *following) end(ctx context.Context, w io.Writer) error {
	if o.tracer != nil {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience(ctx))
		defer cancel()
		if err := o.tracer.Close(limited); err != nil {
			fmt.Fprintf(w, "ctxpush: --otel %s: %v\n", o.collector, err)
		}
	}
	if o.lines == nil {
		return nil
	}
	if err := cmp.Or(o.lines.Err(), o.file.Close()); err != nil {
		err = fmt.Errorf("--events %w", err)
		fmt.Fprintln(w, "ctxpush:", err)
		return err
	}
	return nil
}

// patience is how long a run's end waits: one that is interrupted ends at once.
func patience(ctx context.Context) time.Duration {
	if errors.Is(ctx.Err(), context.Canceled) {
		return tracePatience / 10
	}
	return tracePatience
}
