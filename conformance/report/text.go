package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
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

// printable is s as one line that does nothing to a terminal or a CI server:
// controls and marks that reorder text become \u escapes, which mean the same
// to JSON, so that a request's body can still be copied.
func printable(s string) string { return visible(ciCommands.Replace(s)) }

// visible is s as one line in which every character is seen: controls and marks
// that reorder text become \u escapes.
func visible(s string) string {
	clean := func(r rune, size int) bool {
		return (r != utf8.RuneError || size > 1) && !unicode.Is(unicode.Cc, r) &&
			!unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	}
	var b strings.Builder
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if clean(r, size) {
			i += size
			continue
		}
		b.WriteString(s[start:i])
		switch {
		case r == utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		case r == '\t':
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

// inert is a line of a log that no CI server takes for an order: one that
// begins with two colons is an order to GitHub's.
func inert(line string) string {
	if rest := strings.TrimLeft(line, " "); strings.HasPrefix(rest, "::") {
		return line[:len(line)-len(rest)] + `\u003a` + rest[1:]
	}
	return line
}

// markRoom is more than the mark of clip ever takes.
const markRoom = 48

// clip is s, cut where it is longer than limit bytes. The mark that says so
// stays within the limit as well, so that cutting twice changes nothing.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := max(0, limit-markRoom)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s … (%s bytes more)", s[:n], count(len(s)-n))
}

// lines splits s into lines, without the empty ones at its ends.
func lines(s string) []string {
	s = strings.Trim(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// wrap breaks s between words into lines of at most width characters. A longer
// word keeps a line of its own.
func wrap(s string, width int) []string {
	var out []string
	line, n := "", 0
	for _, word := range strings.Fields(s) {
		m := utf8.RuneCountInString(word)
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

// count is n with a comma between thousands.
func count(n int) string {
	s := strconv.Itoa(n)
	digits := strings.TrimPrefix(s, "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n < 0 {
		return "-" + digits
	}
	return digits
}

// plural is "1 check" or "2 checks".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// elapsed is a duration in milliseconds as people say it: 3.1 s, 2 min 5 s.
func elapsed(ms int64) string {
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
