package config

import (
	"net/url"
	"path/filepath"
	"reflect"
	"time"
)

// The reference receiver's own.
const (
	builtInSettle = 500 * time.Millisecond // it acknowledges what is in its store
	builtInBulk   = "/states"
)

// SetDefaults sets what is not set yet, except the secret: a random one is made
// for each run.
func (c *Config) SetDefaults() {
	own(reflect.ValueOf(c).Elem()) // what a Config points to is shared with its copies
	if c.Name == "" {
		c.Name = c.Receiver.name()
	}
	if kindOf("probe", reflect.ValueOf(c.Probe)) == nil {
		c.Probe.HTTP = new(HTTPProbe)
		if c.Receiver.Kind() == "" {
			c.Probe.HTTP.Bulk = builtInBulk
		}
	}
	if c.Settle == 0 && c.Receiver.Kind() == "" {
		c.Settle = builtInSettle
	}
	each(c, func(p place) {
		if p.key.byDef != "" && p.field.IsZero() {
			_ = p.key.of.parse(p.field, p.key.byDef) // a test sees to it that they are right
		}
	})
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// name is what a receiver without a name is called.
func (r Receiver) name() string {
	name := ""
	switch {
	case r.URL != "":
		if u, err := url.Parse(r.URL); err == nil {
			name = u.Host
		}
	case r.Command != nil && len(r.Command.Argv) > 0:
		name = filepath.Base(r.Command.Argv[0])
	case r.Container != nil:
		name = r.Container.Image
	case r.Compose != nil:
		name = r.Compose.Service
	}
	return or(name, or(r.Kind(), "built-in"))
}
