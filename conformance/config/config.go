// Package config is receiver.yaml: what a run must know of the receiver under
// test.
//
// A Config comes about in three steps. Load or Parse reads the file, Overlay
// puts flags and environment variables on top of it, and Validate judges the
// whole. What is wrong is an *Error: one line that names the file and line,
// the flag or the variable.
package config

import (
	"path/filepath"
	"time"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Config describes a receiver under test. The zero Config is the built-in
// reference receiver. Its fields are the keys of the file, as many as it has.
type Config struct {
	Name     string             // shown in reports; default made from the kind of receiver
	Protocol mocksender.Profile // default 2025
	Identity scenarios.Identity // default device
	Path     string             // the webhook's path; default /webhook
	Secret   Secret             // empty: a random one per run, which a receiver at a URL can't have
	// Settle is how long after the last acknowledgement a final state may take;
	// above 0, default 2s, 500ms for the built-in receiver.
	Settle   time.Duration
	Timeout  time.Duration // per request; above 0, default mocksender.RequestTimeout
	Limits   Limits
	Receiver Receiver
	Probe    Probe
	// Statuses maps the receiver's word to the contract's.
	Statuses map[string]mocksender.DeliveryStatus
	// Ignores are statuses that the receiver by design does not keep.
	Ignores []mocksender.DeliveryStatus
	Waive   []Waiver
	// File is the file that Load read, as it was named, and FileDigest sha256: and
	// the digest of its text. A file that holds the secret itself has none: it
	// would help to guess it.
	File, FileDigest string
	// Dir is what the file's relative paths are relative to; empty is the
	// working directory.
	Dir string

	origin origin
}

// Limits are what the receiver takes. The zero Limits are none.
type Limits struct {
	Rate        string // such as 20/s or 600/m; empty: as fast as it answers
	Connections int    // webhooks under way at once, from 1; 0: as many as a check needs
}

// Every is the least time between two webhooks; 0 where there is none.
func (l Limits) Every() time.Duration {
	every, _ := parseRate(l.Rate) // what is wrong with it, Validate has said
	return every
}

// Receiver is how the receiver runs: at most one of its fields is set; none is
// the built-in reference receiver.
type Receiver struct {
	URL       string // a base address, without a slash at its end
	Command   *Command
	Container *Container
	Compose   *Compose
}

// Probe is how the receiver's state is read: at most one of its fields is set;
// none is HTTP with its defaults.
type Probe struct {
	HTTP *HTTPProbe
	SQL  *SQLProbe
	Exec *ExecProbe
}

// Bulk says whether many states are looked up at the cost of a few.
func (p Probe) Bulk() bool { return p.SQL != nil || p.HTTP != nil && p.HTTP.Bulk != "" }

// HTTPProbe asks the receiver itself, or another server, over HTTP.
type HTTPProbe struct {
	Path    string // default /state
	URL     string // another server's base address; default the receiver's
	Bulk    string // path of the bulk look-up; empty: none, but /states for the built-in receiver
	Headers Values // templates of Expand: ${SECRET} is replaced
	JQ      string // from the answer to a state; default .
}

// SQLProbe reads the receiver's database.
type SQLProbe struct {
	Driver sqltext.Dialect
	// DSN is where the database is, a template of Expand: ${SECRET} is replaced,
	// and for a container or a compose service ${HOST} and ${PORT_5432}, the
	// address under which its port 5432 is reached from here. For SQLite it is a
	// file, relative to Config.Dir.
	DSN Secret
	// Query finds the state of one message by the parameters KeyParams, in
	// columns that are named as the members of the HTTP probe's answer.
	Query string
}

// ExecProbe runs a program that prints the state: in the receiver's container
// where it has one, else locally in Config.Dir.
type ExecProbe struct {
	Argv []string // never the secret, which process lists would show
	Env  Values   // templates of Expand: ${SECRET} is replaced
}

// KeyParams are the parts of a message's key, as a query's parameters name them.
// device_token is NULL where the message on all devices is asked for.
var KeyParams = []string{"campaign_id", "user_id", "idempotency_key", "device_token"}

// Waiver is a failure that the receiver's owner accepts.
type Waiver struct {
	Check string // a check's id, group/name
	Why   string
}

// Abs is the absolute or Dir-relative form of a path of the file.
func (c Config) Abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, path)
}
