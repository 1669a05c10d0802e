// Package text is what people read and how much of it: numbers, nouns, lines and
// their widths, and texts of others as what does no harm.
package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
)

// number is what is counted.
type number interface{ ~int | ~int64 | ~uint64 }

// Thousands is n with a comma between thousands.
func Thousands[N number](n N) string { return humanize.Comma(int64(n)) }

// Plural is "1 check", "2 checks" or "2 retries".
func Plural[N number](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Thousands(n) + " " + english.PluralWord(2, noun, "")
}

// Elapsed is a duration in milliseconds as people say it: 3.1 s, 2 min 5 s.
func Elapsed(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	if d < time.Minute {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

// Cut is the first n bytes of s and an ellipsis where s is longer, at a
// character's border.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return before(s, n) + "…"
}

// before is the first n bytes of s, or fewer where n is inside of a character.
func before(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// markRoom is more than the mark of Clip ever takes.
const markRoom = 48

// Clip is s, cut where it is longer than limit bytes. The mark that says so
// stays within the limit as well, so that cutting twice changes nothing.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	head := before(s, max(0, limit-markRoom))
	return fmt.Sprintf("%s … (%s bytes more)", head, Thousands(len(s)-len(head)))
}

// Bounded is s as valid UTF-8, clipped to limit bytes.
func Bounded[S ~string](s S, limit int) S {
	return S(Clip(strings.ToValidUTF8(string(s), "\uFFFD"), limit))
}

// Lines splits s into lines, without the empty ones at its ends.
func Lines(s string) []string {
	s = strings.Trim(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// FirstLine is the first line of s that is not empty.
func FirstLine(s string) string {
	if all := Lines(s); len(all) > 0 {
		return all[0]
	}
	return ""
}

// OneLine is s with one space in place of any line's end and run of spaces.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Wrap breaks s between words into lines of at most width columns. A longer
// word keeps a line of its own.
func Wrap(s string, width int) []string {
	var out []string
	line, n := "", 0
	for _, word := range strings.Fields(s) {
		m := Columns(word)
		switch {
		case line == "":
			line, n = word, m
		case n+1+m <= width:
			line, n = line+" "+word, n+1+m
		default:
			out = append(out, line)
			line, n = word, m
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// Columns is how many columns of a terminal s takes, its colours left out.
func Columns(s string) int { return ansi.StringWidth(s) }

// Fit is s in at most n columns, with an ellipsis where it was cut.
func Fit(s string, n int) string { return ansi.Truncate(s, n, "…") }
