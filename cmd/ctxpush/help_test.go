package main

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHelpShowsTopicsAndCommands(t *testing.T) {
	for of, want := range map[string][]string{
		"":             {"\nCommands:\n", "  man ", "\nTopics of the manual", "  exit-codes "},
		"exit-codes":   {"EXIT CODES\n", "- 2: a mistake in a flag", "\n    ctxpush certify --built-in"},
		"probe":        {"See also: compose (ctxpush help compose)"},
		"certify":      {"Usage:\n  ctxpush certify [receiver.yaml] [flags]\n"},
		"scenario run": {"Usage:\n  ctxpush scenario run FILE|DIR|ID... [flags]\n"},
		"load":         {"Usage:\n  ctxpush load ", "\nLOAD: SPEED, AND STATES THAT ARE RIGHT\n"},
	} {
		out, _ := ctxpush(t, exitOK, append([]string{"help"}, strings.Fields(of)...)...)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("help %s: got\n%swhich lacks %q", of, out, w)
			}
		}
	}
}

func TestHelpWithoutAPage(t *testing.T) {
	for of, want := range map[string]string{
		"prob":    `there is no help for "prob"; did you mean "probe"?`,
		"certfy":  `there is no help for "certfy"; did you mean "certify"?`,
		"weather": `there is no help for "weather"; ctxpush help lists commands and topics`,
	} {
		if _, stderr := ctxpush(t, exitMistake, "help", of); stderr != "ctxpush: "+want+"\n" {
			t.Errorf("help %s: got %s", of, stderr)
		}
	}
}

// Each flag stands in one group, the common ones first, and no line is wider than
// the terminal.
func TestFlagsAreInGroups(t *testing.T) {
	for command := range commonFlags {
		out, _ := ctxpush(t, exitOK, append(strings.Fields(command), "--help")...)
		cmd, _, err := newRoot(streams{}).Find(strings.Fields(command))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range commonFlags[command] {
			if cmd.Flags().Lookup(name) == nil {
				t.Errorf("%s has no flag %s", command, name)
			}
		}
		if n := len(commonFlags[command]); n != 10 {
			t.Errorf("%s has %d common flags: want ten", command, n)
		}
		_, flags, _ := strings.Cut(out, "\nCommon flags:\n")
		for _, title := range groupTitles[1:4] {
			if !strings.Contains(flags, "\n"+title+":\n") && command != "init" {
				t.Errorf("%s has no %q", command, title)
			}
		}
		seen := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^  (?:    |-., )--([a-z0-9-]+)`).FindAllStringSubmatch(flags, -1) {
			if seen[m[1]] {
				t.Errorf("%s: --%s stands there twice", command, m[1])
			}
			seen[m[1]] = true
		}
		if want := countFlags(cmd.Flags()); len(seen) < want {
			t.Errorf("%s: %d flags are listed: want %d", command, len(seen), want)
		}
		for line := range strings.Lines(flags) {
			if n := utf8.RuneCountInString(line) - 1; n > 80 && strings.Count(strings.TrimSpace(line), " ") > 0 {
				t.Errorf("%s: %d columns: %s", command, n, line)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 7, "one two|three"},
		{"a word-that-is-longer b", 5, "a|word-that-is-longer|b"},
		{"ä ö ü", 3, "ä ö|ü"},
	} {
		if got := strings.Join(wrap(c.text, c.width), "|"); got != c.want {
			t.Errorf("wrap(%q, %d) = %q: want %q", c.text, c.width, got, c.want)
		}
	}
}
