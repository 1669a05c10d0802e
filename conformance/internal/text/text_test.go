package text_test

import (
	"testing"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

func TestPlural(t *testing.T) {
	for _, c := range []struct {
		n    int
		noun string
		want string
	}{
		{0, "check", "0 checks"},
		{1, "check", "1 check"},
		{2, "check", "2 checks"},
		{1, "batch", "1 batch"},
		{2, "batch", "2 batches"},
		{3, "retry", "3 retries"},
		{3, "key", "3 keys"},
		{1000, "entry", "1,000 entries"},
		{1234567, "schedule", "1,234,567 schedules"},
	} {
		if got := text.Plural(c.n, c.noun); got != c.want {
			t.Errorf("%d of %q: %q, want %q", c.n, c.noun, got, c.want)
		}
	}
}

func TestElapsed(t *testing.T) {
	for ms, want := range map[int64]string{
		0: "0.0 s", 3149: "3.1 s", 59_940: "59.9 s", 60_000: "1 min 0 s", 125_400: "2 min 5 s", 3_660_000: "1 h 1 min",
	} {
		if got := text.Elapsed(ms); got != want {
			t.Errorf("%d ms: %q, want %q", ms, got, want)
		}
	}
}

// A cut never parts a character, and is never longer than was asked for.
func FuzzCut(f *testing.F) {
	f.Add("grün 🚀", uint8(3))
	f.Add("", uint8(0))
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		if !utf8.ValidString(s) {
			return
		}
		got := text.Cut(s, int(n))
		if !utf8.ValidString(got) || len(got) > max(len(s), int(n)+len("…")) {
			t.Errorf("%q after %d bytes is %q", s, n, got)
		}
		if len(s) <= int(n) && got != s {
			t.Errorf("%q is not longer than %d bytes, and became %q", s, n, got)
		}
	})
}
