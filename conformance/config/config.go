// Package config is receiver.yaml: what a run must know of the receiver under
// test.
package config

import (
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Config describes a receiver under test. The zero Config, with its defaults
// set, is the built-in reference receiver.
type Config struct {
	Name     string             // shown in reports
	Protocol mocksender.Profile // default 2025
	Identity scenarios.Identity // default device
	Path     string             // the webhook's path; default /webhook
	Secret   string             // default: a random one per run
	Settle   time.Duration      // how long after the last acknowledgement a final state may take; default 2s
	Timeout  time.Duration      // per request; default mocksender.RequestTimeout
	Receiver Receiver
	Probe    Probe
	// Statuses maps the receiver's word to the contract's.
	Statuses map[string]mocksender.DeliveryStatus
	// Ignores are statuses that the receiver by design does not keep.
	Ignores []mocksender.DeliveryStatus
	Waive   []Waiver
	// Dir is what the file's relative paths are relative to.
	Dir string
}

// Receiver is how the receiver runs: at most one of its fields is set; none is
// the built-in reference receiver.
type Receiver struct {
	URL       string
	Command   *Command
	Container *Container
}

// Command is a local process that the harness starts.
type Command struct {
	Argv  []string
	Dir   string
	Env   map[string]string // ${PORT} and ${SECRET} are replaced at each start
	Ready Ready
}

// Container is a container that the harness starts: of an image, or of a build.
type Container struct {
	Image string
	Build *Build
	Port  int
	Env   map[string]string // ${SECRET} is replaced
	Ready Ready
}

// Build is what an image is built from.
type Build struct {
	Context    string
	Dockerfile string // default Dockerfile
}

// Ready is how to see that a receiver takes requests.
type Ready struct {
	HTTP    string        // a path that answers 2xx; empty: its port accepts connections
	Timeout time.Duration // default 30s; 60s for a container
}

// Probe is how the receiver's state is read.
type Probe struct {
	HTTP *HTTPProbe
}

// HTTPProbe asks the receiver itself, or another server, over HTTP.
type HTTPProbe struct {
	Path    string // default /state
	URL     string // another server's base address; default the receiver's
	Bulk    string // path of the bulk look-up; empty: none
	Headers map[string]string
	JQ      string // from the answer to a state; default .
}

// Waiver is a failure that the receiver's owner accepts.
type Waiver struct {
	Check string
	Why   string
}
