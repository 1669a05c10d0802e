package mocksender

import "fmt"

// Profile is the version of the wire protocol.
type Profile string

const (
	// Profile2025 is the contract's page: the default, and what the zero
	// Profile means.
	Profile2025 Profile = "2025"
	// Profile2026 is the vendor's newer page: another spelling of the secret's
	// header, the entries' event type, and one idempotency key per request that
	// a retry keeps.
	Profile2026 Profile = "2026"
)

// EventTypeMessageStatus is the X-CTX-Event-Type of the entries of this
// package, in Profile2026.
const EventTypeMessageStatus = "message_status"

// SecretHeader is the name of the header that carries the shared secret, in
// the spelling of the profile.
func (p Profile) SecretHeader() string {
	if p == Profile2026 {
		return "X-CTX-Secret"
	}
	return "X-ctx-secret"
}

// Validate says so when p is no profile; the zero Profile is one.
func (p Profile) Validate() error {
	switch p {
	case "", Profile2025, Profile2026:
		return nil
	}
	return fmt.Errorf("profile %q: want %s or %s", string(p), Profile2025, Profile2026)
}
