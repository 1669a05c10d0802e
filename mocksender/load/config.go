package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/internal/wire"
)

// DefaultConnections is how many connections a load has unless it says so.
const DefaultConnections = 32

// maxConnections is beyond what one machine's ports allow to one address.
const maxConnections = 60_000

// Config is a load: to whom, what, how fast and for how long.
type Config struct {
	// URL is the webhook's address, http or https.
	URL string
	// Secret goes into the secret's header of each request. Nothing that a run
	// returns shows it.
	Secret string
	// Profile is the version of the protocol; empty is Profile2025. In
	// Profile2026 a request's id follows from Seed and its batch, so that a retry
	// keeps it.
	Profile mocksender.Profile
	// TLS is for https; nil is the system's certificates.
	TLS *tls.Config
	// Dial opens connections, and must heed its context; nil is net.Dialer's.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Source is where the batches come from.
	Source Source
	// Pace is when requests are due, whatever the receiver does (open model); nil
	// is the closed model: each connection sends as fast as it gets answers.
	Pace Pace
	// Duration is how long new requests are due; 0 is until the Pace ends, if it
	// is one with an end, else until the Source ends.
	Duration time.Duration
	// Connections is how many requests are under way at once; 0 is
	// DefaultConnections. Attempts that Faults slows down come on top, at most as
	// many again.
	Connections int
	// NoKeepAlive opens a connection for each request.
	NoKeepAlive bool
	// Timeout is how long one attempt may take, from dialling to the end of the
	// answer; 0 is mocksender.RequestTimeout.
	Timeout time.Duration
	// Backoff is when a batch that failed is sent again; zero is the contract's
	// schedule. Its Seed has no effect: jitter follows from the load's Seed.
	Backoff mocksender.Backoff
	// TimeScale is how many times as fast as real time the schedule of retries
	// runs; 0 is 1.
	TimeScale float64
	// Faults is what goes wrong on the wire.
	Faults Faults
	// Seed is where everything random comes from.
	Seed uint64
	// Drain is how long, after the last new request was due, the retries that
	// wait and the rest of the Source's begun traffic are still sent; 0 is long
	// enough for the whole schedule of retries, a negative time none.
	Drain time.Duration

	// Interval is the time between two Snapshots, and between two points of the
	// Result's Series; 0 is a second.
	Interval time.Duration
	// Observe is told how the run goes, by one goroutine, once an Interval and
	// once at the end; nil is nobody. The run does not end before it returns.
	Observe func(Snapshot)
}

// String names the load by its URL. It hides the other fields, of which one is
// the secret.
func (c Config) String() string { return "load.Config(" + c.probe().Preview(c.request()).URL + ")" }

// GoString keeps the secret out of %#v, too.
func (c Config) GoString() string { return c.String() }

// Validate says which field is of no use, nil if none is.
func (c Config) Validate() error {
	if err := c.probe().Validate(); err != nil {
		return err
	}
	if err := c.probe().Preview(c.request()).Err; err != nil {
		return err
	}
	switch {
	case c.Source == nil:
		return errors.New("load: no source: want one, it makes the requests")
	case c.Duration < 0:
		return fmt.Errorf("duration %v: want a time above 0, or 0 for until the traffic ends", c.Duration)
	case c.Connections < 0 || c.Connections > maxConnections:
		return fmt.Errorf("%d connections: want 1 to %d, or 0 for %d", c.Connections, maxConnections, DefaultConnections)
	case !(c.TimeScale >= 0) || math.IsInf(c.TimeScale, 0):
		return fmt.Errorf("time scale %v: want a number above 0, or 0 for 1", c.TimeScale)
	case c.Interval < 0:
		return fmt.Errorf("interval %v: want a time above 0, or 0 for %v", c.Interval, time.Second)
	}
	return c.Faults.Validate()
}

// probe is a sender with the settings that it shares with a load: it knows what
// is wrong with them.
func (c Config) probe() *mocksender.Sender {
	return &mocksender.Sender{URL: c.URL, Secret: c.Secret, Profile: c.Profile, Backoff: c.Backoff, Timeout: c.Timeout,
		RequestID: func() string { return requestIDMark }}
}

// requestIDMark is where a request's own id goes in the head.
const requestIDMark = "00000000-0000-4000-8000-000000000000"

// request has the fields that each request has.
func (c Config) request() mocksender.Request { return c.probe().Request(mocksender.Batch{}) }

func (c Config) endpoint() (wire.Endpoint, error) { return wire.ParseEndpoint(c.URL) }

// withDefaults is c with its zero values spelled out. It must be valid.
func (c Config) withDefaults() Config {
	if c.Connections == 0 {
		c.Connections = DefaultConnections
	}
	if c.Timeout == 0 {
		c.Timeout = mocksender.RequestTimeout
	}
	if c.TimeScale == 0 {
		c.TimeScale = 1
	}
	if c.Dial == nil {
		// An attempt's end is bounded by Timeout: probing would only cost calls.
		c.Dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	if p, ok := c.Pace.(interface{ Length() time.Duration }); ok && c.Duration == 0 {
		c.Duration = p.Length()
	}
	if c.Drain == 0 {
		c.Drain = c.defaultDrain()
	}
	return c
}

// spareDrain is time for the rest of the traffic, on top of the retries'.
const spareDrain = 10 * time.Second

// defaultDrain is time for all attempts of a batch that was begun last.
func (c Config) defaultDrain() time.Duration {
	var window time.Duration
	for _, wait := range c.schedule() {
		window += wait
	}
	return window + 2*c.Timeout + spareDrain
}

// schedule is the time, in real time, between a batch's attempts, without
// jitter.
func (c Config) schedule() []time.Duration {
	exact := c.Backoff
	exact.Jitter = 0
	waits := exact.Waits()
	for i, wait := range waits {
		// Whoever waits for ever is of no interest: a year keeps sums in range.
		waits[i] = time.Duration(min(math.Ceil(float64(wait)/c.TimeScale), float64(365*24*time.Hour)/float64(len(waits))))
	}
	return waits
}
