package ci

import (
	"bytes"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// markdown collects GitHub-flavoured Markdown of bounded length. All that did
// not come from this package goes through span, prose or fence, in which it is
// text and nothing else: no HTML, no link, no image, no mention.
type markdown struct {
	buf   bytes.Buffer
	limit int // bytes
}

// block writes s, a paragraph or another block of its own, if it fits.
func (m *markdown) block(s string) bool {
	if s == "" || m.buf.Len()+len(s)+2 > m.limit {
		return s == ""
	}
	if m.buf.Len() > 0 {
		m.buf.WriteByte('\n')
	}
	m.buf.WriteString(s)
	m.buf.WriteByte('\n')
	return true
}

// table writes a table with as many of the rows as fit, and how many more there
// are.
func (m *markdown) table(head []string, rows [][]string, noun string) {
	if len(rows) == 0 {
		return
	}
	const room = 200 // for the line that says what was left out
	var b strings.Builder
	row := func(cells []string) {
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	row(head)
	b.WriteString(strings.Repeat("| --- ", len(head)) + "|\n")
	shown := 0
	for _, cells := range rows {
		before := b.Len()
		row(cells)
		if m.buf.Len()+b.Len()+room > m.limit {
			text := b.String()[:before]
			b.Reset()
			b.WriteString(text)
			break
		}
		shown++
	}
	if shown > 0 {
		m.block(strings.TrimSuffix(b.String(), "\n"))
	}
	if n := len(rows) - shown; n > 0 {
		m.block(leftOut(n, noun))
	}
}

// leftOut says that n things are only in report.json.
func leftOut(n int, noun string) string {
	return "… " + text.Plural(n, "more "+noun) + " in `" + report.File + "`"
}

// tableCell is span in a table. A bar would end the cell even in code, so it is told
// by its number, as controls are.
func tableCell(s string) string { return strings.ReplaceAll(span(s), "|", `\u007c`) }

// span is s as code within a line.
func span(s string) string {
	s = text.Printable(text.Clip(s, words.MaxLine))
	if strings.TrimSpace(s) == "" {
		return "–"
	}
	marks := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return marks + s + marks
}

// fence is lines as a block of code in a language, which may be empty.
func fence(lang string, ss []string) string {
	if len(ss) == 0 {
		return ""
	}
	longest := 2
	clean := make([]string, len(ss))
	for i, s := range ss {
		clean[i] = text.Printable(s)
		longest = max(longest, longestRun(clean[i], '`'))
	}
	marks := strings.Repeat("`", longest+1)
	return marks + lang + "\n" + strings.Join(clean, "\n") + "\n" + marks
}

// unlinked keeps GitHub from making a mention of @name or a link of #7: nothing
// that shows stands between the mark and what follows.
var unlinked = strings.NewReplacer("@", "@\u200b", "#", "#\u200b", "GH-", "GH-\u200b", "://", ":\u200b//", "www.", "www\u200b.")

// prose is s as text in one line, with all escaped that Markdown, HTML or GitHub
// would take for more.
func prose(s string) string {
	s = unlinked.Replace(text.Printable(text.Clip(strings.Join(strings.Fields(s), " "), words.MaxValue)))
	var b strings.Builder
	for i, r := range s {
		begins := i == 0 && strings.ContainsRune("-+=", r)
		// 1. and 1) begin a list.
		begins = begins || (r == '.' || r == ')') && strings.Trim(s[:i], "0123456789") == ""
		if begins || strings.ContainsRune("\\`*_[]<>#!|~&$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// folded is a block that opens on a click; the title is ours.
func folded(title, body string) string {
	if body == "" {
		return ""
	}
	return "<details>\n<summary>" + title + "</summary>\n\n" + body + "\n\n</details>"
}

// longestRun is the length of the longest run of c in s.
func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
