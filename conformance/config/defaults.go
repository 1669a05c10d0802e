package config

import (
	"net/url"
	"path/filepath"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// What a key is when nobody sets it.
const (
	defaultPath           = "/webhook"
	defaultSettle         = 2 * time.Second
	builtInSettle         = 500 * time.Millisecond // it acknowledges what is in its store
	defaultReady          = 30 * time.Second
	defaultContainerReady = 60 * time.Second
	defaultComposeReady   = 2 * time.Minute
	defaultCompose        = "compose.yaml"
	defaultProbe          = "/state"
	builtInBulk           = "/states" // of the reference receiver
)

// SetDefaults sets what is not set yet, except the secret: a random one is made
// for each run.
func (c *Config) SetDefaults() {
	set(&c.Protocol, mocksender.Profile2025)
	set(&c.Identity, scenarios.ByDevice)
	set(&c.Path, defaultPath)
	if c.Receiver.builtIn() {
		set(&c.Settle, builtInSettle)
	}
	set(&c.Settle, defaultSettle)
	set(&c.Timeout, mocksender.RequestTimeout)
	set(&c.Name, c.Receiver.name())

	// Configs are passed by value: what they point to is shared with copies.
	if c.Probe.HTTP != nil || c.Probe.SQL == nil && c.Probe.Exec == nil {
		var probe HTTPProbe
		switch {
		case c.Probe.HTTP != nil:
			probe = *c.Probe.HTTP
		case c.Receiver.builtIn():
			probe.Bulk = builtInBulk
		}
		set(&probe.Path, defaultProbe)
		set(&probe.JQ, ".")
		c.Probe.HTTP = &probe
	}

	if c.Receiver.Command != nil {
		command := *c.Receiver.Command
		set(&command.Ready.Timeout, defaultReady)
		c.Receiver.Command = &command
	}
	if c.Receiver.Container != nil {
		container := *c.Receiver.Container
		set(&container.Ready.Timeout, defaultContainerReady)
		if container.Build != nil {
			build := *container.Build
			set(&build.Context, ".")
			set(&build.Dockerfile, "Dockerfile")
			container.Build = &build
		}
		c.Receiver.Container = &container
	}
	if c.Receiver.Compose != nil {
		compose := *c.Receiver.Compose
		set(&compose.File, defaultCompose)
		set(&compose.Ready.Timeout, defaultComposeReady)
		c.Receiver.Compose = &compose
	}
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (r Receiver) builtIn() bool {
	return r.URL == "" && r.Command == nil && r.Container == nil && r.Compose == nil
}

// name is what a receiver without a name is called.
func (r Receiver) name() string {
	switch {
	case r.URL != "":
		if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
			return u.Host
		}
		return "url"
	case r.Command != nil:
		if len(r.Command.Argv) > 0 {
			return filepath.Base(r.Command.Argv[0])
		}
		return "command"
	case r.Container != nil:
		if r.Container.Image != "" {
			return r.Container.Image
		}
		return "container"
	case r.Compose != nil:
		if r.Compose.Service != "" {
			return r.Compose.Service
		}
		return "compose"
	}
	return "built-in"
}
