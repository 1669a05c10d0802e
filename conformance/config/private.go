package config

import (
	"slices"
	"strings"
)

// leastPrivate is how many bytes a variable's value must have to be hidden: a
// shorter one is no secret, and blanked out everywhere it would make the rest
// unreadable.
const leastPrivate = 6

// Private are the values that came from the environment's variables into keys
// which hold secrets besides the shared one: no output shows them. A key joins by
// its type's private.
func (c Config) Private() []string { return slices.Clone(c.origin.private) }

// Hidden is Private and the shared secret.
func (c Config) Hidden() []string { return append(c.Private(), string(c.Secret)) }

// allOf is of a text that is private from end to end, queryOf of one of which only
// what follows the question mark is.
func allOf(text string) string { return text }

func queryOf(text string) string {
	_, query, _ := strings.Cut(text, "?")
	return query
}

// keepPrivate remembers the values of the variables in a text as the file has it.
func (d *decoder) keepPrivate(text string, sc scope) {
	for _, name := range variables(text) {
		if sc.keeps(name) || d.env == nil || name == VarContextPush {
			continue
		}
		if value, ok := d.env(name); ok && len(value) >= leastPrivate && !slices.Contains(d.private, value) {
			d.private = append(d.private, value)
		}
	}
}
