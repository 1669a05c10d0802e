package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/goccy/go-yaml/ast"
)

// field is a key of one of the file's mappings and how it is read.
type field[T any] struct {
	key string
	set func(d *decoder, v value, into *T) error
}

var (
	profiles   = []mocksender.Profile{mocksender.Profile2025, mocksender.Profile2026}
	identities = []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser}
)

// The format of receiver.yaml, mapping by mapping.
var (
	fileFields = []field[Config]{
		{"name", func(d *decoder, v value, c *Config) (err error) {
			c.Name, err = d.checked(v, checkName)
			return err
		}},
		{"protocol", func(d *decoder, v value, c *Config) (err error) {
			// Who writes 2025 without quotes means the same.
			s, err := d.anyText(v, plainScope)
			if err != nil {
				return err
			}
			if c.Protocol, err = word(s, profiles); err != nil {
				return d.errorf(v, "%v", err)
			}
			return nil
		}},
		{"identity", func(d *decoder, v value, c *Config) (err error) {
			c.Identity, err = textWord(d, v, identities)
			return err
		}},
		{"path", func(d *decoder, v value, c *Config) (err error) {
			c.Path, err = d.checked(v, checkPath)
			return err
		}},
		{"secret", decodeSecret},
		{"settle", func(d *decoder, v value, c *Config) (err error) {
			c.Settle, err = d.duration(v)
			return err
		}},
		{"timeout", func(d *decoder, v value, c *Config) (err error) {
			c.Timeout, err = d.duration(v)
			return err
		}},
		{"receiver", func(d *decoder, v value, c *Config) error {
			return oneKind(d, v, receiverFields, &c.Receiver)
		}},
		{"probe", func(d *decoder, v value, c *Config) error {
			return oneKind(d, v, probeFields, &c.Probe)
		}},
		{"statuses", decodeStatuses},
		{"ignores", func(d *decoder, v value, c *Config) error {
			return each(d, v, &c.Ignores, func(v value) (mocksender.DeliveryStatus, error) {
				return textWord(d, v, mocksender.Statuses)
			})
		}},
		{"waive", func(d *decoder, v value, c *Config) error {
			return each(d, v, &c.Waive, func(v value) (w Waiver, err error) {
				return w, object(d, v, waiverFields, &w)
			})
		}},
	}

	receiverFields = []field[Receiver]{
		{"url", func(d *decoder, v value, r *Receiver) (err error) {
			r.URL, err = d.baseURL(v)
			return err
		}},
		{"command", func(d *decoder, v value, r *Receiver) error {
			r.Command = new(Command)
			return object(d, v, commandFields, r.Command)
		}},
		{"container", func(d *decoder, v value, r *Receiver) error {
			r.Container = new(Container)
			return object(d, v, containerFields, r.Container)
		}},
		{"compose", func(d *decoder, v value, r *Receiver) error {
			r.Compose = new(Compose)
			return object(d, v, composeFields, r.Compose)
		}},
	}

	commandFields = []field[Command]{
		{"argv", func(d *decoder, v value, c *Command) error {
			return d.argv(v, argvScope, checkArgument, &c.Argv)
		}},
		{"dir", func(d *decoder, v value, c *Command) (err error) {
			c.Dir, err = d.directory(v)
			return err
		}},
		{"env", func(d *decoder, v value, c *Command) (err error) {
			c.Env, err = d.values(v, envScope, checkEnvName)
			return err
		}},
		{"ready", func(d *decoder, v value, c *Command) error {
			return object(d, v, readyFields, &c.Ready)
		}},
	}

	containerFields = []field[Container]{
		{"image", func(d *decoder, v value, c *Container) (err error) {
			c.Image, err = d.checked(v, checkImage)
			return err
		}},
		{"build", func(d *decoder, v value, c *Container) error {
			c.Build = new(Build)
			return object(d, v, buildFields, c.Build)
		}},
		{"port", func(d *decoder, v value, c *Container) (err error) {
			c.Port, err = d.port(v)
			return err
		}},
		{"env", func(d *decoder, v value, c *Container) (err error) {
			c.Env, err = d.values(v, envScope, checkEnvName)
			return err
		}},
		{"ready", func(d *decoder, v value, c *Container) error {
			return object(d, v, readyFields, &c.Ready)
		}},
	}

	composeFields = []field[Compose]{
		{"file", func(d *decoder, v value, c *Compose) (err error) {
			c.File, err = d.checked(v, checkFile)
			return err
		}},
		{"service", func(d *decoder, v value, c *Compose) (err error) {
			c.Service, err = d.checked(v, checkService)
			return err
		}},
		{"port", func(d *decoder, v value, c *Compose) (err error) {
			c.Port, err = d.port(v)
			return err
		}},
		{"env", func(d *decoder, v value, c *Compose) (err error) {
			c.Env, err = d.values(v, envScope, checkEnvName)
			return err
		}},
		{"ready", func(d *decoder, v value, c *Compose) error {
			return object(d, v, readyFields, &c.Ready)
		}},
	}

	buildFields = []field[Build]{
		{"context", func(d *decoder, v value, b *Build) (err error) {
			b.Context, err = d.directory(v)
			return err
		}},
		{"dockerfile", func(d *decoder, v value, b *Build) (err error) {
			b.Dockerfile, err = d.checked(v, checkFile)
			return err
		}},
	}

	readyFields = []field[Ready]{
		{"http", func(d *decoder, v value, r *Ready) (err error) {
			r.HTTP, err = d.checked(v, checkPath)
			return err
		}},
		{"timeout", func(d *decoder, v value, r *Ready) (err error) {
			r.Timeout, err = d.duration(v)
			return err
		}},
	}

	waiverFields = []field[Waiver]{
		{"check", func(d *decoder, v value, w *Waiver) (err error) {
			w.Check, err = d.checked(v, checkWaived)
			return err
		}},
		{"why", func(d *decoder, v value, w *Waiver) (err error) {
			w.Why, err = d.checked(v, checkName)
			return err
		}},
	}

	secretFields = []field[secretSource]{
		{"env", func(d *decoder, v value, s *secretSource) (err error) {
			s.env, err = d.checked(v, func(s string) error {
				if !isVarName(s) {
					return fmt.Errorf("%s is no name of a variable", quote(s))
				}
				return nil
			})
			return err
		}},
		{"value", func(d *decoder, v value, s *secretSource) (err error) {
			text, _ := scalar(v.node)
			d.secretVars = append(d.secretVars, variables(text)...)
			s.value, err = d.text(v, plainScope)
			if err == nil {
				if bad := checkSecret(s.value); bad != nil {
					return d.errorf(v, "%v", bad)
				}
			}
			return err
		}},
	}
)

// secretSource is where the secret comes from.
type secretSource struct{ env, value string }

func decodeSecret(d *decoder, v value, c *Config) error {
	if _, ok := scalar(v.node); ok {
		return d.errorf(v, "is %s: want {env: NAME} or {value: …}", describe(secretBlind(v.node)))
	}
	var s secretSource
	if err := oneKind(d, v, secretFields, &s); err != nil {
		return err
	}
	c.Secret = Secret(s.value)
	if s.env == "" {
		return nil
	}
	d.secretVars = append(d.secretVars, s.env)
	text, err := lookup(s.env, d.env)
	if err == nil {
		err = checkSecret(text)
	}
	if err != nil {
		return d.errorf(v, "%v", err)
	}
	c.Secret = Secret(text)
	return nil
}

// secretBlind hides what a number is: it may be the secret.
func secretBlind(n ast.Node) ast.Node {
	if _, ok := n.(*ast.BoolNode); ok {
		return n
	}
	return &ast.StringNode{}
}

func decodeStatuses(d *decoder, v value, c *Config) error {
	entries, err := d.entries(v)
	if err != nil {
		return err
	}
	c.Statuses = make(map[string]mocksender.DeliveryStatus, len(entries))
	for _, e := range entries {
		if c.Statuses[e.name], err = textWord(d, e.value, mocksender.Statuses); err != nil {
			return err
		}
	}
	return nil
}

// argv reads a program and its arguments.
func (d *decoder) argv(v value, sc scope, check func(string) error, into *[]string) error {
	return each(d, v, into, func(v value) (string, error) {
		text, _ := scalar(v.node)
		for _, name := range variables(text) {
			d.argvVars[name] = v
		}
		s, err := d.anyText(v, sc)
		if err == nil {
			if bad := check(s); bad != nil {
				return "", d.errorf(v, "%v", bad)
			}
		}
		return s, err
	})
}

// object reads a mapping's members by the table.
func object[T any](d *decoder, v value, fields []field[T], into *T) error {
	entries, err := d.entries(v)
	if err != nil {
		return err
	}
	return members(d, entries, fields, into)
}

func members[T any](d *decoder, entries []entry, fields []field[T], into *T) error {
	for _, e := range entries {
		i := slices.IndexFunc(fields, func(f field[T]) bool { return f.key == e.name })
		if i < 0 {
			return d.errorf(e.value, "unknown key; %s", unknown(e.name, keysOf(fields)))
		}
		if err := fields[i].set(d, e.value, into); err != nil {
			return err
		}
	}
	return nil
}

// oneKind reads a mapping of which exactly one member may be set.
func oneKind[T any](d *decoder, v value, fields []field[T], into *T) error {
	entries, err := d.entries(v)
	if err != nil {
		return err
	}
	var kinds []entry
	for _, e := range entries {
		if slices.Contains(keysOf(fields), e.name) {
			kinds = append(kinds, e)
		}
	}
	if len(kinds) > 1 {
		return d.errorf(kinds[1].value, "a second kind, beside %s in line %d; want exactly one", kinds[0].name, kinds[0].line)
	}
	if len(entries) == 0 {
		return d.errorf(v, "is empty: want %s", oneOf(keysOf(fields)))
	}
	return members(d, entries, fields, into)
}

func keysOf[T any](fields []field[T]) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

// each reads a list.
func each[T any](d *decoder, v value, into *[]T, read func(value) (T, error)) error {
	items, err := d.items(v)
	if err != nil {
		return err
	}
	for _, item := range items {
		t, err := read(item)
		if err != nil {
			return err
		}
		*into = append(*into, t)
	}
	return nil
}

func textWord[T ~string](d *decoder, v value, words []T) (T, error) {
	s, err := d.text(v, plainScope)
	if err != nil {
		return "", err
	}
	w, err := word(s, words)
	if err != nil {
		return "", d.errorf(v, "%v", err)
	}
	return w, nil
}

func (d *decoder) baseURL(v value) (string, error) {
	s, err := d.checked(v, checkURL)
	return trimSlash(s), err
}

// directory is a path relative to the file, of a directory that exists.
func (d *decoder) directory(v value) (string, error) {
	return d.checked(v, func(s string) error {
		if err := checkFile(s); err != nil {
			return err
		}
		path := s
		if !filepath.IsAbs(path) {
			path = filepath.Join(d.dir, path)
		}
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return fmt.Errorf("%s is no directory; want one, absolute or relative to the file", quote(s))
		}
		return nil
	})
}
