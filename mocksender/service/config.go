package service

import (
	"fmt"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
)

// What holds where a Config says nothing.
const (
	// DefaultOpenRate is the share of messages that are opened.
	DefaultOpenRate = 0.3
	// DefaultFlush is how long an entry waits for others of its request.
	DefaultFlush = time.Second
	// DefaultConnections is how many webhook requests are under way at once.
	DefaultConnections = 10
	// SchedulePath and DefaultCancelPath are the vendor's calls. The second one is
	// a guess: the vendor documents that there is one, not its path.
	SchedulePath      = "/v1/campaigns/schedule_message_for_user"
	DefaultCancelPath = "/v1/campaigns/cancel_message_for_user"
)

// Config says what a service is like. A webhook's URL is enough.
type Config struct {
	// Webhook is the app's address, http or https.
	Webhook string
	// Secret is what webhook requests carry. Nothing that is told shows it.
	Secret string
	// Token is what scheduling calls must carry as "Authorization: Token …"; where
	// it is empty, any token will do, and so does none.
	Token string
	// CancelPath is the path of cancel requests; empty is DefaultCancelPath.
	CancelPath string
	// Seed is where everything that is made up comes from.
	Seed uint64
	// OpenRate is the share of messages that are opened, up to 1; 0 is
	// DefaultOpenRate, a negative number none.
	OpenRate float64
	// Flush is how long an entry waits for others, by the clock; 0 is
	// DefaultFlush, a negative time not at all.
	Flush time.Duration
	// Faults are what goes wrong at first; nil is what the store has from before.
	Faults *Faults
	// Store keeps messages; nil is Memory. Close closes it.
	Store Store
	// Clock is the time by which messages live and retries wait; nil is clock.Real.
	Clock clock.Clock
	// Setup changes the sender before it is used: its profile, backoff, timeout,
	// certificates or connections. The sender's Clock is not used.
	Setup func(*mocksender.Sender)
}

func (c *Config) setDefaults() {
	if c.CancelPath == "" {
		c.CancelPath = DefaultCancelPath
	}
	switch {
	case c.OpenRate == 0:
		c.OpenRate = DefaultOpenRate
	case c.OpenRate < 0:
		c.OpenRate = 0
	}
	switch {
	case c.Flush == 0:
		c.Flush = DefaultFlush
	case c.Flush < 0:
		c.Flush = 0
	}
	if c.Store == nil {
		c.Store = Memory()
	}
	if c.Clock == nil {
		c.Clock = clock.Real{}
	}
}

func (c *Config) validate() error {
	switch {
	case c.Webhook == "":
		return fmt.Errorf("webhook is not set: want the receiver's URL")
	case !(c.OpenRate <= 1):
		return fmt.Errorf("open rate %v: want a share from 0 to 1", c.OpenRate)
	case !strings.HasPrefix(c.CancelPath, "/") || c.CancelPath == SchedulePath || strings.ContainsAny(c.CancelPath, "{} "):
		return fmt.Errorf("cancel path %q: want a path of its own, such as %s", c.CancelPath, DefaultCancelPath)
	case c.Faults != nil:
		return c.Faults.Validate()
	}
	return nil
}
