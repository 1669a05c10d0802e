package probe

import (
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/mocksender/redact"
)

// redactor blanks secrets out of what comes from elsewhere: a server may show
// in its error page the headers that it got.
type redactor struct{ hidden *redact.Redactor }

func newRedactor(secrets []string) redactor {
	var all []string
	for _, s := range secrets {
		all = append(all, s)
		// The scheme of an Authorization may be shown apart from its token.
		if _, token, ok := strings.Cut(s, " "); ok {
			all = append(all, token)
		}
	}
	// A header's value of two letters is no secret, and blanked out everywhere it
	// would make the rest unreadable.
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) <= 2 })
	return redactor{redact.New("[secret]", all...)}
}

func (r redactor) text(s string) string { return r.hidden.Text(s) }

// cut is the beginning of a text of others, as part of one line. It is redacted
// before it is cut: half a secret is none that a redactor finds.
func (r redactor) cut(s string, n int) string {
	const enough = 64 << 10
	return plain(strings.ToValidUTF8(r.text(s[:min(len(s), enough)]), "\ufffd"), n)
}
