package conformance

import (
	"slices"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
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
	if err := scenarios.Distinct(all); err != nil {
		return nil, &UsageError{err.Error()}
	}
	for _, patterns := range [][]string{c.Focus, c.Skip} {
		for _, pattern := range patterns {
			if err := scenarios.MatchesAny(pattern, all); err != nil {
				return nil, &UsageError{err.Error()}
			}
		}
	}
	protocol := c.Target.Protocol
	if protocol == "" {
		protocol = mocksender.Profile2025
	}
	var chosen []scenarios.Check
	for _, check := range all {
		focused := len(c.Focus) == 0 && concerns(c.Target, check) || scenarios.Matches(c.Focus, check.ID)
		spoken := check.Protocol == "" || check.Protocol == protocol
		levelled := c.Level != scenarios.Required || check.Level == scenarios.Required
		if focused && levelled && spoken && !scenarios.Matches(c.Skip, check.ID) {
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
	switch {
	case c.File != "": // the user's own
		return true
	case c.DisruptsServices():
		return t.Receiver.HasServices()
	case c.Pauses():
		return t.Receiver.Kind() != ""
	}
	return true
}

// Describe is a check as events and reports carry it.
func Describe(c scenarios.Check) event.Check {
	return event.Check{ID: c.ID, Title: c.Title, Level: c.Level, Clauses: c.Clauses, Requirement: c.Requirement}
}
