package conformance

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Checks is the table of the checks that c would play: the catalogue, what is
// explored and the user's own, without what focus, skip and level leave out. A focus or skip
// that matches nothing is an error, and so are two checks of one id and an empty
// table.
func Checks(c Config) ([]scenarios.Check, error) {
	all := slices.Clone(scenarios.Catalogue())
	for _, e := range scenarios.Explorations(c.Explore, c.Target.Identity) {
		all = append(all, e.Check)
	}
	all = append(all, c.Scenarios...)
	if err := distinct(all); err != nil {
		return nil, err
	}
	for _, patterns := range [][]string{c.Focus, c.Skip} {
		for _, pattern := range patterns {
			if !matchesAny(pattern, all) {
				hint := "ctxpush checks lists them"
				if near := strictyaml.Nearest(pattern, names(all)); near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				return nil, &UsageError{fmt.Sprintf("pattern %q matches no check; %s", pattern, hint)}
			}
		}
	}
	protocol := c.Target.Protocol
	if protocol == "" {
		protocol = mocksender.Profile2025
	}
	var chosen []scenarios.Check
	for _, check := range all {
		focused := len(c.Focus) == 0 && concerns(c.Target, check) || matches(c.Focus, check.ID)
		spoken := check.Protocol == "" || check.Protocol == protocol
		levelled := c.Level != scenarios.Required || check.Level == scenarios.Required
		if focused && levelled && spoken && !matches(c.Skip, check.ID) {
			chosen = append(chosen, check)
		}
	}
	if len(chosen) == 0 {
		return nil, &UsageError{"focus, skip, level and protocol leave no check to run"}
	}
	return chosen, nil
}

// concerns says whether a check of the catalogue has something to say of this kind
// of receiver: one that is never asked what it can't show is not skipped, either.
// Who focuses on it is told why it can't be played.
func concerns(t config.Config, c scenarios.Check) bool {
	builtIn := t.Receiver.URL == "" && t.Receiver.Command == nil && t.Receiver.Container == nil && t.Receiver.Compose == nil
	switch {
	case c.File != "": // the user's own
		return true
	case c.DisruptsServices():
		return t.Receiver.Compose != nil
	case c.Pauses():
		return !builtIn
	}
	return true
}

// distinct sees that no two checks have the same id, which reports, waivers and
// the messages' keys go by.
func distinct(checks []scenarios.Check) error {
	files := make(map[string]string, len(checks))
	for _, c := range checks {
		other, taken := files[c.ID]
		if taken {
			return &UsageError{fmt.Sprintf("%s: its id %s is that of %s too: rename one of them", origin(c.File), c.ID, origin(other))}
		}
		files[c.ID] = c.File
	}
	return nil
}

// origin is where a check comes from.
func origin(file string) string {
	if file == "" {
		return "a check without a file"
	}
	return file
}

// names are the checks' ids, and the patterns of whole groups.
func names(checks []scenarios.Check) []string {
	var all []string
	for _, c := range checks {
		if group := scenarios.Group(c.ID) + "/*"; !slices.Contains(all, group) {
			all = append(all, group)
		}
	}
	for _, c := range checks {
		all = append(all, c.ID)
	}
	return all
}

func matchesAny(pattern string, checks []scenarios.Check) bool {
	for _, c := range checks {
		if matches([]string{pattern}, c.ID) {
			return true
		}
	}
	return false
}

func matches(patterns []string, id string) bool {
	for _, p := range patterns {
		of := id
		if !strings.Contains(p, "/") {
			of = scenarios.Group(id) // a group holds what lies in folders below it, too
		}
		if ok, _ := path.Match(p, of); ok {
			return true
		}
	}
	return false
}

// Describe is a check as events and reports carry it.
func Describe(c scenarios.Check) event.Check {
	return event.Check{ID: c.ID, Title: c.Title, Level: c.Level, Clauses: c.Clauses, Requirement: c.Requirement}
}
