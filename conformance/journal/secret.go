package journal

import "github.com/ctxpush/ctxpush/scenarios"

// Secret is how the secret of a request stands to the right one (clause secret).
type Secret int

// The secrets that are sent. The zero Secret is the right one.
const (
	SecretRight Secret = iota
	SecretMissing
	SecretEmpty
	SecretPrefix    // the beginning of the right one
	SecretExtended  // the right one, and more
	SecretOtherCase // in other letters' case
	SecretOther     // another one, of another length
)

// Secrets are what stands in place of the secret in scenarios.
var Secrets = map[scenarios.Secret]Secret{
	scenarios.SecretWrong: SecretOther, scenarios.SecretMissing: SecretMissing, scenarios.SecretEmpty: SecretEmpty,
	scenarios.SecretPrefix: SecretPrefix, scenarios.SecretExtended: SecretExtended, scenarios.SecretCase: SecretOtherCase,
}
