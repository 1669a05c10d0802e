package lines

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"
)

func TestLogKeepsTheLastLines(t *testing.T) {
	g := NewWithT(t)
	l := New("")
	w := l.Open()
	for i := range maxLines + 10 {
		fmt.Fprintf(w, "line %d\r\n", i)
	}
	fmt.Fprint(w, "unfinished")
	g.Expect(l.Tail(3)).To(Equal([]string{"line 2008", "line 2009", "unfinished"}))
	g.Expect(l.Tail(1 << 20)).To(HaveLen(maxLines + 1))
	g.Expect(l.Tail(1 << 20)[0]).To(Equal("line 10"))
	g.Expect(l.Tail(0)).To(BeEmpty())
	g.Expect(l.Tail(-1)).To(BeEmpty())
	g.Expect(w.Close()).To(Succeed())
	g.Expect(w.Close()).To(Succeed())
	g.Expect(l.Tail(1)).To(Equal([]string{"unfinished"}))
}

func TestLogCutsLongLines(t *testing.T) {
	g := NewWithT(t)
	l := New("s3cret-0123456789")
	w := l.Open()
	fmt.Fprintf(w, "%s\nnext\n", strings.Repeat("x", 100*MaxLine))
	lines := l.Tail(9)
	g.Expect(lines).To(HaveLen(2))
	g.Expect(lines[0]).To(Equal(strings.Repeat("x", MaxLine) + "…"))
	g.Expect(lines[1]).To(Equal("next"))
}

func TestLogKeepsStreamsApart(t *testing.T) {
	g := NewWithT(t)
	l := New("")
	out, errs := l.Open(), l.Open()
	fmt.Fprint(out, "one ")
	fmt.Fprint(errs, "two\n")
	fmt.Fprint(out, "line\n")
	g.Expect(l.Tail(9)).To(Equal([]string{"two", "one line"}))
}

func TestLogBlanksOtherSpellings(t *testing.T) {
	g := NewWithT(t)
	l := New(`a"b/c d`)
	fmt.Fprintln(l.Open(), `json a\"b/c d, query a%22b%2Fc+d, path a%22b%2Fc%20d, base64 YSJiL2MgZA==, as it is a"b/c d`)
	g.Expect(l.Tail(1)[0]).To(Equal("json [secret], query [secret], path [secret], base64 [secret], as it is [secret]"))
}

// However a receiver writes its secret, no look at the log shows it.
func TestLogNeverShowsTheSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[a-c]{4,12}`).Draw(t, "secret")
		l := New(secret)
		w := l.Open()
		filler := rapid.SampledFrom([]string{"", "\n", "xyz", secret[:len(secret)-1], strings.Repeat("-", MaxLine-5)})
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			text := filler.Draw(t, "before") + secret + filler.Draw(t, "after")
			at := rapid.IntRange(0, len(text)).Draw(t, "split")
			for _, part := range []string{text[:at], text[at:]} {
				if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
					t.Fatalf("Write = %d, %v", n, err)
				}
				for _, line := range l.Tail(100) {
					if strings.Contains(line, secret) {
						t.Fatalf("shows %q in %q", secret, line)
					}
				}
			}
		}
	})
}

func FuzzLog(f *testing.F) {
	f.Add("a-long-secret", "the a-long-secret\r\nis a-long-sec", "ret\n")
	f.Add("a", "\x00\xff\n", strings.Repeat("a", MaxLine+1))
	f.Fuzz(func(t *testing.T, secret, one, two string) {
		l := New(secret)
		w := l.Open()
		w.Write([]byte(one))
		w.Write([]byte(two))
		w.Close()
		for _, line := range l.Tail(maxLines) {
			if len(line) > MaxLine+len("…") || strings.Contains(line, "\n") {
				t.Fatalf("a line of %d bytes: %.80q", len(line), line)
			}
			if tellable(secret) && strings.Contains(line, secret) {
				t.Fatalf("shows the secret: %q", line)
			}
		}
	})
}

// tellable reports whether a secret could stand in a header, and is no part of
// what the log puts in its place.
func tellable(secret string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '[' || r == ']' }
	return len(secret) > len(blank) && !strings.ContainsFunc(secret, odd)
}
