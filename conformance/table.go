package conformance

import (
	"fmt"
	"path"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Checks is the table of the checks that c would play: the catalogue and the
// user's own, without what focus, skip and level leave out. A focus or skip
// that matches nothing is an error, and so is an empty table.
func Checks(c Config) ([]scenarios.Check, error) {
	all := append(scenarios.Catalogue()[:len(scenarios.Catalogue()):len(scenarios.Catalogue())], c.Scenarios...)
	for _, patterns := range [][]string{c.Focus, c.Skip} {
		for _, pattern := range patterns {
			if !matchesAny(pattern, all) {
				hint := "ctxpush checks lists them"
				if near := strictyaml.Nearest(pattern, ids(all)); near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				return nil, &UsageError{fmt.Sprintf("pattern %q matches no check; %s", pattern, hint)}
			}
		}
	}
	var chosen []scenarios.Check
	for _, check := range all {
		focused := len(c.Focus) == 0 || matches(c.Focus, check.ID)
		levelled := c.Level != scenarios.Required || check.Level == scenarios.Required
		if focused && levelled && !matches(c.Skip, check.ID) {
			chosen = append(chosen, check)
		}
	}
	if len(chosen) == 0 {
		return nil, &UsageError{"focus, skip and level leave no check to run"}
	}
	return chosen, nil
}

func ids(checks []scenarios.Check) []string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = c.ID
	}
	return names
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
		if !strings.Contains(p, "/") {
			p += "/*"
		}
		if ok, _ := path.Match(p, id); ok {
			return true
		}
	}
	return false
}

// Describe is a check as events and reports carry it.
func Describe(c scenarios.Check) event.Check {
	return event.Check{ID: c.ID, Title: c.Title, Level: c.Level, Clauses: c.Clauses, Requirement: c.Requirement}
}
