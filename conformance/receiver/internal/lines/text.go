package lines

import "strings"

// One is a text as one line.
func One(s string) string { return strings.Join(strings.Fields(s), " ") }

// Cut is s, or its first n bytes and an ellipsis.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
