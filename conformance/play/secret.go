package play

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// disguise puts into the request what stands in place of the shared secret.
func disguise(r *mocksender.Request, p mocksender.Profile, how scenarios.Secret, secret string) {
	name := p.SecretHeader()
	switch how {
	case scenarios.SecretWrong:
		r.Set(name, subject.WrongSecret(secret))
	case scenarios.SecretMissing:
		r.Del(name)
	case scenarios.SecretEmpty:
		r.Set(name, "")
	case scenarios.SecretPrefix:
		r.Set(name, secret[:(len(secret)+1)/2])
	case scenarios.SecretExtended:
		r.Set(name, secret+"x")
	case scenarios.SecretCase:
		r.Set(name, strings.Map(swapCase, secret))
	}
}

func swapCase(r rune) rune {
	if unicode.IsUpper(r) {
		return unicode.ToLower(r)
	}
	return unicode.ToUpper(r)
}

// Connections is how many of the scenario's requests are under way at once.
func Connections(s scenarios.Scenario) int {
	most := 1
	for _, step := range s.Steps {
		needed := max(1, len(step.Together))
		if slices.Contains(step.Faults, mocksender.Copy{}.Name()) {
			needed++
		}
		most = max(most, needed)
	}
	return most
}

// Unplayable says why the scenario can't be played with that secret and over so
// many connections, 0 for any number; empty where it can.
func Unplayable(s scenarios.Scenario, secret string, connections int) string {
	if needed := Connections(s); connections > 0 && needed > connections {
		return fmt.Sprintf("it needs %d requests at once, and limits.connections is %d", needed, connections)
	}
	for _, step := range s.Steps {
		switch {
		case step.Secret == scenarios.SecretCase && strings.Map(swapCase, secret) == secret:
			return "the secret has no letters, so that it has no other case"
		case step.Secret == scenarios.SecretPrefix && len(secret) < 2:
			return "the secret has one character, so that it has no prefix"
		}
	}
	return ""
}
