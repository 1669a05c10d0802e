package otel

import (
	"context"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// spans are the run's spans that are open.
type spans struct {
	tracer trace.Tracer
	run    span
	checks map[string]*span
	plays  map[int]*span
}

// span is one that is open, and when it ends: a check may be finished more than once.
type span struct {
	trace.Span
	ctx context.Context
	end time.Time
}

var _ event.AttemptObserver = (*Tracer)(nil)

// WantsAttempts is true: each gets a span.
func (s *spans) WantsAttempts() bool { return true }

// Observe begins and ends spans.
func (s *spans) Observe(e event.Event) {
	switch e := e.(type) {
	case event.RunStarted:
		s.checks, s.plays = map[string]*span{}, map[int]*span{}
		s.run = *s.begin(context.Background(), "certify "+e.Receiver.Name, e.Time, attribute.String("ctxpush.receiver", e.Receiver.Name),
			attribute.String("ctxpush.receiver.kind", e.Receiver.Kind), attribute.String("ctxpush.command", e.Command))
	case event.CheckStarted:
		s.checks[e.ID] = s.begin(s.run.ctx, e.ID, e.Time, attribute.String("ctxpush.check", e.ID))
	case event.ScenarioStarted:
		s.plays[e.Play] = s.begin(s.parent(e.ID, 0), strings.TrimSpace("scenario "+e.Name), e.Time, attribute.String("ctxpush.check", e.ID), attribute.Bool("ctxpush.replay", e.Replay))
	case event.AttemptFinished:
		s.attempt(e)
	case event.ScenarioFinished:
		s.finishPlay(e)
	case event.CheckFinished:
		s.finishCheck(e)
	case event.RunFinished:
		if e.Err != nil {
			s.run.SetStatus(codes.Error, e.Err.Error())
		}
		s.end(e.Time)
	}
}

func (s *spans) begin(ctx context.Context, name string, at time.Time, of ...attribute.KeyValue) *span {
	ctx, made := s.tracer.Start(ctx, name, trace.WithTimestamp(at), trace.WithAttributes(of...))
	return &span{Span: made, ctx: ctx, end: at}
}

// parent is what a span of a play, or of a check where there is none, lies in.
func (s *spans) parent(check string, play int) context.Context {
	if p := s.plays[play]; p != nil {
		return p.ctx
	}
	if c := s.checks[check]; c != nil {
		return c.ctx
	}
	return s.run.ctx
}

// attempt makes the span of a request that is over, with the id that its traceparent
// told the receiver.
func (s *spans) attempt(e event.AttemptFinished) {
	a := e.Attempt
	ctx := s.parent(e.ID, e.Play)
	if id, ok := spanOf(a.Request.Get(mocksender.TraceparentHeader)); ok {
		ctx = context.WithValue(ctx, asked{}, id)
	}
	_, made := s.tracer.Start(ctx, "POST", trace.WithTimestamp(e.Time.Add(-a.Duration)), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", "POST"), attribute.String("url.full", a.URL), attribute.Int("http.request.body.size", len(a.Request.Body)),
		attribute.Int("http.request.resend_count", a.Number-1), attribute.String("ctxpush.check", e.ID)))
	if a.Fault != "" {
		made.SetAttributes(attribute.String("ctxpush.fault", a.Fault))
	}
	if a.Answer.Status != 0 {
		made.SetAttributes(attribute.Int("http.response.status_code", a.Answer.Status))
	}
	switch {
	case a.Err != nil:
		made.SetStatus(codes.Error, a.Err.Error())
	case a.Answer.Status >= 400:
		made.SetStatus(codes.Error, "")
	}
	made.End(trace.WithTimestamp(e.Time))
}

// spanOf is the span that a traceparent names.
func spanOf(traceparent string) (id trace.SpanID, ok bool) {
	parts := strings.Split(traceparent, "-")
	if len(parts) != 4 {
		return id, false
	}
	id, err := trace.SpanIDFromHex(parts[2])
	return id, err == nil
}

func (s *spans) finishPlay(e event.ScenarioFinished) {
	p := s.plays[e.Play]
	if p == nil {
		return
	}
	delete(s.plays, e.Play)
	switch {
	case e.Failed:
		p.SetStatus(codes.Error, "failed")
	case e.Err != nil:
		p.SetStatus(codes.Error, e.Err.Error())
	}
	p.End(trace.WithTimestamp(e.Time))
}

// finishCheck says what the check came to, as far as that is known.
func (s *spans) finishCheck(e event.CheckFinished) {
	v := e.Verdict
	c := s.checks[v.ID]
	if c == nil { // it was skipped
		return
	}
	c.end = e.Time
	c.SetAttributes(attribute.String("ctxpush.result", string(v.Result)), attribute.Int("ctxpush.schedules", v.Schedules), attribute.Int("ctxpush.requests", v.Requests))
	if v.Result == event.Fail || v.Result == event.Errored {
		c.SetStatus(codes.Error, v.Reason)
	}
}

// end ends what is still open.
func (s *spans) end(at time.Time) {
	for _, p := range s.plays {
		p.End(trace.WithTimestamp(at))
	}
	for _, c := range s.checks {
		c.End(trace.WithTimestamp(c.end))
	}
	if s.run.Span != nil {
		s.run.End(trace.WithTimestamp(at))
	}
	s.run, s.checks, s.plays = span{}, nil, nil
}
