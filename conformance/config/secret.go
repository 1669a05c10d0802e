package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

const redacted = "[secret]"

// Secret is the shared secret. It is blanked out wherever it is printed or
// encoded; string(s) is the only way to its text.
type Secret string

// String is [secret], or empty where there is none.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString is what %#v prints.
func (s Secret) GoString() string { return fmt.Sprintf("config.Secret(%q)", s.String()) }

// Format prints String whatever the verb: %x and %q would reach the text.
func (s Secret) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		fmt.Fprint(f, s.GoString())
		return
	}
	fmt.Fprint(f, s.String())
}

// MarshalText is String, so that no encoding carries the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Values are names with values that may hold secrets, such as headers and
// environment variables. Printed or encoded, it shows the names alone.
type Values map[string]string

// String lists the names, in their order.
func (v Values) String() string { return fmt.Sprint(slices.Sorted(maps.Keys(v))) }

// GoString is what %#v prints.
func (v Values) GoString() string { return "config.Values" + v.String() }

// Format prints the names whatever the verb.
func (v Values) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		fmt.Fprint(f, v.GoString())
		return
	}
	fmt.Fprint(f, v.String())
}

// MarshalJSON keeps the names and blanks out the values.
func (v Values) MarshalJSON() ([]byte, error) {
	blank := make(map[string]Secret, len(v))
	for name, value := range v {
		blank[name] = Secret(value)
	}
	return json.Marshal(blank)
}

// What holds Values prints itself as %+v whatever the verb: for a verb that
// does not fit, such as %s of a pointer in a struct, fmt reads fields past their
// Format.

// Format prints the probe, without its address.
func (p SQLProbe) Format(f fmt.State, _ rune) {
	type plain SQLProbe
	fmt.Fprintf(f, "%+v", plain(p))
}

// Format prints the probe, its variables by name alone.
func (p ExecProbe) Format(f fmt.State, _ rune) {
	type plain ExecProbe
	fmt.Fprintf(f, "%+v", plain(p))
}

// Format prints the probe, its headers by name alone.
func (p HTTPProbe) Format(f fmt.State, _ rune) {
	type plain HTTPProbe
	fmt.Fprintf(f, "%+v", plain(p))
}

var (
	_ fmt.Formatter  = Secret("")
	_ fmt.Formatter  = Values(nil)
	_ json.Marshaler = Values(nil)
)
