package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Validate says what is wrong with the Config or missing in it, nil where a run
// can begin. What is not set counts as its default. The error is an *Error.
func (c Config) Validate() error {
	c.SetDefaults()
	v := validator{origin: c.origin}
	each(&c, func(p place) {
		v.key(p)
		if p.key.rule != nil && reflect.Indirect(p.field).IsValid() {
			p.key.rule(&v, c)
		}
	})
	if v.err == nil {
		return nil
	}
	return v.err
}

// validator keeps the first error.
type validator struct {
	origin origin
	err    *Error
}

func (v *validator) check(key string, err error) {
	if v.err == nil && err != nil {
		v.err = v.origin.err(key, err.Error())
	}
}

func (v *validator) failf(key, format string, args ...any) {
	v.check(key, fmt.Errorf(format, args...))
}

// key judges one key for itself, and beside those that it excludes.
func (v *validator) key(p place) {
	excluded := p.key.not != "" && !p.beside(p.key.not).IsZero()
	switch {
	case p.key.missing != "" && isBlank(p.field):
		if !excluded {
			v.failf(p.name, "missing: %s", p.fill(p.key.missing))
		}
	case p.key.missing == "" && excluded && !p.field.IsZero():
		v.failf(p.name, "set beside %s: want one of the two", p.key.not)
	case !p.field.IsZero():
		p.key.of.check(p.name, p.field, v.check)
	}
	if g, ok := p.key.of.(group); ok && g.choice {
		var set []string
		for _, k := range kinds(p.key.name) {
			if !k.field(p.field).IsZero() {
				set = append(set, k.label())
			}
		}
		if len(set) > 1 {
			v.failf(p.name, "%s are set: want exactly one", strings.Join(set, " and "))
		}
	}
}

// isBlank says whether a value that must be there is none.
func isBlank(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.TrimSpace(v.String()) == ""
	case reflect.Slice:
		return v.Len() == 0 || v.Index(0).IsZero()
	}
	return v.IsZero()
}

// beside is the value of a key in the same mapping.
func (p place) beside(label string) reflect.Value { return (&key{name: label}).field(p.of) }

// fill is a message with the keys' values in the place of their {names}.
func (p place) fill(msg string) string {
	before, rest, ok := strings.Cut(msg, "{")
	if !ok {
		return msg
	}
	label, after, _ := strings.Cut(rest, "}")
	return before + strictyaml.Name(p.beside(label).String()) + after
}

// The rules that are about more than one key.

func needsSecret(v *validator, c Config) {
	if c.Receiver.URL != "" && c.Secret == "" {
		v.failf("secret", "missing: a receiver that runs already has one; give it as secret: or as CTXPUSH_SECRET")
	}
}

func reachesDatabase(v *validator, c Config) {
	for _, name := range variables(string(c.Probe.SQL.DSN)) {
		if !c.Receiver.IsContained() && (name == VarHost || portOf(name) > 0) {
			v.failf("probe.sql.dsn", "${%s} has a value only for a container or a compose service; write the address", name)
		}
	}
}

func findsMessage(v *validator, c Config) {
	_, err := c.Probe.SQL.Statement()
	v.check("probe.sql.query", err)
}

func leavesStatus(v *validator, c Config) {
	for _, s := range mocksender.Statuses {
		if !slices.Contains(c.Ignores, s) {
			return
		}
	}
	v.failf("ignores", "names every status: nothing would be judged")
}

func waivesOnce(v *validator, c Config) {
	first := map[string]int{}
	for i, w := range c.Waive {
		if other, ok := first[w.Check]; ok {
			v.failf(indexed("waive", i)+".check", "%s is waived twice, first in waive[%d]", strictyaml.Name(w.Check), other)
		}
		first[w.Check] = i
	}
}
