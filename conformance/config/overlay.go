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
	var kindVar string
	for _, k := range keys {
		values, source := flag(k.Flag), "--"+k.Flag
		if len(values) == 0 && env != nil && (!k.Kind || kind == "") {
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
	if c.Probe.HTTP != nil {
		http := *c.Probe.HTTP
		http.Headers = maps.Clone(http.Headers)
		c.Probe.HTTP = &http
	}
	c.Statuses = maps.Clone(c.Statuses)
	c.origin.flags = maps.Clone(c.origin.flags)
	if c.origin.flags == nil {
		c.origin.flags = map[string]string{}
	}
}
