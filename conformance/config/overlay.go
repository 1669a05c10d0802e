package config

import (
	"fmt"
	"maps"
	"strings"
)

// Overlay sets what flags and the environment say, flags before environment,
// on top of what c holds from a file. flag returns the values that a flag was
// given, none where it was not; env looks a variable up, and an empty variable
// counts as not set. The error is an *Error that names the flag or variable.
//
// A repeatable key adds to what c has, and replaces what is of the same name.
// A key that says how the receiver runs replaces another kind.
func (c *Config) Overlay(flag func(name string) []string, env func(name string) (string, bool)) error {
	c.own()
	var kind string
	for _, k := range keys {
		if k.Kind && len(flag(k.Flag)) > 0 {
			if kind != "" {
				return &Error{Key: "--" + k.Flag, Msg: fmt.Sprintf("set beside --%s: want one of the two", kind)}
			}
			kind = k.Flag
		}
	}
	probe, err := probeKind(flag, env)
	if err != nil {
		return err
	}
	var kindVar string
	for _, k := range keys {
		values, source := flag(k.Flag), "--"+k.Flag
		if len(values) == 0 && env != nil && (!k.Kind || kind == "") && k.probe() == probe.of(k) {
			if text, ok := env(k.Env); ok && text != "" {
				values, source = []string{text}, k.Env
				if k.Repeat {
					values = strings.Split(strings.TrimRight(text, "\n"), "\n")
				}
				if k.Kind {
					if kindVar != "" {
						return &Error{Key: k.Env, Msg: fmt.Sprintf("set beside %s: want one of the two", kindVar)}
					}
					kindVar = k.Env
				}
			}
		}
		for i, text := range values {
			if !k.Repeat && i < len(values)-1 {
				continue // the last one counts, as with every flag
			}
			if err := k.set(c, text); err != nil {
				return &Error{Key: source, Msg: err.Error()}
			}
			c.origin.flags[k.Name] = source
		}
	}
	return nil
}

// kindOfProbe is the one kind of probe that flags or variables describe.
type kindOfProbe string

// of is what a key's kind must be: a variable of another kind than the flags'
// is not looked at.
func (p kindOfProbe) of(k Key) string {
	if k.probe() == "" {
		return ""
	}
	return string(p)
}

// probeKind finds it, among the flags or else the variables; empty: none is set.
func probeKind(flag func(string) []string, env func(string) (string, bool)) (kindOfProbe, error) {
	byFlag := func(k Key) (string, bool) { return "--" + k.Flag, len(flag(k.Flag)) > 0 }
	byVariable := func(k Key) (string, bool) {
		if env == nil {
			return "", false
		}
		text, ok := env(k.Env)
		return k.Env, ok && text != ""
	}
	for _, by := range []func(Key) (string, bool){byFlag, byVariable} {
		kind, first := "", ""
		for _, k := range keys {
			source, set := by(k)
			switch {
			case !set || k.probe() == "":
			case kind == "":
				kind, first = k.probe(), source
			case kind != k.probe():
				return "", &Error{Key: source, Msg: fmt.Sprintf("set beside %s: want one kind of probe", first)}
			}
		}
		if kind != "" {
			return kindOfProbe(kind), nil
		}
	}
	return "", nil
}

// own makes c independent of the Configs that it was copied from.
func (c *Config) own() {
	r := &c.Receiver
	if r.Command != nil {
		command := *r.Command
		command.Env = maps.Clone(command.Env)
		r.Command = &command
	}
	if r.Container != nil {
		box := *r.Container
		box.Env = maps.Clone(box.Env)
		if box.Build != nil {
			build := *box.Build
			box.Build = &build
		}
		r.Container = &box
	}
	if r.Compose != nil {
		compose := *r.Compose
		compose.Env = maps.Clone(compose.Env)
		r.Compose = &compose
	}
	if c.Probe.HTTP != nil {
		http := *c.Probe.HTTP
		http.Headers = maps.Clone(http.Headers)
		c.Probe.HTTP = &http
	}
	if c.Probe.SQL != nil {
		sql := *c.Probe.SQL
		c.Probe.SQL = &sql
	}
	if c.Probe.Exec != nil {
		exec := *c.Probe.Exec
		exec.Env = maps.Clone(exec.Env)
		c.Probe.Exec = &exec
	}
	c.Statuses = maps.Clone(c.Statuses)
	c.origin.flags = maps.Clone(c.origin.flags)
	if c.origin.flags == nil {
		c.origin.flags = map[string]string{}
	}
}
