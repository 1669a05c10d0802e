package play

import (
	"context"
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Look is what the receiver knows of a scenario's messages at one moment.
type Look struct {
	Seen []Seen
	// Err is why the receiver could not be asked; Seen is empty then.
	Err error
}

// Seen is what the receiver knows of a message of the scenario, or of a group of
// them, on one device where the identity is by device.
type Seen struct {
	// Message is the scenario's name for it, Device that of one of its devices;
	// empty where it has one alone.
	Message, Device string
	// Key is what was asked for, of the first of a group.
	Key mocksender.Key
	// States are the states of the message, or of each of the group; nil is a
	// message that is not known.
	States []*state.State
}

// Name is m, or m.phone where the message names its devices.
func (s Seen) Name() string {
	if s.Device == "" {
		return s.Message
	}
	return s.Message + "." + s.Device
}

// String is the state in a few words: "opened", "not known", or for a group "49
// opened, 1 pending".
func (s Seen) String() string {
	var words []string
	count := map[string]int{}
	for _, state := range s.States {
		word := "not known"
		if state != nil {
			word = string(state.DeliveryStatus)
		}
		if count[word]++; count[word] == 1 {
			words = append(words, word)
		}
	}
	if len(s.States) == 1 {
		return words[0]
	}
	for i, word := range words {
		words[i] = strconv.Itoa(count[word]) + " " + word
	}
	return strings.Join(words, ", ")
}

// look asks once for all messages of the scenario.
func (p *player) look(ctx context.Context) Look {
	var (
		look   Look
		keys   []mocksender.Key
		places []int // of each key, in look.Seen
	)
	for _, m := range p.scenario.Messages {
		place := map[string]int{} // of each device
		for _, w := range p.cast.Wants([]scenarios.Expectation{{Message: m.Name}}, p.subject.Target.Identity) {
			at, known := place[w.Device]
			if !known {
				at = len(look.Seen)
				place[w.Device] = at
				seen := Seen{Message: m.Name, Key: w.Key}
				if len(m.Devices) > 1 {
					seen.Device = w.Device
				}
				look.Seen = append(look.Seen, seen)
			}
			keys, places = append(keys, w.Key), append(places, at)
		}
	}
	states, err := p.subject.Prober.States(ctx, keys)
	if err != nil {
		return Look{Err: err}
	}
	for i, got := range states {
		seen := &look.Seen[places[i]]
		seen.States = append(seen.States, got)
	}
	return look
}

func keysOf(wants []scenarios.Want) []mocksender.Key {
	keys := make([]mocksender.Key, len(wants))
	for i, w := range wants {
		keys[i] = w.Key
	}
	return keys
}
