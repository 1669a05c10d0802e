// Package badge draws a report as a small picture.
package badge

import (
	"fmt"
	"io"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
)

// Write writes r as a small SVG picture for a README: what was certified on the
// left, the verdict on the right. It uses no font or file of its own, and its
// text is fitted into its place, so that no font cuts it off.
func Write(w io.Writer, r report.Report) error {
	const (
		height = 20
		pad    = 7
		label  = "ContextPush"
	)
	verdict, fill := verdictOf(r)
	left, right := badgeWidth(label), badgeWidth(verdict)
	width := left + right + 4*pad
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="%s: %s">`, width, height, width, height, label, verdict)
	p(`  <title>%s: %s</title>`, label, verdict)
	p(`  <rect width="%d" height="%d" rx="3" fill="#24292f"/>`, width, height)
	p(`  <path d="M%d 0h%da3 3 0 0 1 3 3v%da3 3 0 0 1-3 3h-%dz" fill="%s"/>`, left+2*pad, right+2*pad-3, height-6, right+2*pad-3, fill)
	p(`  <g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">`)
	p(`    <text x="%d" y="14" textLength="%d" lengthAdjust="spacingAndGlyphs">%s</text>`, pad, left, label)
	p(`    <text x="%d" y="14" textLength="%d" lengthAdjust="spacingAndGlyphs">%s</text>`, left+3*pad, right, verdict)
	p(`  </g>`)
	p(`</svg>`)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("report as a badge: %w", err)
	}
	return nil
}

// verdictOf is the verdict in a few words, none of them the receiver's, and its
// colour, on which white can be read.
func verdictOf(r report.Report) (verdict, fill string) {
	s := r.Summary
	switch r.Result {
	case report.Fail:
		return text.Thousands(s.FailedRequired()) + " failed", "#cf222e"
	case report.Error:
		return "not judged", "#57606a"
	case report.Interrupted:
		return "interrupted", "#57606a"
	}
	words := []string{text.Thousands(s.Passed) + " passed"}
	for _, w := range []struct {
		n    int
		word string
	}{{s.Waived, "waived"}, {s.Skipped, "skipped"}} {
		if w.n > 0 {
			words = append(words, text.Thousands(w.n)+" "+w.word)
		}
	}
	if len(words) > 1 {
		return strings.Join(words, ", "), "#9a6700"
	}
	return words[0], "#1a7f37"
}

// badgeWidth is about how wide a text is at the badge's size, in pixels.
func badgeWidth(s string) int {
	tenths := 0
	for _, r := range s {
		switch {
		case strings.ContainsRune("ijl,.' ", r):
			tenths += 38
		case strings.ContainsRune("ft", r):
			tenths += 43
		case r == 'm' || r == 'w':
			tenths += 98
		case 'A' <= r && r <= 'Z':
			tenths += 80
		default:
			tenths += 70
		}
	}
	return (tenths + 9) / 10
}
