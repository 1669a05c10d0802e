package otel

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// keeper keeps its spans when it is shut down.
type keeper struct{ *tracetest.InMemoryExporter }

func (keeper) Shutdown(context.Context) error { return nil }

func TestARunIsOneTrace(t *testing.T) {
	kept := keeper{tracetest.NewInMemoryExporter()}
	tr := tracer(kept, "v1")
	parent := tr.Traceparent()
	if !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`).MatchString(parent) || parent == tr.Traceparent() {
		t.Errorf("traceparent %q", parent)
	}
	at := func(s int) time.Time { return time.Date(2026, 11, 23, 0, 0, s, 0, time.UTC) }
	var request mocksender.Request
	request.Set(mocksender.TraceparentHeader, parent)
	for _, e := range []event.Event{
		event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: "acme"}},
		event.CheckStarted{Time: at(1), ID: "a/b"},
		event.ScenarioStarted{Time: at(2), ID: "a/b", Play: 1, Name: "one"},
		event.AttemptFinished{Time: at(4), ID: "a/b", Play: 1, Attempt: mocksender.Attempt{Number: 2, Duration: time.Second, Request: request, Answer: mocksender.Answer{Status: 503}}},
		event.AttemptFinished{Time: at(4), ID: "a/b", Attempt: mocksender.Attempt{Number: 1, Err: errors.New("refused")}},
		event.ScenarioFinished{Time: at(5), ID: "a/b", Play: 1, Failed: true},
		event.CheckFinished{Time: at(6), Verdict: event.Verdict{ID: "a/b", Result: event.Pass}},
		event.CheckFinished{Time: at(7), Verdict: event.Verdict{ID: "a/b", Result: event.Fail}},
		event.CheckFinished{Time: at(7), Verdict: event.Verdict{ID: "skipped/one", Result: event.Skipped}},
		event.RunFinished{Time: at(9)},
	} {
		tr.Observe(e)
	}
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := kept.GetSpans()
	if len(spans) != 5 {
		t.Fatalf("%d spans: want 5: %+v", len(spans), spans)
	}
	named, posts := map[string]tracetest.SpanStub{}, []tracetest.SpanStub{}
	for _, s := range spans {
		if s.SpanContext.TraceID().String() != parent[3:35] {
			t.Errorf("%s is of another trace", s.Name)
		}
		if named[s.Name] = s; s.Name == "POST" {
			posts = append(posts, s)
		}
	}
	run, check, scenario := named["certify acme"], named["a/b"], named["scenario one"]
	if run.Parent.IsValid() || check.Parent.SpanID() != run.SpanContext.SpanID() || scenario.Parent.SpanID() != check.SpanContext.SpanID() {
		t.Error("the spans do not lie in each other")
	}
	if !run.EndTime.Equal(at(9)) || !check.EndTime.Equal(at(7)) || check.Status.Code != codes.Error || !has(check, attribute.String("ctxpush.result", "fail")) {
		t.Errorf("run %+v, check %+v", run, check)
	}
	first, second := posts[0], posts[1]
	if first.SpanContext.SpanID().String() != parent[36:52] || first.Parent.SpanID() != scenario.SpanContext.SpanID() || !first.StartTime.Equal(at(3)) || first.Status.Code != codes.Error {
		t.Errorf("attempt %+v", first)
	}
	if second.Parent.SpanID() != check.SpanContext.SpanID() || second.Status.Description != "refused" {
		t.Errorf("attempt of what is explored %+v", second)
	}
}

func has(s tracetest.SpanStub, want attribute.KeyValue) bool {
	for _, a := range s.Attributes {
		if a == want {
			return true
		}
	}
	return false
}

// broken is a collector that takes nothing.
type broken struct{ keeper }

func (broken) ExportSpans(context.Context, []sdk.ReadOnlySpan) error { return errors.New("no room") }

func TestWhatKeepsSpansBackIsTold(t *testing.T) {
	tr := tracer(broken{keeper{tracetest.NewInMemoryExporter()}}, "v1")
	tr.Observe(event.RunStarted{})
	if err := tr.Close(t.Context()); err == nil || err.Error() != "no room" {
		t.Errorf("got %v", err)
	}
	for _, endpoint := range []string{"", "127.0.0.1:4318", "ftp://x", "http://", "%"} {
		if _, err := New(t.Context(), endpoint, "v1"); err == nil {
			t.Errorf("%q is taken for an address", endpoint)
		}
	}
}
