package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/mocksender"
)

// start starts the receiver, or sees that it can be reached.
func (e *exam) start(ctx context.Context) Finding {
	began := time.Now()
	if err := e.subject.Start(ctx); err != nil {
		return broken(err.Error(), startAdvice(e.Target.Receiver, err)...)
	}
	info := e.subject.Receiver.Info()
	name := e.Target.Name
	if info.Digest != "" {
		name += " (" + info.Digest + ")"
	}
	switch info.Kind {
	case "url":
		return well("%s accepts connections", e.subject.URL())
	case name:
		name = "receiver"
	}
	return well("%s %s is ready at %s after %s", info.Kind, name, e.subject.URL(), time.Since(began).Round(time.Millisecond))
}

// startAdvice is what to do about a receiver that does not start.
func startAdvice(r config.Receiver, err error) []string {
	var (
		start    *receiver.StartError
		noEngine *receiver.NoEngineError
		ended    *receiver.EndedError
	)
	tried := errors.As(err, &start) && start.Tried != ""
	advice := receiver.KindOf(r).StartAdvice
	switch {
	case errors.As(err, &noEngine):
		return []string{"start Docker, or describe the receiver by receiver.url or receiver.command"}
	case errors.As(err, &ended):
		return []string{"it ends by itself, and its log says why: does it lack a variable? receiver.command.env or receiver.container.env hands it over"}
	case advice != nil:
		return advice(r, tried)
	}
	return []string{"see what its log says"}
}

// webhook sends the first valid request and sees that something answers.
func (e *exam) webhook(ctx context.Context) Finding {
	e.sender.URL = e.subject.URL() + e.Target.Path
	status := e.mildest()
	var err error
	if e.first, err = e.story("first", status, status); err == nil {
		e.answer, err = e.attemptFirst(ctx, e.first.events...)
	}
	if err != nil {
		return unsent(err)
	}
	what := "POST " + e.Target.Path
	a := e.answer
	switch {
	case a.Err != nil:
		detail := fmt.Sprintf("%s: %s", what, a.Err)
		if how, ended := e.subject.Receiver.Exited(); ended {
			return short(detail+"; the receiver "+how, "a valid request ends it: "+e.lastWords())
		}
		return broken(detail, fmt.Sprintf("does the receiver speak HTTP/1.1 there, and answer within %s (timeout)?", e.Target.Timeout))
	case a.Answer.Status == http.StatusNotFound || a.Answer.Status == http.StatusMethodNotAllowed:
		return broken(fmt.Sprintf("%s answered %d", what, a.Answer.Status),
			"set path in receiver.yaml to the webhook's; it must take POST")
	}
	return well("%s answers", what)
}

// rightSecret judges the first request's answer.
func (e *exam) rightSecret(context.Context) Finding {
	a := e.answer.Answer
	if a.Acknowledged() {
		return well("answered %d to a valid request", a.Status)
	}
	detail := fmt.Sprintf("answered %d to a valid request: want 2xx", a.Status)
	if said := quoteBody(a.Body); said != "" {
		detail += "; it says " + said
	}
	switch {
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		return broken(detail, secretAdvice(e.Target.Receiver)...)
	case a.Status == http.StatusTooManyRequests:
		return broken(detail, "it limits how often it is asked, and takes nothing now: set limits to what it takes, or try again later")
	case a.Status == http.StatusRequestEntityTooLarge:
		return short(detail, "raise its limit on the size of a body: 100 entries of 4 KB must pass")
	case a.Status == http.StatusUnsupportedMediaType:
		return short(detail, "it must take Content-Type: application/json")
	case a.Status >= 300 && a.Status < 400:
		return broken(detail, "ContextPush follows no redirect: set path (or https) so that the webhook itself answers")
	case a.Status >= 500:
		return short(detail, "it broke on a valid entry: "+e.lastWords())
	}
	return short(detail, "the entry is valid: ctxpush send --dry-run prints one like it; "+e.lastWords())
}

// secretAdvice is what to do where the right secret is refused.
func secretAdvice(r config.Receiver) []string {
	if advice := receiver.KindOf(r).SecretAdvice; advice != nil {
		return advice(r)
	}
	return []string{"is the receiver's secret the one that receiver.yaml's secret, or CTXPUSH_SECRET, names?", receiver.CompareSecret}
}

func (e *exam) wrongSecret(ctx context.Context) Finding {
	return e.refused(ctx, "wrong", func(r *mocksender.Request) { e.disguise(r, true) })
}

func (e *exam) missingSecret(ctx context.Context) Finding {
	return e.refused(ctx, "missing", func(r *mocksender.Request) { e.disguise(r, false) })
}

// refused sends a request that must be refused, and where the probe is well
// sees that it changed nothing.
func (e *exam) refused(ctx context.Context, which string, alter func(*mocksender.Request)) Finding {
	s, err := e.story(which, "", e.mildest())
	var a mocksender.Attempt
	if err == nil {
		a, err = e.attempt(ctx, alter, s.events...)
	}
	if err != nil {
		return unsent(err)
	}
	compare := "compare X-ctx-secret with the shared secret before anything else, and answer 401 where it is not the same"
	if which == "missing" {
		compare = "answer 401 where X-ctx-secret is absent, also where no secret is configured"
	}
	switch {
	case a.Err != nil:
		return short(a.Err.Error()+": want 4xx", compare)
	case a.Acknowledged():
		return short(fmt.Sprintf("answered %d to a %s secret: want 4xx", a.Answer.Status, which), compare)
	case a.Answer.Status < 400 || a.Answer.Status > 499:
		return short(fmt.Sprintf("answered %d to a %s secret: want 4xx", a.Answer.Status, which),
			"answer 401: whatever is no 2xx and no 4xx asks for a retry")
	}
	if e.findings.of(stepProbe) != OK {
		return well("answered %d", a.Answer.Status)
	}
	states, err := e.subject.Prober.States(ctx, keysOf(s))
	switch {
	case err != nil:
		return broken(err.Error(), "the probe worked a moment ago: see what the receiver's log says")
	case states[0] != nil:
		return short(fmt.Sprintf("answered %d, and knows the message as %s all the same", a.Answer.Status, states[0].DeliveryStatus),
			"compare the secret before the work, not after it")
	}
	return well("answered %d, and changed nothing", a.Answer.Status)
}
