package conformance

import (
	"cmp"
	"fmt"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Config is what Certify needs to know. The zero Config certifies the built-in
// reference receiver with every check, where conformance/receiver/builtin is linked.
type Config struct {
	// Target describes the receiver under test.
	Target config.Config

	// Seed is where everything made-up comes from; 0 is a random one.
	Seed uint64
	// Salt makes the messages' keys and device tokens others than those of another
	// run of the seed, so that it can be played again at a receiver that keeps
	// what it got; empty: they follow from the seed alone.
	Salt string
	// Epoch is when the run's messages are scheduled; zero is yesterday's
	// midnight, UTC. The same seed, salt and epoch give the same requests.
	Epoch time.Time

	// Focus and Skip choose checks by patterns over their ids, as path.Match
	// has them, where a pattern without a slash means a whole group. No focus is
	// every check.
	Focus, Skip []string
	// Level is Required to play required checks only, Recommended to judge the
	// recommended ones as hard as the required; empty plays both, and only
	// required ones fail the run.
	Level scenarios.Level
	// Explore is how many schedules the explored checks play; empty is
	// scenarios.Standard, or scenarios.Quick where the probe has no bulk look-up
	// and each of the many states costs a question of its own, or where Target
	// limits the rate.
	Explore scenarios.Depth
	// ExploreTime is how long all exploration may take: of the schedules so many
	// are played as fit, the most different first. 0 is DefaultExploreTime where
	// Explore is empty, and no limit where it is named.
	ExploreTime time.Duration
	// TimeLimit is how long the run may take; what is not judged by then is told as
	// such. 0 is DefaultTimeLimit.
	TimeLimit time.Duration
	// Scenarios are checks of the user's own, played among the others.
	Scenarios []scenarios.Check

	// TimeScale is how much faster than real time ContextPush's retries come;
	// 0 is DefaultTimeScale.
	TimeScale float64
	// Parallel is how many scenarios are played side by side; 0 is
	// DefaultParallel.
	Parallel int

	// Shrink is how long in all a run may look, once its checks are judged, for
	// the smallest deliveries that still fail; 0 is DefaultShrink, less than 0 is
	// not at all. A receiver that passes takes none of it.
	Shrink time.Duration

	// Traces is of which scenarios the report has the traces; empty is
	// FailureTraces.
	Traces Traces

	// Traceparent makes the traceparent header of each request, which ContextPush does
	// not send: for receivers that are traced. nil: none is sent.
	Traceparent func() string
	// Observers read the run's events, each event in turn.
	Observers []event.Observer
	// Command repeats the run, for the report; empty is a line made of the seed.
	Command string
	// Version is the tool's, for the report.
	Version string

	// BuiltIn makes the receiver where Target names none, such as builtin.With does;
	// nil is the kind that the program is linked with.
	BuiltIn receiver.Constructor
}

const (
	// DefaultTimeScale puts the two hours of a batch's retries into two seconds.
	DefaultTimeScale = play.DefaultTimeScale
	// DefaultParallel is small enough for receivers with few connections.
	DefaultParallel = 8
	// DefaultTimeLimit is more than a right receiver needs on a slow machine.
	DefaultTimeLimit = 5 * time.Minute
	// DefaultExploreTime is enough for a quick receiver to play all of Standard.
	DefaultExploreTime = 10 * time.Second
	// DefaultShrink bounds what a receiver that fails everything costs.
	DefaultShrink = 15 * time.Second
)

// Traces chooses which scenarios' traces a report has.
type Traces string

// The traces that a report may have.
const (
	FailureTraces Traces = "failures" // of what failed
	AllTraces     Traces = "all"      // also of what passed, to compare
)

// UsageError is a mistake of the caller's: nothing was played.
type UsageError struct{ msg string }

func (e *UsageError) Error() string { return e.msg }

// seed is what the run's messages are made from.
func (c *Config) seed() fixtures.Salted { return fixtures.Seed(c.Seed).Salted(c.Salt) }

// setDefaults fills in what is empty.
func (c *Config) setDefaults(now time.Time) {
	c.Target.SetDefaults()
	if c.Seed == 0 {
		c.Seed = fixtures.NewSeed()
	}
	if c.Epoch.IsZero() {
		c.Epoch = fixtures.DefaultEpoch(now)
	}
	if c.TimeScale == 0 {
		c.TimeScale = DefaultTimeScale
	}
	if c.Parallel == 0 {
		c.Parallel = DefaultParallel
	}
	if c.Target.Limits.Connections > 0 {
		c.Parallel = 1 // scenarios side by side would take each other's connections
	}
	if c.Shrink == 0 {
		c.Shrink = DefaultShrink
	}
	if c.TimeLimit == 0 {
		c.TimeLimit = DefaultTimeLimit
	}
	if c.Explore == "" {
		c.ExploreTime = cmp.Or(c.ExploreTime, DefaultExploreTime)
		c.Explore = scenarios.Standard
		if !c.Target.Probe.Bulk() || c.Target.Limits.Rate != "" {
			c.Explore = scenarios.Quick
		}
	}
	if c.Traces == "" {
		c.Traces = FailureTraces
	}
	if c.Version == "" {
		c.Version = "unknown"
	}
	if c.Command == "" {
		c.Command = fmt.Sprintf("ctxpush certify %s --seed %d --epoch %s", c.Target.Arguments(""), c.Seed, c.Epoch.Format(time.RFC3339))
	}
}

// Validate says what is wrong with c, as Certify would, without looking for the
// receiver: a *UsageError or a *config.Error.
func (c Config) Validate() error {
	c.setDefaults(time.Now())
	if err := c.validate(); err != nil {
		return err
	}
	_, err := Checks(c)
	return err
}

func (c *Config) validate() error {
	if err := c.Target.Validate(); err != nil {
		return err
	}
	switch {
	case c.TimeScale < 1:
		return &UsageError{fmt.Sprintf("time scale %g: want 1 (real time) or more", c.TimeScale)}
	case c.Parallel < 1:
		return &UsageError{fmt.Sprintf("parallel %d: want 1 or more", c.Parallel)}
	case c.TimeLimit < 0:
		return &UsageError{fmt.Sprintf("time limit %s: want more than 0", c.TimeLimit)}
	case c.ExploreTime < 0:
		return &UsageError{fmt.Sprintf("explore time %s: want more than 0", c.ExploreTime)}
	case c.Level != "" && c.Level != scenarios.Required && c.Level != scenarios.Recommended:
		return &UsageError{fmt.Sprintf("level %q: want required or recommended", c.Level)}
	case c.Traces != FailureTraces && c.Traces != AllTraces:
		return &UsageError{fmt.Sprintf("traces %q: want failures or all", c.Traces)}
	}
	if err := c.Explore.Validate(); err != nil {
		return &UsageError{"explore " + err.Error()}
	}
	for _, pattern := range append(c.Focus[:len(c.Focus):len(c.Focus)], c.Skip...) {
		if _, err := path.Match(pattern, ""); err != nil {
			return &UsageError{fmt.Sprintf("pattern %q: want such as order/* or */late-*", pattern)}
		}
	}
	return nil
}

// settings are what else than the receiver, the seed and the epoch makes the run
// what it is, for the report.
func (r *run) settings() []event.Setting {
	c := &r.cfg
	settings := []event.Setting{
		{Name: "webhook", Value: r.subject.URL() + c.Target.Path},
		{Name: "explored orders", Value: string(c.Explore)},
		{Name: "time to settle", Value: c.Target.Settle.String()},
		{Name: "time-out of a request", Value: c.Target.Timeout.String()},
		{Name: "retries", Value: fmt.Sprintf("%g times as fast as real time", c.TimeScale)},
		{Name: "side by side", Value: fmt.Sprintf("%d scenarios", c.Parallel)},
		{Name: "machine", Value: fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())},
	}
	for _, list := range []struct {
		name     string
		patterns []string
	}{{"only checks", c.Focus}, {"without checks", c.Skip}} {
		if len(list.patterns) > 0 {
			settings = append(settings, event.Setting{Name: list.name, Value: strings.Join(list.patterns, ", ")})
		}
	}
	return settings
}
