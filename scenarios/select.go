package scenarios

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Distinct sees that no two checks have the same id, which reports, waivers and
// the messages' keys go by.
func Distinct(checks []Check) error {
	files := make(map[string]string, len(checks))
	for _, c := range checks {
		if other, taken := files[c.ID]; taken {
			return fmt.Errorf("%s: its id %s is that of %s too: rename one of them", origin(c.File), c.ID, origin(other))
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

// Matches tells whether the id is one of the patterns', as path.Match has them,
// where a pattern without a slash means a whole group.
func Matches(patterns []string, id string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		of := id
		if !strings.Contains(p, "/") {
			of = Group(id) // a group holds what lies in folders below it, too
		}
		ok, _ := path.Match(p, of)
		return ok
	})
}

// MatchesAny is the error of a pattern that matches none of the checks; nil where
// it does.
func MatchesAny(pattern string, checks []Check) error {
	for _, c := range checks {
		if Matches([]string{pattern}, c.ID) {
			return nil
		}
	}
	hint := "ctxpush checks lists them"
	if near := strictyaml.Nearest(pattern, patternsOf(checks)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Errorf("pattern %q matches no check; %s", pattern, hint)
}

// patternsOf are those of whole groups, and the checks' ids.
func patternsOf(checks []Check) []string {
	var all []string
	for _, c := range checks {
		if group := Group(c.ID) + "/*"; !slices.Contains(all, group) {
			all = append(all, group)
		}
	}
	for _, c := range checks {
		all = append(all, c.ID)
	}
	return all
}
