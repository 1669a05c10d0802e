package conformance

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// NewSecret is a random secret, for a run that was given none. It does not
// follow from the seed, which reports show. Its letters have a case, so that
// every wrong secret differs from it.
func NewSecret() string { return "ctx-" + rand.Text() }

// WrongSecret is a secret that is not the given one, and can't be turned back
// into it.
func WrongSecret(secret string) string {
	sum := sha256.Sum256([]byte("not " + secret))
	return hex.EncodeToString(sum[:12])
}

// disguise puts into the request what stands in place of the shared secret.
func disguise(r *mocksender.Request, p mocksender.Profile, how scenarios.Secret, secret string) {
	name := p.SecretHeader()
	switch how {
	case scenarios.SecretWrong:
		r.Set(name, WrongSecret(secret))
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

// playable says why the scenario can't be played with that secret; empty where
// it can.
func playable(s scenarios.Scenario, secret string) string {
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
