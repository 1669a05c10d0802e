package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/config"
	"pgregory.net/rapid"
)

// Whatever the bytes: no panic, and an error is one line of the right type
// without the secret.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{full, boxed, "", "receiver: {url: x}", "a: &a [*a]", "? a\n: b", "<<: *x", "a: |\n  b", "waive: [{}]", "secret: {value: 1}",
		"!!str", "&a", "a: !!str", "- - -", "%YAML 1.2\n---\n", "'", "{a: b}: c", "name: !!str &a *a"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("receiver.yaml", data, "", env)
		if err == nil {
			err = c.Validate()
		}
		if err == nil {
			c.SetDefaults()
			if err := c.Validate(); err != nil {
				t.Fatalf("valid without its defaults, but not with them: %v", err)
			}
			return
		}
		var e *config.Error
		if !errors.As(err, &e) {
			t.Fatalf("%T: %v", err, err)
		}
		if s := err.Error(); strings.ContainsAny(s, "\n\r\x00\x1b") || e.Msg == "" || strings.Contains(s, hush) {
			t.Fatalf("not one plain line: %q", s)
		}
	})
}

func FuzzExpand(f *testing.F) {
	f.Add("${PORT}$${PORT}${", "80")
	f.Fuzz(func(t *testing.T, s, port string) {
		got := config.Expand(s, map[string]string{"PORT": port})
		if !strings.Contains(s, "${") && got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func TestExpand(t *testing.T) {
	vars := map[string]string{"PORT": "80", "SECRET": "${PORT}", "E": ""}
	for in, want := range map[string]string{
		"":                 "",
		"a":                "a",
		"$":                "$",
		"${":               "${",
		"${}":              "${}",
		"${PORT}":          "80",
		"a${PORT}b${PORT}": "a80b80",
		"${port}":          "${port}",
		"${SECRET}":        "${PORT}",
		"${E}":             "",
		"$${PORT}":         "${PORT}",
		"$$${PORT}":        "$${PORT}",
		"$PORT":            "$PORT",
		"${PORT":           "${PORT",
		"${A:-${PORT}}":    "${A:-80}",
		"${OTHER}${PORT}":  "${OTHER}80",
	} {
		if got := config.Expand(in, vars); got != want {
			t.Errorf("Expand(%q) = %q, want %q", in, got, want)
		}
	}
}

// What a file says reaches the process as it was meant, in whatever order
// variables, escapes and text stand: filled when the file is read, and expanded
// when the process starts.
func TestTemplateIsFilledOnce(t *testing.T) {
	type part struct{ text, want string }
	parts := []part{
		{"${PORT}", "80"}, {"${SECRET}", "hush"}, {"${BRACES}", "${PORT}"}, {"${TOKEN}", "t0k3n"}, {"$${PORT}", "${PORT}"},
		{"a", "a"}, {" ", " "}, {"{PORT}", "{PORT}"}, {"${EMPTY}", ""}, {"${DOLLAR}", "a$"},
	}
	rapid.Check(t, func(t *rapid.T) {
		var text, want strings.Builder
		for _, i := range rapid.SliceOf(rapid.IntRange(0, len(parts)-1)).Draw(t, "parts") {
			text.WriteString(parts[i].text)
			want.WriteString(parts[i].want)
		}
		c, err := config.Parse("receiver.yaml", []byte("receiver: {command: {env: {A: \""+text.String()+"\"}}}"), "", env)
		if err != nil {
			if strings.Contains(text.String(), "${DOLLAR}") {
				return // refused, rather than misread
			}
			t.Fatal(err)
		}
		got := config.Expand(c.Receiver.Command.Env["A"], map[string]string{"PORT": "80", "SECRET": "hush"})
		if got != want.String() {
			t.Fatalf("%q became %q, want %q", text.String(), got, want.String())
		}
	})
}
