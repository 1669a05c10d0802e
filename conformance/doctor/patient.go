package doctor

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// patient is the receiver that is examined: what is sent to it, and asked of it.
type patient struct {
	Options
	subject *subject.Subject
	sender  *mocksender.Sender
	lastAck time.Time
}

// story is a message, its entries in order, and what must be known of it then.
type story struct {
	events []mocksender.Event
	want   scenarios.Want
}

// story makes a message with that history, whose last status must be known once
// all its entries have arrived. No status: none of it must be known.
func (p *patient) story(label string, final mocksender.DeliveryStatus, history ...mocksender.DeliveryStatus) (story, error) {
	words := make([]string, len(history))
	for i, s := range history {
		words[i] = string(s)
	}
	expect := string(final)
	if final == "" {
		expect = "unknown"
	}
	planned := mocksender.ContextAware
	if history[0] != mocksender.Pending {
		planned = mocksender.Traditional // which alone may skip pending
	}
	text := fmt.Sprintf("scenario: doctor\nmessages: {m: {planned: %s, history: [%s]}}\ndeliver: [{batch: [m]}]\nexpect: {m: %s}\n", planned, strings.Join(words, ", "), expect)
	check, err := scenarios.Parse("doctor", "doctor/"+label, []byte(text))
	if err != nil {
		return story{}, err
	}
	s := check.Scenarios[0]
	cast, err := scenarios.Bind(s, fixtures.Seed(p.Seed).Salted(p.Salt), p.Epoch, "doctor/"+label)
	if err != nil {
		return story{}, err
	}
	wants := cast.Wants(s.Expect, p.Target.Identity)
	if len(wants) != 1 {
		return story{}, fmt.Errorf("%d states to look at: want 1", len(wants))
	}
	return story{events: cast.Events(s.Steps[0].Batch), want: wants[0]}, nil
}

// isKept tells whether the receiver keeps messages of that final status.
func (p *patient) isKept(s mocksender.DeliveryStatus) bool {
	return !slices.Contains(p.Target.Ignores, s)
}

// attempt sends the entries in one request, once; alter may change it first.
func (p *patient) attempt(ctx context.Context, alter func(*mocksender.Request), events ...mocksender.Event) (mocksender.Attempt, error) {
	batch, err := mocksender.NewBatch(events...)
	if err != nil {
		return mocksender.Attempt{}, err
	}
	r := p.sender.Request(batch)
	if alter != nil {
		alter(&r)
	}
	a := p.sender.Attempt(ctx, r, nil)
	p.lastAck = time.Now()
	return a, mocksender.Local(a.Err)
}

// unsent is a step whose request could not be made.
func unsent(err error) Finding {
	if mocksender.Local(err) != nil {
		return broken(err.Error())
	}
	return broken(err.Error(), "this is a mistake of ctxpush's own: please report it")
}

// attemptFirst sends the first request, and again where that was answered 429 or
// 5xx: a receiver that has just started may wait for what it needs.
func (p *patient) attemptFirst(ctx context.Context, events ...mocksender.Event) (mocksender.Attempt, error) {
	for _, pause := range []time.Duration{100 * time.Millisecond, 400 * time.Millisecond, time.Second} {
		a, err := p.attempt(ctx, nil, events...)
		status := a.Answer.Status
		if err != nil || a.Err != nil || status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, ctx.Err()
		case <-time.After(pause):
		}
	}
	return p.attempt(ctx, nil, events...)
}

// mildest is a status that any receiver takes as a message's first entry: one
// that it keeps, if there is one.
func (p *patient) mildest() mocksender.DeliveryStatus {
	if !p.isKept(mocksender.Pending) && p.isKept(mocksender.Delivered) {
		return mocksender.Delivered
	}
	return mocksender.Pending
}

// lastWords points to the receiver's log.
func (p *patient) lastWords() string {
	for _, line := range slices.Backward(p.subject.Receiver.Log(logLines)) {
		if line = strings.TrimSpace(line); line != "" {
			return "its log ends with " + clip(line)
		}
	}
	return "see what the receiver's log says"
}

// await asks for a message until its state is as wanted, or the time to settle
// after the last request is over.
func (p *patient) await(ctx context.Context, want scenarios.Want) (*event.State, error) {
	ok := func(got *event.State) bool { return state.IsRight(want, got) }
	return probe.Await(ctx, p.subject.Prober, want.Key, p.lastAck.Add(p.Target.Settle), ok)
}

// history is the longest one that ends in a status which the receiver keeps.
func (p *patient) history() []mocksender.DeliveryStatus {
	for _, h := range [][]mocksender.DeliveryStatus{
		{mocksender.Pending, mocksender.Delivered, mocksender.Opened},
		{mocksender.Pending, mocksender.Delivered},
		{mocksender.Pending, mocksender.Failed},
		{mocksender.Pending, mocksender.Cancelled},
		{mocksender.Pending},
	} {
		if p.isKept(h[len(h)-1]) {
			return h
		}
	}
	return nil
}

// disguise puts a wrong secret into the request, or none.
func (p *patient) disguise(r *mocksender.Request, wrong bool) {
	name := p.Target.Protocol.SecretHeader()
	if wrong {
		r.Set(name, subject.WrongSecret(string(p.Target.Secret)))
		return
	}
	r.Del(name)
}

// answersAnyPath tells whether the probe's server answers a path that it can't
// have as it answers the probe's.
func (p *patient) answersAnyPath(ctx context.Context, asked config.HTTPProbe, key mocksender.Key) bool {
	base := asked.URL
	if base == "" {
		base = p.subject.URL()
	}
	l := &looker{base: base, client: newClient()}
	query := "?" + url.Values{"campaign_id": {key.CampaignID}, "user_id": {key.UserID}, "idempotency_key": {key.IdempotencyKey}, "device_token": {key.DeviceToken}}.Encode()
	code, body, err := l.ask(ctx, http.MethodGet, asked.Path+query, nil)
	other, text, otherErr := l.ask(ctx, http.MethodGet, "/ctxpush-no-such-path"+query, nil)
	return err != nil || otherErr != nil || code == other && bytes.Equal(body, text)
}
