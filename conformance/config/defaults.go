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
	if kindOf("probe", reflect.ValueOf(c.Probe)) == nil {
		c.Probe.HTTP = new(HTTPProbe)
		if c.Receiver.Kind() == "" {
			c.Probe.HTTP.Bulk = builtInBulk
		}
	}
	each(c, func(p place) {
		if text := c.byDefault(p.key); text != "" && p.field.IsZero() {
			_ = p.key.of.parse(p.field, text) // a test sees to it that they are right
		}
	})
}

// byDefault is what a key is by default, as a flag has it.
func (c *Config) byDefault(k *key) string {
	switch {
	case k.name == "name":
		return c.Receiver.name()
	case k.name == "settle" && c.Receiver.Kind() == "":
		return builtInSettle.String()
	}
	return k.byDef
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
