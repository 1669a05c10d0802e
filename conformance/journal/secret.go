package journal

import (
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Secret is how the secret of a request stands to the right one (clause secret).
type Secret int

// The secrets that are sent. The zero Secret is the right one.
const (
	SecretRight Secret = iota
	SecretMissing
	SecretEmpty
	SecretPrefix      // the beginning of the right one
	SecretExtended    // the right one, and more
	SecretOtherCase   // in other letters' case
	SecretOther       // another one of the same length
	SecretOtherLength // another one of another length
)

// secretOf tells what a header's value, in which the right secret shows as its
// variable, is.
func secretOf(value, secret string) Secret {
	switch shown := strings.ReplaceAll(value, mocksender.SecretVariable, secret); {
	case shown == secret:
		return SecretRight
	case shown == "":
		return SecretEmpty
	case strings.HasPrefix(secret, shown):
		return SecretPrefix
	case strings.HasPrefix(shown, secret):
		return SecretExtended
	case strings.EqualFold(shown, secret):
		return SecretOtherCase
	case len(shown) == len(secret):
		return SecretOther
	default:
		return SecretOtherLength
	}
}
