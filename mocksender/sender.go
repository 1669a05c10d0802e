package mocksender

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/clock"
	"github.com/ctxpush/ctxpush/mocksender/internal/wire"
)

// Sender sends batches to a webhook as ContextPush does. A Sender with a URL is
// ready for use; its methods may be called at once by several goroutines, its
// fields not changed meanwhile. It must not be copied after its first use.
type Sender struct {
	// URL is the webhook's address, http or https.
	URL string
	// Secret goes into the secret's header, on every request (clause secret).
	// Nothing that a Sender records shows it.
	Secret string
	// Profile is the version of the protocol; empty is Profile2025.
	Profile Profile
	// Backoff is when a batch that failed is sent again; zero is the contract's
	// schedule.
	Backoff Backoff
	// Timeout is how long one attempt may take, from dialling to the end of the
	// answer, in real time whatever the Clock; 0 is RequestTimeout.
	Timeout time.Duration
	// Clock is the time by which retries wait; nil is clock.Real.
	Clock clock.Clock
	// Journal records the attempts; nil is none.
	Journal *Journal
	// Attempted is told each attempt as it ends, by the goroutine that made it,
	// which waits meanwhile; nil is nobody.
	Attempted func(Attempt)
	// Dial opens connections, and must heed its context; nil is net.Dialer's.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS is for https; nil is the system's certificates.
	TLS *tls.Config
	// MaxConns is how many attempts are under way at once, and how many
	// connections are kept; further attempts wait. 0 is no limit. A Copy's
	// second connection comes on top.
	MaxConns int
	// Throttle bounds how often and at how many connections this sender and those
	// that share it send; nil is no bound.
	Throttle *Throttle
	// RequestID makes the X-Idempotency-Key of a request in Profile2026; nil is
	// UUIDs that follow from Seed and the number of requests made before.
	RequestID func() string
	// Seed is where the request ids come from.
	Seed uint64
	// Traceparent makes a TraceparentHeader for each attempt, which ContextPush does
	// not send; nil sends none.
	Traceparent func() string

	requests atomic.Uint64
	plans    atomic.Pointer[plan]
	pool     pool
}

// TraceparentHeader names the span that a request belongs to, as W3C's Trace Context
// has it.
const TraceparentHeader = "traceparent"

// String names the sender by its URL. It hides the other fields, of which one
// is the secret.
func (s *Sender) String() string { return "mocksender.Sender(" + s.plan().shown + ")" }

// GoString keeps the secret out of %#v, too.
func (s *Sender) GoString() string { return s.String() }

// Validate says which field is of no use, nil if none is. Attempts of a sender
// that is not valid fail with that error, and are not repeated.
func (s *Sender) Validate() error {
	if err := s.plan().err; err != nil {
		return err
	}
	if err := s.Profile.Validate(); err != nil {
		return err
	}
	if err := s.Backoff.Validate(); err != nil {
		return err
	}
	if s.Timeout < 0 {
		return fmt.Errorf("timeout %v: want a time above 0, or 0 for %v", s.Timeout, RequestTimeout)
	}
	if s.MaxConns < 0 {
		return fmt.Errorf("%d connections at most: want 1 or more, or 0 for no limit", s.MaxConns)
	}
	return nil
}

// Request is the request that carries the batch, as the profile has it.
func (s *Sender) Request(b Batch) Request {
	fields := []Field{{s.Profile.SecretHeader(), s.Secret}}
	if s.Profile == Profile2026 {
		id := s.RequestID
		if id == nil {
			id = func() string { return string(wire.AppendRequestID(nil, s.Seed, s.requests.Add(1))) }
		}
		fields = append(fields,
			Field{"X-CTX-Event-Type", EventTypeMessageStatus},
			Field{"X-Idempotency-Key", id()})
	}
	return Request{Fields: append(fields, Field{"Content-Type", "application/json"}), Body: b.Body()}
}

// Deliver sends the batch until it is acknowledged by any 2xx, or dropped after
// the last retry. What a receiver asks for by Retry-After is waited for in real
// time as long as that is MaxRetryAfter in all, and is ignored beyond. faults[i] strikes the i-th attempt, counted from 0; a nil one
// does not.
func (s *Sender) Deliver(ctx context.Context, b Batch, faults ...Fault) Delivery {
	if b.Len() == 0 {
		a := s.attempt(ctx, shot{plan: s.plan(), err: fmt.Errorf("batch of 0 entries: want 1 to %d", MaxBatch)}, nil, 1)
		return Delivery{Attempts: []Attempt{a}, Outcome: Aborted}
	}
	return s.DeliverRequest(ctx, s.Request(b), faults...)
}

// DeliverRequest is Deliver for a request of the caller's own: altered, or with
// a body that no batch has. Every attempt sends the same bytes.
func (s *Sender) DeliverRequest(ctx context.Context, r Request, faults ...Fault) Delivery {
	var d Delivery
	var waits []time.Duration
	var due time.Duration
	left := MaxRetryAfter
	shot := s.aim(r)
	for n := 1; ; n++ {
		var f Fault
		if n <= len(faults) {
			f = faults[n-1]
		}
		a := s.attempt(ctx, shot, f, n)
		d.Attempts = append(d.Attempts, a)
		switch {
		case a.Acknowledged():
			d.Outcome = Acknowledged
			return d
		case shot.err != nil || ctx.Err() != nil || Local(a.Err) != nil:
			d.Outcome = Aborted
			return d
		}
		if n == 1 {
			seed := s.Backoff.Seed
			if s.Backoff.Jitter > 0 {
				seed = mixSeed(seed, r.Body)
			}
			waits = s.Backoff.waits(seed)
		}
		if n > len(waits) {
			d.Outcome = Dropped
			return d
		}
		asked := a.Answer.RetryAfter(time.Now())
		if asked > left { // to wait for a part of it would be of no use
			asked = 0
		}
		left -= asked
		s.Throttle.heed(a.Answer, asked)
		if sleepUntil(ctx, time.Now().Add(asked)) != nil {
			d.Outcome = Aborted
			return d
		}
		due += waits[n-1]
		c := s.clock()
		if c.Sleep(ctx, d.Attempts[0].Start.Add(due).Sub(c.Now())) != nil {
			d.Outcome = Aborted
			return d
		}
	}
}

// Attempt sends the request once. A nil fault leaves it alone.
func (s *Sender) Attempt(ctx context.Context, r Request, f Fault) Attempt {
	return s.attempt(ctx, s.aim(r), f, 1)
}

// Preview is the attempt that would be made first, without an answer: nothing
// is sent. It shows a request before, or instead of, sending it.
func (s *Sender) Preview(r Request) Attempt {
	shot := s.aim(r)
	return Attempt{Number: 1, Start: s.clock().Now(), URL: s.plan().shown, Request: shot.shown, Err: shot.err}
}

// Close closes the connections that are idle. The sender can still be used.
func (s *Sender) Close() { s.pool.closeIdle(true) }

func (s *Sender) clock() clock.Clock {
	if s.Clock == nil {
		return clock.Real{}
	}
	return s.Clock
}

// plan is what follows from the URL and the secret, worked out once.
type plan struct {
	url, secret string
	shown       string // the URL without the secret
	target      wire.Endpoint
	redactor    *redactor
	err         error
}

func (s *Sender) plan() *plan {
	if p := s.plans.Load(); p != nil && p.url == s.URL && p.secret == s.Secret {
		return p
	}
	p := &plan{url: s.URL, secret: s.Secret, redactor: newRedactor(s.Secret)}
	p.target, p.err = wire.ParseEndpoint(s.URL)
	p.shown = p.redactor.text(wire.ShownURL(s.URL))
	s.plans.Store(p)
	return p
}

// shot is a request ready to be sent, and as it may be shown.
type shot struct {
	plan     *plan
	request  Request
	shown    Request
	redactor *redactor
	err      error // why it can't be sent
}

func (s *Sender) aim(r Request) shot {
	t := shot{plan: s.plan(), request: r}
	t.shown, t.redactor = t.plan.redactor.request(r)
	if t.err = s.Validate(); t.err == nil {
		t.err = r.validate()
	}
	t.err = oneLine(t.redactor.err(t.err))
	return t
}

// wires are buffers for requests on their way.
var wires = sync.Pool{New: func() any { return new([]byte) }}

func (s *Sender) attempt(ctx context.Context, t shot, f Fault, n int) Attempt {
	if s.Traceparent != nil {
		parent := s.Traceparent()
		t.request.Set(TraceparentHeader, parent)
		t.shown.Set(TraceparentHeader, parent)
	}
	a := Attempt{Number: n, URL: t.plan.shown, Request: t.shown, Err: t.err}
	if f != nil {
		a.Fault = f.Name()
	}
	if t.err != nil {
		a.Start = s.clock().Now()
		s.tell(a)
		return a
	}
	release, err := s.pool.acquire(ctx, s.MaxConns)
	a.Start = s.clock().Now()
	if err != nil {
		a.Err = fmt.Errorf("broken off: %w", err)
		s.tell(a)
		return a
	}
	defer release()
	leave, err := s.Throttle.enter(ctx)
	if err != nil {
		a.Err = fmt.Errorf("broken off: %w", err)
		s.tell(a)
		return a
	}
	defer leave()

	timeout := s.Timeout
	if timeout == 0 {
		timeout = RequestTimeout
	}
	a.Began = time.Now()
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	buf := wires.Get().(*[]byte)
	defer wires.Put(buf)
	x := &Exchange{ctx: limited, sender: s, target: t.plan.target}
	*buf, x.head = t.request.appendTo((*buf)[:0], t.plan.target)
	x.wire = *buf
	if f == nil {
		a.Answer, err = x.plain()
	} else {
		a.Answer, err = f.Strike(limited, x)
	}
	late := limited.Err() != nil
	x.close()
	a.Duration = time.Since(a.Began)
	switch {
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("broken off: %w", ctx.Err())
	case err != nil && late:
		err = x.timedOut(timeout)
	}
	a.Resent = x.resent
	a.Answer = t.redactor.answer(a.Answer)
	a.Err = oneLine(t.redactor.err(err))
	if lack := LackOf(err); lack != "" && ctx.Err() == nil {
		a.Err = &LocalError{lack, a.Err}
	}
	s.tell(a)
	return a
}

// tell hands an attempt that is over to those who want it.
func (s *Sender) tell(a Attempt) {
	s.Journal.add(a)
	if s.Attempted != nil {
		s.Attempted(a)
	}
}
