package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Overlay sets what flags and the environment say, flags before environment,
// on top of what c holds from a file. flag returns the values that a flag was
// given, none where it was not; env looks a variable up, and an empty variable
// counts as not set. The error is an *Error that names the flag or variable.
//
// A repeatable key adds to what c has, and replaces what is of the same name.
// A key that says how the receiver runs, or how its state is read, replaces
// another kind.
func (c *Config) Overlay(flag func(name string) []string, env func(name string) (string, bool)) error {
	c.detach()
	byFlag := func(f Flag) ([]string, string) { return flag(f.Name), "--" + f.Name }
	byVariable := func(f Flag) ([]string, string) {
		if env == nil {
			return nil, f.Env
		}
		switch text, ok := env(f.Env); {
		case !ok || text == "":
			return nil, f.Env
		case f.Repeat:
			return strings.Split(strings.TrimRight(text, "\n"), "\n"), f.Env
		default:
			return []string{text}, f.Env
		}
	}
	chosen, err := chosenKinds(byFlag)
	if err != nil {
		return err
	}
	byEnv, err := chosenKinds(func(f Flag) ([]string, string) {
		if choice, _ := f.choice(); chosen[choice] != "" {
			return nil, ""
		}
		return byVariable(f)
	})
	if err != nil {
		return err
	}
	for choice, kind := range byEnv {
		chosen[choice] = kind
	}
	for _, f := range flags {
		values, source := byFlag(f)
		// A variable of another kind than the flags' is not looked at.
		if choice, kind := f.choice(); len(values) == 0 && chosen[choice] == kind {
			values, source = byVariable(f)
		}
		if len(values) > 0 && !f.Repeat {
			values = values[len(values)-1:] // the last one counts, as with every flag
		}
		for _, text := range values {
			if err := c.set(f, text); err != nil {
				return &Error{Key: source, Msg: err.Error()}
			}
			c.origin.flags[f.Name] = source
		}
	}
	return nil
}

// choice is the choice that a flag is a part of, and the kind that it makes of
// it; empty: of none.
func (f Flag) choice() (choice, kind string) {
	k := byName[f.Key]
	switch {
	case k.flag.kind:
		return "receiver", f.Name
	case k.flag.needs != "":
		return "", ""
	}
	for p := byName[parent(k.name)]; p != nil; k, p = p, byName[parent(p.name)] {
		if p.of.(group).choice && !k.beside {
			return p.name, k.label()
		}
	}
	return "", ""
}

// chosenKinds is the one kind of each choice that is set, by the choice.
func chosenKinds(given func(Flag) (values []string, source string)) (map[string]string, error) {
	chosen, first := map[string]string{}, map[string]string{}
	for _, f := range flags {
		choice, kind := f.choice()
		values, source := given(f)
		switch {
		case choice == "" || len(values) == 0:
		case chosen[choice] == "":
			chosen[choice], first[choice] = kind, source
		case chosen[choice] != kind:
			want := "one kind of " + choice
			if choice == "receiver" {
				want = "one of the two"
			}
			return nil, &Error{Key: source, Msg: fmt.Sprintf("set beside %s: want %s", first[choice], want)}
		}
	}
	return chosen, nil
}

// set sets the flag's key, of several the one that c has a place for.
func (c *Config) set(f Flag, text string) error {
	keys := byFlag[f.Name]
	k := keys[0]
	if needs := k.flag.needs; needs != "" {
		there := slices.IndexFunc(keys, c.has)
		if there < 0 {
			return errors.New("is for " + needs + " too")
		}
		k = keys[there]
	}
	return k.of.parse(c.make(k), text)
}
