package config

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Error is a mistake in what the user gave: a file, a flag, a variable. It is
// one line, and free of the secret.
type Error = strictyaml.Error

// Load reads a receiver.yaml. Relative paths in it are relative to the file's
// directory; ${NAME} is looked up with env, in which nothing is set where it is
// nil. Neither defaults are set nor is looked for what is missing: SetDefaults
// and Validate do that, after Overlay. The error is an *Error.
func Load(path string, env func(string) (string, bool)) (Config, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		msg := "is a directory: want a file such as " + filepath.Join(path, "receiver.yaml")
		return Config{}, &Error{File: path, Msg: msg}
	}
	data, err := strictyaml.Read(path)
	if err != nil {
		return Config{}, err
	}
	c, err := Parse(path, data, filepath.Dir(path), env)
	if err != nil {
		return Config{}, err
	}
	c.File = path
	_, holds := c.origin.lines["secret.value"]
	if !holds && (c.Secret == "" || !bytes.Contains(data, []byte(c.Secret))) {
		c.FileDigest = fmt.Sprintf("sha256:%x", sha256.Sum256(data))
	}
	return c, nil
}

// Parse is Load of a file's text; name stands in errors, dir is what relative
// paths are relative to.
func Parse(name string, data []byte, dir string, env func(string) (string, bool)) (Config, error) {
	root, err := strictyaml.ParseOne(name, data)
	if err != nil {
		return Config{}, err
	}
	d := &decoder{dir: dir, env: env, lines: map[string]int{}, argvVars: map[string]strictyaml.Node{}}
	c := Config{Dir: dir, origin: origin{file: name, lines: d.lines}}
	if err := (group{}).read(d, &key{}, root, reflect.ValueOf(&c).Elem()); err != nil {
		return Config{}, err
	}
	c.origin.private = d.private
	if len(d.lines) == 0 {
		return Config{}, root.Errorf("is empty: want keys and values")
	}
	for _, name := range d.secretVars {
		if n, ok := d.argvVars[name]; ok {
			return Config{}, n.Errorf("${%s} is the secret, which process lists would show; hand it over under env", name)
		}
	}
	return c, nil
}

// decoder is what the nodes of one file are read with.
type decoder struct {
	dir   string
	env   func(string) (string, bool)
	lines map[string]int // by dotted key

	// Variables that stand in argv, with where; and those that the secret is
	// made of: process lists would show one that is both.
	argvVars   map[string]strictyaml.Node
	secretVars []string
	private    []string // Config.Private
}

func (d *decoder) mapping(n strictyaml.Node, allowed ...string) (strictyaml.Map, error) {
	m, err := n.Map(allowed...)
	for _, e := range m.Entries {
		d.lines[e.Value.Key()] = e.Value.Line()
	}
	return m, err
}

func (d *decoder) items(n strictyaml.Node) ([]strictyaml.Node, error) {
	items, err := n.List()
	for _, item := range items {
		d.lines[item.Key()] = item.Line()
	}
	return items, err
}

// text is a text with its variables filled in, as far as the scope wants it. A
// bare one may be a number or true and false, as users of environment variables
// expect.
func (d *decoder) text(n strictyaml.Node, bare bool, sc scope) (string, error) {
	s, ok := n.Scalar()
	switch {
	case !ok:
		return "", n.Errorf("is %s: want text", n.Describe())
	case !bare && !n.IsString():
		return "", n.Errorf("is %s: want text; put it in quotes", n.Describe())
	}
	filled, err := sc.fill(s, d.env)
	if err != nil {
		return "", n.Errorf("%v", err)
	}
	return filled, nil
}

// origin remembers where a Config's keys were set, so that what is found wrong
// later still names the line.
type origin struct {
	file    string
	private []string          // Config.Private
	lines   map[string]int    // by dotted key
	flags   map[string]string // the flag or variable, by the flag's name; nil before Overlay
}

// err blames the flag or variable that set the key, or else the line of the
// key or of the nearest key above it.
func (o origin) err(name, msg string) *Error {
	for above := name; above != ""; above = parent(above) {
		if k := find(above); k != nil && o.flags[k.flag.name] != "" {
			return &Error{Key: o.flags[k.flag.name], Msg: msg}
		}
		if line, ok := o.lines[above]; ok {
			return &Error{File: o.file, Line: line, Key: name, Msg: msg}
		}
	}
	// What is missing has no place; who works with flags is told the flag.
	if k := find(name); o.flags != nil && o.file == "" && k != nil && k.flag.name != "" {
		return &Error{Key: "--" + k.flag.name, Msg: msg}
	}
	return &Error{File: o.file, Key: name, Msg: msg}
}

// Mistake is an error about a key of the Config, with the line or the flag where
// it was set. The message must be one line, and free of the secret.
func (c Config) Mistake(key, format string, args ...any) *Error {
	return c.origin.err(key, fmt.Sprintf(format, args...))
}
