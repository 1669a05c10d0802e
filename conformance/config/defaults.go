package config

import (
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
	detach(reflect.ValueOf(c).Elem()) // what a Config points to is shared with its copies
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
		return c.Receiver.title()
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
