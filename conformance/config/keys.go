package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/kballard/go-shellquote"
)

// Key is a key of the file that a flag or an environment variable can set too.
type Key struct {
	Name  string // dotted, as in the file: receiver.container.image
	Flag  string // without its dashes
	Env   string // CTXPUSH_…
	Doc   string // one line for a usage text
	Value string // what the value is, for a usage text: URL, DURATION, …
	// Repeat is set where the flag may be given more than once; the variable
	// then holds one value a line.
	Repeat bool
	// Kind is set on the keys that say how the receiver runs: one of them at
	// most may be a flag.
	Kind bool

	set func(c *Config, value string) error
}

// Keys are all such keys, those that say how the receiver runs first: Overlay
// sets them in this order.
func Keys() []Key { return keys }

// names says whether a dotted key of a file is k.
func (k Key) names(key string) bool {
	ours, theirs := strings.Split(k.Name, "."), strings.Split(key, ".")
	return slices.EqualFunc(ours, theirs, func(a, b string) bool { return a == b || a == "*" })
}

// probe is the kind of probe that k describes; empty: none.
func (k Key) probe() string {
	path, _ := strings.CutPrefix(k.Name, "probe.")
	kind, _, under := strings.Cut(path, ".")
	if !under || path == k.Name {
		return ""
	}
	return kind
}

var keys = slices.Concat(receiverKeys, probeKeys, judgingKeys)

var receiverKeys = []Key{
	{Name: "receiver.url", Flag: "url", Env: "CTXPUSH_URL", Value: "URL", Kind: true,
		Doc: "base address of a receiver that runs already",
		set: func(c *Config, s string) error {
			c.Receiver = Receiver{URL: trimSlash(s)}
			return checkURL(s)
		}},
	{Name: "receiver.command.argv", Flag: "command", Env: "CTXPUSH_COMMAND", Value: "COMMAND", Kind: true,
		Doc: "a receiver to start: program and arguments, quoted as in a shell; ${PORT} is a free port",
		set: setCommand},
	{Name: "receiver.container.image", Flag: "image", Env: "CTXPUSH_IMAGE", Value: "IMAGE", Kind: true,
		Doc: "image of a receiver to start as a container",
		set: func(c *Config, s string) error {
			box := container(c)
			box.Image, box.Build = s, nil
			return checkImage(s)
		}},
	{Name: "receiver.container.build.context", Flag: "build", Env: "CTXPUSH_BUILD", Value: "DIR", Kind: true,
		Doc: "directory to build the receiver's image from",
		set: func(c *Config, s string) error {
			box := container(c)
			if box.Build == nil {
				box.Build = new(Build)
			}
			box.Image, box.Build.Context = "", s
			return checkFile(s)
		}},
	{Name: "receiver.container.build.dockerfile", Flag: "dockerfile", Env: "CTXPUSH_DOCKERFILE", Value: "FILE",
		Doc: "Dockerfile of the build, relative to its directory (default Dockerfile)",
		set: func(c *Config, s string) error {
			if c.Receiver.Container == nil || c.Receiver.Container.Build == nil {
				return errors.New("is for a receiver that is built; give --build too")
			}
			c.Receiver.Container.Build.Dockerfile = s
			return checkFile(s)
		}},
	{Name: "receiver.compose.file", Flag: "compose", Env: "CTXPUSH_COMPOSE", Value: "FILE", Kind: true,
		Doc: "compose file whose services to start, the receiver among them",
		set: func(c *Config, s string) error {
			c.Receiver = Receiver{Compose: c.Receiver.Compose}
			if c.Receiver.Compose == nil {
				c.Receiver.Compose = new(Compose)
			}
			c.Receiver.Compose.File = s
			return checkFile(s)
		}},
	{Name: "receiver.compose.service", Flag: "service", Env: "CTXPUSH_SERVICE", Value: "NAME",
		Doc: "the receiver's name among the compose file's services",
		set: func(c *Config, s string) error {
			if c.Receiver.Compose == nil {
				return errors.New("is for a compose file; give --compose too")
			}
			c.Receiver.Compose.Service = s
			return checkService(s)
		}},
	{Name: "receiver.*.port", Flag: "port", Env: "CTXPUSH_PORT", Value: "PORT",
		Doc: "port on which the receiver listens in its container",
		set: func(c *Config, s string) (err error) {
			switch {
			case c.Receiver.Container != nil:
				c.Receiver.Container.Port, err = parsePort(s)
			case c.Receiver.Compose != nil:
				c.Receiver.Compose.Port, err = parsePort(s)
			default:
				err = errors.New("is for a container; give --image, --build or --compose too")
			}
			return err
		}},
	{Name: "receiver.command.dir", Flag: "dir", Env: "CTXPUSH_DIR", Value: "DIR",
		Doc: "working directory of the command (default the file's)",
		set: func(c *Config, s string) error {
			if c.Receiver.Command == nil {
				return errors.New("is for a command; give --command too")
			}
			c.Receiver.Command.Dir = s
			return checkFile(s)
		}},
	{Name: "receiver.*.env", Flag: "env", Env: "CTXPUSH_ENV", Value: "NAME=VALUE", Repeat: true,
		Doc: "variable of the command or container, or for the compose file; ${SECRET} is the secret, ${PORT} the port",
		set: setEnv},
	{Name: "receiver.*.ready.http", Flag: "ready", Env: "CTXPUSH_READY", Value: "PATH",
		Doc: "path that answers 2xx once the receiver is ready (default: its port accepts connections)",
		set: func(c *Config, s string) error {
			r, err := ready(c)
			if err != nil {
				return err
			}
			r.HTTP = s
			return checkPath(s)
		}},
	{Name: "receiver.*.ready.timeout", Flag: "ready-timeout", Env: "CTXPUSH_READY_TIMEOUT", Value: "DURATION",
		Doc: "how long the receiver may take to get ready (default 30s, 60s for a container, 2m for a compose service)",
		set: func(c *Config, s string) error {
			r, err := ready(c)
			if err != nil {
				return err
			}
			r.Timeout, err = parseDuration(s)
			return err
		}},
	{Name: "name", Flag: "name", Env: "CTXPUSH_NAME", Value: "NAME",
		Doc: "the receiver's name in reports",
		set: func(c *Config, s string) error {
			c.Name = s
			return checkName(s)
		}},
	{Name: "protocol", Flag: "protocol", Env: "CTXPUSH_PROTOCOL", Value: "2025|2026",
		Doc: "version of the wire protocol (default 2025)",
		set: func(c *Config, s string) (err error) {
			c.Protocol, err = word(s, profiles)
			return err
		}},
	{Name: "identity", Flag: "identity", Env: "CTXPUSH_IDENTITY", Value: "device|user",
		Doc: "what the receiver keeps a state for: each device of a message, or its user (default device)",
		set: func(c *Config, s string) (err error) {
			c.Identity, err = word(s, identities)
			return err
		}},
	{Name: "path", Flag: "path", Env: "CTXPUSH_PATH", Value: "PATH",
		Doc: "the webhook's path (default " + defaultPath + ")",
		set: func(c *Config, s string) error {
			c.Path = s
			return checkPath(s)
		}},
	{Name: "secret", Flag: "secret", Env: "CTXPUSH_SECRET", Value: "SECRET",
		Doc: "the shared secret; process lists show it: prefer the variable CTXPUSH_SECRET (default: a random one)",
		set: func(c *Config, s string) error {
			c.Secret = Secret(s)
			return checkSecret(s)
		}},
	{Name: "settle", Flag: "settle", Env: "CTXPUSH_SETTLE", Value: "DURATION",
		Doc: "how long after the last acknowledgement a final state may take (default " + defaultSettle.String() + ", " + builtInSettle.String() + " for the built-in receiver)",
		set: func(c *Config, s string) (err error) {
			c.Settle, err = parseDuration(s)
			return err
		}},
	{Name: "timeout", Flag: "timeout", Env: "CTXPUSH_TIMEOUT", Value: "DURATION",
		Doc: "how long a request waits for its answer (default " + mocksender.RequestTimeout.String() + ")",
		set: func(c *Config, s string) (err error) {
			c.Timeout, err = parseDuration(s)
			return err
		}},
}

var judgingKeys = []Key{
	{Name: "statuses", Flag: "statuses", Env: "CTXPUSH_STATUSES", Value: "WORD=STATUS", Repeat: true,
		Doc: "the receiver's word for one of the contract's statuses, such as clicked=opened",
		set: func(c *Config, s string) error {
			name, text, ok := strings.Cut(s, "=")
			if !ok {
				return fmt.Errorf("%s: want WORD=STATUS such as clicked=opened", quote(s))
			}
			status, err := word(text, mocksender.Statuses)
			c.Statuses = maps.Clone(c.Statuses)
			put(&c.Statuses, name, status)
			return err
		}},
	{Name: "ignores", Flag: "ignores", Env: "CTXPUSH_IGNORES", Value: "STATUS,…",
		Doc: "statuses that the receiver by design does not keep",
		set: func(c *Config, s string) error {
			c.Ignores = nil
			for name := range strings.SplitSeq(s, ",") {
				status, err := word(strings.TrimSpace(name), mocksender.Statuses)
				if err != nil {
					return err
				}
				c.Ignores = append(c.Ignores, status)
			}
			return nil
		}},
	{Name: "waive", Flag: "waive", Env: "CTXPUSH_WAIVE", Value: "CHECK=WHY", Repeat: true,
		Doc: "a check whose failure the owner accepts, and why",
		set: func(c *Config, s string) error {
			check, why, ok := strings.Cut(s, "=")
			if !ok || strings.TrimSpace(why) == "" {
				return fmt.Errorf("%s: want CHECK=WHY such as entry/unknown-fields=ACME-12", quote(s))
			}
			// Over a waiver of the file: the flag's reason counts.
			kept := []Waiver{}
			for _, w := range c.Waive {
				if w.Check != check {
					kept = append(kept, w)
				}
			}
			c.Waive = append(kept, Waiver{Check: check, Why: why})
			return checkWaived(check)
		}},
}

func setCommand(c *Config, s string) error {
	argv, err := splitWords(s, checkArgument)
	if err != nil {
		return err
	}
	c.Receiver = Receiver{Command: c.Receiver.Command}
	if c.Receiver.Command == nil {
		c.Receiver.Command = new(Command)
	}
	c.Receiver.Command.Argv = argv
	return nil
}

// splitWords is a program with its arguments, quoted as in a shell.
func splitWords(s string, check func(string) error) ([]string, error) {
	argv, err := shellquote.Split(s)
	if err != nil {
		return nil, fmt.Errorf("%s: want a quote or backslash that is complete", quote(s))
	}
	if len(argv) == 0 {
		return nil, errors.New("is empty: want the program and its arguments")
	}
	for _, arg := range argv {
		if err := check(arg); err != nil {
			return nil, err
		}
	}
	return argv, nil
}

func setEnv(c *Config, s string) error {
	name, text, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New("has no =: want NAME=VALUE") // the text may be a secret
	}
	switch {
	case c.Receiver.Command != nil:
		put(&c.Receiver.Command.Env, name, text)
	case c.Receiver.Container != nil:
		put(&c.Receiver.Container.Env, name, text)
	case c.Receiver.Compose != nil:
		put(&c.Receiver.Compose.Env, name, text)
	default:
		return errors.New("is for a receiver that is started; give --command or --image too")
	}
	if err := checkEnvName(name); err != nil {
		return err
	}
	return checkEnvValue(text)
}

func put[M ~map[string]V, V any](m *M, key string, value V) {
	if *m == nil {
		*m = M{}
	}
	(*m)[key] = value
}

func container(c *Config) *Container {
	c.Receiver = Receiver{Container: c.Receiver.Container}
	if c.Receiver.Container == nil {
		c.Receiver.Container = new(Container)
	}
	return c.Receiver.Container
}

func ready(c *Config) (*Ready, error) {
	switch {
	case c.Receiver.Command != nil:
		return &c.Receiver.Command.Ready, nil
	case c.Receiver.Container != nil:
		return &c.Receiver.Container.Ready, nil
	case c.Receiver.Compose != nil:
		return &c.Receiver.Compose.Ready, nil
	}
	return nil, errors.New("is for a receiver that is started; give --command or --image too")
}
