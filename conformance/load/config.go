package load

import (
	"cmp"
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/fixtures/traffic"
	engine "github.com/ctxpush/ctxpush/mocksender/load"
)

// Config is a load test. The zero Config sends 30 s of perfect traffic at full
// speed to the built-in reference receiver, where conformance/receiver/builtin is
// linked, and looks at no state.
type Config struct {
	// Target describes the receiver under test.
	Target config.Config

	// Seed is where everything made-up comes from; 0 is a random one.
	Seed uint64
	// Salt is what the messages' keys follow from beside the seed, so that it can
	// be sent again to a receiver that keeps what it got; empty is none.
	Salt string
	// Epoch is when the first messages are scheduled; zero is
	// fixtures.LoadEpoch.
	Epoch time.Time

	// Rate is how many requests are due, as engine.ParseRate reads it; empty is max:
	// as many as are answered.
	Rate string
	// Ramp is rates that change, as engine.ParseRamp reads them, in place of Rate.
	Ramp string
	// Duration is how long requests are due; 0 is the Ramp's, or DefaultDuration.
	Duration time.Duration
	// Connections is how many requests are under way at once; 0 is
	// engine.DefaultConnections.
	Connections int
	// NoKeepAlive opens a connection for each request.
	NoKeepAlive bool
	// TimeScale is how much faster than real time retries come; 0 is
	// conformance.DefaultTimeScale.
	TimeScale float64

	// Messages is how many there are at most, all shards together; 0 is no bound.
	Messages uint64
	// Mix is how messages end, as traffic.ParseMix reads it; empty is
	// traffic.DefaultMix.
	Mix string
	// Batch is how many entries a request has, as traffic.ParseRange reads it;
	// empty is the most there may be.
	Batch string
	// Faults is what goes wrong on purpose.
	Faults Faults
	// Shard is which part of the traffic is sent; zero is all of it.
	Shard Shard

	// Verify says which final states are looked at.
	Verify Verification
	// Thresholds are what the load must keep.
	Thresholds []Rule
	// FindMax, where it is not nil, makes of the load a search for the highest
	// rate at which this rule and the Thresholds are kept and no state is wrong.
	FindMax *Rule
	// Level is how long each rate of a search is held; 0 is DefaultLevel.
	Level time.Duration

	// Interval is the time between two calls of Observe, and between two points
	// of the Report's Series; 0 is a second.
	Interval time.Duration
	// Observe is told how the load goes, by one goroutine at a time; nil is
	// nobody.
	Observe func(Progress)

	// Command repeats the load, for the report.
	Command string
	// Version is the tool's, for the report.
	Version string
	// BuiltIn makes the receiver where Target names none, such as builtin.With does;
	// nil is the kind that the program is linked with.
	BuiltIn receiver.Constructor
}

const (
	// DefaultDuration is how long requests are due.
	DefaultDuration = 30 * time.Second
	// DefaultLevel is how long each rate of a search is held: long enough that
	// queues that grow are seen.
	DefaultLevel = 10 * time.Second
)

// plan is a Config's texts, read.
type plan struct {
	pace     engine.Pace
	rate     string
	duration time.Duration
	mix      traffic.Mix
	batch    traffic.Range
}

// setDefaults fills in what is empty.
func (c *Config) setDefaults() {
	c.Target.SetDefaults()
	if c.Seed == 0 {
		c.Seed = fixtures.NewSeed()
	}
	if c.Epoch.IsZero() {
		c.Epoch = fixtures.LoadEpoch(time.Now())
	}
	c.Rate = cmp.Or(c.Rate, "max")
	c.Connections = cmp.Or(c.Connections, engine.DefaultConnections)
	c.TimeScale = cmp.Or(c.TimeScale, conformance.DefaultTimeScale)
	c.Level = cmp.Or(c.Level, DefaultLevel)
	c.Interval = cmp.Or(c.Interval, time.Second)
	c.Version = cmp.Or(c.Version, "unknown")
	c.Command = cmp.Or(c.Command, fmt.Sprintf("ctxpush load %s --seed %d --epoch %s",
		c.Target.Arguments(""), c.Seed, c.Epoch.Format(time.RFC3339)))
	if c.Shard == (Shard{}) {
		c.Shard = Shard{1, 1}
	}
}

// Validate says what is wrong with the Config before anything is made or sent: a
// *UsageError or a *config.Error of one line; nil if nothing is.
func (c Config) Validate() error {
	c.setDefaults()
	_, err := c.validate()
	return err
}

// validate reads what is text and says what is wrong, in the words of the flags.
func (c *Config) validate() (plan, error) {
	p := plan{rate: c.Rate, duration: cmp.Or(c.Duration, DefaultDuration), mix: traffic.DefaultMix, batch: traffic.FullBatches}
	if err := c.Target.Validate(); err != nil {
		return p, err
	}
	var err error
	switch {
	case c.Ramp != "" && c.Rate != "max":
		return p, usagef("--ramp beside --rate: want one of the two")
	case c.Ramp != "":
		ramp, err := engine.ParseRamp(c.Ramp)
		if err != nil {
			return p, usagef("--ramp: %v", err)
		}
		p.pace, p.rate = ramp, c.Ramp
		if ends, ok := ramp.(interface{ Length() time.Duration }); ok && c.Duration == 0 {
			p.duration = ends.Length()
		}
	default:
		if p.pace, err = engine.ParseRate(c.Rate); err != nil {
			return p, usagef("--rate: %v", err)
		}
	}
	if c.Mix != "" {
		if p.mix, err = traffic.ParseMix(c.Mix); err != nil {
			return p, usagef("--mix: %v", err)
		}
	}
	if c.Batch != "" {
		if p.batch, err = traffic.ParseRange(c.Batch); err != nil {
			return p, usagef("--batch: %v", err)
		}
	}
	switch {
	case c.Duration < 0:
		return p, usagef("--duration %v: want a time above 0, such as 30s", c.Duration)
	case c.Level < 0:
		return p, usagef("--find-max-level %v: want a time above 0, such as 10s", c.Level)
	case c.Messages > traffic.MaxMessages:
		return p, usagef("--messages %d: want at most %d", c.Messages, uint64(traffic.MaxMessages))
	case c.Connections < 1:
		return p, usagef("--connections %d: want 1 or more", c.Connections)
	case !(c.TimeScale >= 1) || c.TimeScale > maxCount:
		return p, usagef("--time-scale %g: want 1 (real time) or more", c.TimeScale)
	case c.FindMax != nil && c.Ramp != "":
		return p, usagef("--find-max beside --ramp: the search makes its own rates")
	case c.FindMax != nil && c.Messages > 0:
		return p, usagef("--find-max beside --messages: the search takes as many as it needs")
	}
	if err := c.Shard.validate(); err != nil {
		return p, usagef("--%v", err)
	}
	for _, r := range c.rules() {
		if r.verifies() && c.Verify == (Verification{}) {
			return p, usagef("threshold %s needs the final states: want --verify all or sample=N", r.Text)
		}
	}
	// One attempt has at most one fault.
	if err := (engine.Faults{LostAck: c.Faults.LostAck, Slow: c.Faults.Slow, Reset: c.Faults.Reset}).Validate(); err != nil {
		return p, usagef("--faults: %v", err)
	}
	return p, nil
}

// rules are all rules that the load must keep.
func (c *Config) rules() []Rule {
	rules := c.Thresholds
	if c.FindMax != nil {
		rules = append(rules[:len(rules):len(rules)], *c.FindMax)
	}
	return rules
}
