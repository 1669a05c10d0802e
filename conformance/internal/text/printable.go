package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ciCommands are what CI servers take for an order to themselves wherever it
// stands in a line of a log.
var ciCommands = strings.NewReplacer(
	"##[", `\u0023#[`,
	"##vso[", `\u0023#vso[`,
	"##teamcity[", `\u0023#teamcity[`,
)

// Printable is s as one line that does nothing to a terminal or a CI server:
// controls and marks that reorder text become \u escapes, which mean the same
// to JSON, so that a request's body can still be copied.
func Printable(s string) string { return Visible(ciCommands.Replace(s)) }

// Visible is s as one line in which every character is seen: controls and marks
// that reorder text become \u escapes.
func Visible(s string) string {
	var b strings.Builder
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if isVisible(r, size) {
			i += size
			continue
		}
		b.WriteString(s[start:i])
		switch r {
		case utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		case '\t':
			b.WriteString("    ")
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
		start = i
	}
	if start == 0 {
		return s
	}
	b.WriteString(s[start:])
	return b.String()
}

func isVisible(r rune, size int) bool {
	return (r != utf8.RuneError || size > 1) && !unicode.Is(unicode.Cc, r) &&
		!unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// Inert is a line of a log that no CI server takes for an order: one that
// begins with two colons is an order to GitHub's.
func Inert(line string) string {
	if rest := strings.TrimLeft(line, " "); strings.HasPrefix(rest, "::") {
		return line[:len(line)-len(rest)] + `\u003a` + rest[1:]
	}
	return line
}

// Shown is a text of others as part of one line for people: cut to limit bytes,
// and without what acts on a terminal or is an order to a CI server.
func Shown(s string, limit int) string { return Inert(Printable(Clip(s, limit))) }
