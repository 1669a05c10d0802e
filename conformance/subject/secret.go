package subject

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
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
