package config

import (
	"reflect"
	"slices"
	"time"
)

// kind is one way in which a receiver runs, as receiver.yaml describes it.
type kind struct {
	keys []key // its rows of the table, its own first
	// title is what a receiver without a name is called; empty: by its kind.
	title func(Receiver) string
	// paths are those of its values that are relative to the file; nil: none.
	paths       func(Receiver) []*string
	isContained bool // it runs in a container
	hasServices bool // others run beside it, and are started with it
}

// kindsOfReceivers are in the order of the file.
var kindsOfReceivers = []kind{urlKind, commandKind, containerKind, composeKind}

// keysOfKinds are the rows that the kinds hand to the table.
func keysOfKinds() []key {
	var keys []key
	for _, k := range kindsOfReceivers {
		keys = append(keys, k.keys...)
	}
	return keys
}

// Kind is how the receiver runs, as the file has it: url, command, container or
// compose; empty: it is the built-in one.
func (r Receiver) Kind() string {
	if k := kindOf("receiver", reflect.ValueOf(r)); k != nil {
		return k.label()
	}
	return ""
}

// kind is the Receiver's own; the zero kind for the built-in one.
func (r Receiver) kind() kind {
	i := slices.IndexFunc(kindsOfReceivers, func(k kind) bool { return k.keys[0].label() == r.Kind() })
	if i < 0 {
		return kind{}
	}
	return kindsOfReceivers[i]
}

// IsContained tells whether it runs in a container, of which ports and programs can
// be asked for.
func (r Receiver) IsContained() bool { return r.kind().isContained }

// HasServices tells whether other services may run beside it.
func (r Receiver) HasServices() bool { return r.kind().hasServices }

// Paths are its paths that are relative to the file.
func (r Receiver) Paths() []*string {
	if paths := r.kind().paths; paths != nil {
		return paths(r)
	}
	return nil
}

// title is what a receiver without a name is called.
func (r Receiver) title() string {
	name := ""
	if title := r.kind().title; title != nil {
		name = title(r)
	}
	return or(name, or(r.Kind(), "built-in"))
}

// Ready is how to see that a receiver takes requests.
type Ready struct {
	HTTP    string        // a path that answers 2xx; empty: its port accepts connections
	Timeout time.Duration // above 0; default 30s, 60s for a container, 2m for a compose service
}

// ready are the keys that say how to see that a kind of receiver takes requests.
func ready(kind, timeout string, path_, within flag) []key {
	name := kind + ".ready"
	return []key{
		{name: name, of: group{flow: true}, doc: "How to see that the receiver takes requests.",
			written: written{hint: "ready: {http: /healthz, timeout: " + timeout + "} # default: its port accepts " +
				"connections"}},
		{name: name + ".http", of: path, doc: "A path that answers 2xx. Default: its port accepts connections.",
			flag: path_, written: written{comment: "a path that answers 2xx"}},
		{name: name + ".timeout", of: duration, byDef: timeout, doc: "How long it may take.", flag: within},
	}
}
