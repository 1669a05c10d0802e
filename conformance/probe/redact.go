package probe

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// redactor blanks secrets out of what comes from elsewhere: a server may show
// in its error page the headers that it got.
type redactor struct{ replacer *strings.Replacer }

func newRedactor(secrets []string) redactor {
	var spellings []string
	add := func(s string) {
		// A word of two letters is no secret, and blanked out everywhere it
		// would make the rest unreadable.
		if len(s) > 2 {
			spellings = append(spellings, s)
		}
	}
	for _, s := range secrets {
		add(s)
		escaped, _ := json.Marshal(s)
		add(strings.Trim(string(escaped), `"`))
		add(url.QueryEscape(s))
		// The scheme of an Authorization may be shown apart from its token.
		if _, token, ok := strings.Cut(s, " "); ok {
			add(token)
		}
	}
	// Of two that begin alike, the longer one must win.
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(spellings))
	for _, s := range slices.Compact(spellings) {
		pairs = append(pairs, s, "[secret]")
	}
	return redactor{strings.NewReplacer(pairs...)}
}

func (r redactor) text(s string) string { return r.replacer.Replace(s) }

// cut is the beginning of a text of others, as part of one line. It is redacted
// before it is cut: half a secret is none that a replacer finds.
func (r redactor) cut(s string, n int) string {
	const enough = 64 << 10
	return plain(strings.ToValidUTF8(r.text(s[:min(len(s), enough)]), "\ufffd"), n)
}
