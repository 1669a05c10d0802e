package terminal

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// Printer collects a text for people. But for the parts of Line, which are
// printable already, everything that goes through it is made printable and is of
// bounded length.
type Printer struct {
	Palette
	// Width is the number of columns that sentences are wrapped at.
	Width int
	// Label is the width of the column that names what follows; 0 is 10.
	Label int

	buf bytes.Buffer
}

// Printable is a text of others, such as a receiver's, as one line that does
// nothing to a terminal or a CI server.
func Printable(s string) string { return text.Printable(s) }

// WriteTo writes what was collected.
func (p *Printer) WriteTo(w io.Writer) (int64, error) { return p.buf.WriteTo(w) }

// Line writes one line of parts, which are printable already.
func (p *Printer) Line(indent int, parts ...string) {
	s := strings.TrimRight(text.Inert(strings.Join(parts, "")), " ")
	if s != "" {
		s = strings.Repeat(" ", indent) + s
	}
	p.buf.WriteString(s + "\n")
}

// Gap writes an empty line.
func (p *Printer) Gap() { p.buf.WriteByte('\n') }

// isEmpty tells whether nothing was written.
func (p *Printer) isEmpty() bool { return p.buf.Len() == 0 }

func (p *Printer) label() int { return cmp.Or(p.Label, 10) }

// Row writes parts, which are printable already, behind their name.
func (p *Printer) Row(indent int, name string, parts ...string) {
	p.Line(indent, append([]string{p.Paint(fmt.Sprintf("%-*s", p.label(), name), Dim)}, parts...)...)
}

// prose writes s between words, indented.
func (p *Printer) prose(indent int, s string, colors ...Color) {
	for _, l := range text.Wrap(text.Printable(text.Clip(s, words.MaxCurlBytes)), max(20, p.Width-indent)) {
		p.Line(indent, p.Paint(l, colors...))
	}
}

// field writes a value behind its name, wrapped under itself. An empty value
// is left out.
func (p *Printer) field(indent int, name, value string) {
	for _, l := range text.Wrap(text.Printable(text.Clip(value, words.MaxValue)), max(20, p.Width-indent-p.label())) {
		p.Row(indent, name, l)
		name = ""
	}
}

// value writes a value behind its name as it is: its spaces may be what is
// wrong. An empty value is left out.
func (p *Printer) value(indent int, name, value string) {
	if value != "" {
		p.Row(indent, name, text.Printable(text.Clip(value, words.MaxValue)))
	}
}

// block writes a tag and prose beside it.
func (p *Printer) block(tag string, c Color, s string) {
	indent := len(tag) + 2
	for i, l := range text.Wrap(text.Printable(text.Clip(s, words.MaxCurlBytes)), p.Width-indent) {
		if i == 0 {
			p.Line(0, p.Paint(tag, c, Bold), "  ", l)
			continue
		}
		p.Line(indent, l)
	}
}

// oneLine writes a tag and what fits beside it.
func (p *Printer) oneLine(tag string, c Color, s string) {
	p.Line(0, p.Paint(tag, c, Bold), "  ", text.Fit(text.Printable(text.OneLine(s)), p.Width-len(tag)-2))
}

// raw writes lines as they came, never wrapped: they are copied or compared.
func (p *Printer) raw(indent int, prefix string, ss []string, limit int) {
	for _, s := range ss {
		p.Line(indent, p.Paint(prefix, Dim), text.Printable(text.Clip(s, limit)))
	}
}

// excerpt writes at most n lines: how it began and how it ended tell the most.
func (p *Printer) excerpt(indent int, prefix string, ss []string, n int) {
	if len(ss) <= n {
		p.raw(indent, prefix, ss, words.MaxLine)
		return
	}
	p.raw(indent, prefix, ss[:n/2], words.MaxLine)
	p.more(indent, len(ss)-n, "line")
	p.raw(indent, prefix, ss[len(ss)-n/2:], words.MaxLine)
}

// more says that n things were left out; nothing where n is not positive.
func (p *Printer) more(indent, n int, noun string) {
	if n > 0 {
		p.Line(indent, p.Paint("… "+text.Plural(n, "more "+noun)+" in report.json", Dim))
	}
}

// Excerpt is a text of others as lines for people, cut in the middle.
func Excerpt(s string) string {
	var p Printer
	p.excerpt(0, "", text.Lines(s), words.MaxReasonLines)
	return strings.TrimSuffix(p.buf.String(), "\n")
}
