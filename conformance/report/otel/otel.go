// Package otel sends a run as an OpenTelemetry trace: a span for the run, each
// check, each scenario and each attempt. It reads the run's events; nothing of it is
// linked into a program that does not import it.
package otel

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// maxQueue is how many spans wait to be sent: a run makes them faster than most
// collectors take them, and does not wait.
const maxQueue = 1 << 16

// Tracer is an observer that makes a run's spans. It is for one run.
type Tracer struct {
	spans
	provider *sdk.TracerProvider
	exporter *exporter
	id       trace.TraceID
}

// New is a tracer that sends spans to the endpoint by OTLP over HTTP: a collector's
// address, such as http://127.0.0.1:4318. What else is to be said of it, such as
// headers, the variables of OpenTelemetry do (OTEL_EXPORTER_OTLP_HEADERS).
func New(ctx context.Context, endpoint, version string) (*Tracer, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%.200q is no address of a collector: want such as http://127.0.0.1:4318", endpoint)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	to, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: 100 * time.Millisecond, MaxInterval: time.Second, MaxElapsedTime: 5 * time.Second}))
	if err != nil {
		return nil, err
	}
	return tracer(to, version), nil
}

// tracer is a tracer that sends its spans by an exporter.
func tracer(to sdk.SpanExporter, version string) *Tracer {
	t := &Tracer{exporter: &exporter{SpanExporter: to}}
	_, _ = rand.Read(t.id[:]) // it never fails
	t.provider = sdk.NewTracerProvider(
		sdk.WithIDGenerator(generator(t.id)),
		sdk.WithSampler(sdk.AlwaysSample()),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "ctxpush"), attribute.String("service.version", version))),
		sdk.WithBatcher(t.exporter, sdk.WithMaxQueueSize(maxQueue)),
	)
	t.spans.tracer = t.provider.Tracer("github.com/ctxpush/ctxpush")
	return t
}

// Traceparent is the header by which a request names a span of the run as its
// parent: that of the attempt, which the tracer makes when the attempt is over.
func (t *Tracer) Traceparent() string {
	return fmt.Sprintf("00-%s-%s-01", t.id, newSpanID())
}

// Close sends what was not sent yet, as long as ctx lasts. The error is the first that
// kept spans from being sent.
func (t *Tracer) Close(ctx context.Context) error {
	t.end(time.Now())
	err := t.provider.Shutdown(ctx)
	t.exporter.mu.Lock()
	defer t.exporter.mu.Unlock()
	if t.exporter.err != nil {
		return t.exporter.err
	}
	return err
}

// exporter remembers the first error.
type exporter struct {
	sdk.SpanExporter
	mu  sync.Mutex
	err error
}

// ExportSpans sends spans.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.err = err
	}
	return nil
}

// generator makes ids of the one trace: the span's that the context asks for, else
// random ones.
type generator trace.TraceID

// asked is the context's key of the span id that is wanted.
type asked struct{}

// NewIDs is the ids of a trace's first span.
func (g generator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	return trace.TraceID(g), g.NewSpanID(ctx, trace.TraceID(g))
}

// NewSpanID is a further span's id.
func (generator) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	if id, ok := ctx.Value(asked{}).(trace.SpanID); ok {
		return id
	}
	return newSpanID()
}

func newSpanID() (id trace.SpanID) {
	_, _ = rand.Read(id[:]) // it never fails
	return id
}
