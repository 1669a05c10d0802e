package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// composition is a compose file as its tool reads it: one file, its variables
// filled in.
type composition map[string]any

func parseComposition(text []byte) (c composition, err error) {
	// What the tool says is not ours, nor is the parser.
	defer func() {
		if recover() != nil {
			err = errors.New("is malformed")
		}
	}()
	if err := yaml.Unmarshal(text, &c); err != nil || c == nil {
		return nil, errors.New("is malformed")
	}
	return c, nil
}

func (c composition) services() map[string]any { return mapping(c["services"]) }

// names are the services' names in their order.
func (c composition) names() []string { return slices.Sorted(maps.Keys(c.services())) }

// with are the services that publish or expose a port.
func (c composition) with(port int) []string {
	var found []string
	for _, name := range c.names() {
		service := mapping(c.services()[name])
		for _, p := range slices.Concat(list(service["ports"]), list(service["expose"])) {
			if first, last := target(p); first <= port && port <= last && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	return found
}

// adapt is the composition as it is started, as JSON, which every tool reads as
// YAML. What is made carries the labels. The ports are published on the
// loopback, under numbers that are free. Names are left to the project, so that
// neither what a developer runs nor another run is in the way, and no volume of
// theirs is used or removed. The service does not restart of its own: its end
// would not be seen.
func (c composition) adapt(service string, ports map[string][]int, labels map[string]string) ([]byte, error) {
	services := make(map[string]any, len(c.services()))
	for name, v := range c.services() {
		s := maps.Clone(mapping(v))
		if s == nil {
			s = map[string]any{}
		}
		delete(s, "container_name")
		label(s, labels)
		if build, ok := s["build"].(map[string]any); ok {
			s["build"] = label(maps.Clone(build), labels)
		} else if context, ok := s["build"].(string); ok {
			s["build"] = label(map[string]any{"context": context}, labels)
		}
		if mode, _ := s["network_mode"].(string); mode != "host" {
			publish(s, ports[name])
		}
		if name == service {
			s["restart"] = "no"
			if deploy, ok := s["deploy"].(map[string]any); ok {
				deploy = maps.Clone(deploy)
				delete(deploy, "restart_policy")
				s["deploy"] = deploy
			}
		}
		services[name] = s
	}
	adapted := maps.Clone(map[string]any(c))
	delete(adapted, "name")
	adapted["services"] = services
	networks := maps.Clone(mapping(c["networks"]))
	if networks == nil {
		networks = map[string]any{}
	}
	if _, ok := networks["default"]; !ok {
		networks["default"] = nil
	}
	adapted["networks"] = ownParts(networks, labels)
	if volumes := mapping(c["volumes"]); len(volumes) > 0 {
		adapted["volumes"] = ownParts(volumes, labels)
	}
	return json.Marshal(adapted)
}

// ownParts are the networks or volumes, those that are not others' under names
// of the project.
func ownParts(parts map[string]any, labels map[string]string) map[string]any {
	own := make(map[string]any, len(parts))
	for name, v := range parts {
		part := maps.Clone(mapping(v))
		if others := part["external"]; others != nil && others != false {
			own[name] = part
			continue
		}
		if part == nil {
			part = map[string]any{}
		}
		delete(part, "name")
		own[name] = label(part, labels)
	}
	return own
}

// publish publishes ports of a service on the loopback, in place of where the
// file does.
func publish(service map[string]any, ports []int) {
	if len(ports) == 0 {
		return
	}
	var kept []any
	for _, p := range list(service["ports"]) {
		if first, last := target(p); first != last || !slices.Contains(ports, first) {
			kept = append(kept, p)
		}
	}
	for _, port := range ports {
		kept = append(kept, fmt.Sprintf("127.0.0.1::%d", port))
	}
	service["ports"] = kept
}

// target are the container's ports, first and last, of an entry under ports or
// expose; 0 where they are none of TCP.
func target(v any) (first, last int) {
	if m, ok := v.(map[string]any); ok {
		if protocol, _ := m["protocol"].(string); protocol != "" && protocol != "tcp" {
			return 0, 0
		}
		v = m["target"]
	}
	text, protocol, _ := strings.Cut(fmt.Sprint(v), "/")
	if protocol != "" && protocol != "tcp" {
		return 0, 0
	}
	from, to, isRange := strings.Cut(text[strings.LastIndexByte(text, ':')+1:], "-")
	first, err := strconv.Atoi(from)
	if err != nil {
		return 0, 0
	}
	if last = first; isRange {
		if last, err = strconv.Atoi(to); err != nil {
			return 0, 0
		}
	}
	return first, last
}

// label adds labels to a part of the file, which has them as a mapping or as a
// list of NAME=VALUE.
func label(part map[string]any, labels map[string]string) map[string]any {
	all := maps.Clone(mapping(part["labels"]))
	if all == nil {
		all = map[string]any{}
	}
	for _, v := range list(part["labels"]) {
		name, value, _ := strings.Cut(fmt.Sprint(v), "=")
		all[name] = value
	}
	for name, value := range labels {
		all[name] = value
	}
	part["labels"] = all
	return part
}

func mapping(v any) map[string]any { m, _ := v.(map[string]any); return m }
func list(v any) []any             { l, _ := v.([]any); return l }
