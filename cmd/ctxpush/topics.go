package main

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// pages are the manual: docs/TOPIC.md is what help TOPIC shows.
//
//go:embed docs/*.md
var pages embed.FS

// topic is a page of the manual.
type topic struct{ name, about string }

// topics are all pages, in the order in which a reader may need them.
var topics = []topic{
	{"probe", "let ctxpush read your receiver's states, in your language"},
	{"arrange", "receivers that only take messages that they know"},
	{"figures", "receivers that keep figures in place of states"},
	{"verdicts", "what passes, fails, is waived or skipped, and why"},
	{"not-judged", "where receivers may differ"},
	{"files", "what a run writes, and what came new since an earlier one"},
	{"exit-codes", "what each exit code means"},
	{"secrets", "where the shared secret comes from and where it never goes"},
	{"compose", "receivers that a compose file starts with their database"},
	{"kubernetes", "receivers in a cluster"},
	{"tls", "receivers behind https"},
	{"ci", "GitHub, GitLab, and any other CI by the image"},
	{"scenario", "play and write single deliveries while you mend a bug"},
	{"load", "send many messages, and judge speed and states"},
	{"storms", "what a receiver gets after an outage"},
	{"serve", "a mock ContextPush for the app that schedules"},
	{"apps", "test what your app makes of its pushes, in any language"},
	{"replay", "keep real webhooks, and play them again in other orders"},
	{"go", "use it from Go tests"},
	{"languages", "call it from tests in other languages"},
	{"windows", "what works on Windows, and what is tested there"},
	{"trust", "how right its verdicts are, and how that is measured"},
}

func topicOf(name string) (topic, bool) {
	for _, t := range topics {
		if t.name == name {
			return t, true
		}
	}
	return topic{}, false
}

func topicList() string {
	var b strings.Builder
	for _, t := range topics {
		fmt.Fprintf(&b, "  %-12s%s\n", t.name, t.about)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// markdown is the page as it is kept.
func (t topic) markdown() string {
	text, err := pages.ReadFile(path.Join("docs", t.name+".md"))
	if err != nil {
		panic(err) // embedded, and a test opens each
	}
	return string(text)
}

var (
	pageLink  = regexp.MustCompile(`\[([^\]]+)\]\(([a-z0-9-]+)\.md\)`)
	otherLink = regexp.MustCompile(`\[([^\]]+)\]\((https?:[^)]+)\)`)
	localLink = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)
)

// render is the page for a terminal: code is set in, and links name what to
// type.
func (t topic) render(color bool) string {
	var b strings.Builder
	code := false
	for line := range strings.Lines(t.markdown()) {
		switch {
		case strings.HasPrefix(line, "```"):
			code = !code
		case code:
			b.WriteString(strings.TrimRight("    "+line, " \n") + "\n")
		case strings.HasPrefix(line, "#"):
			b.WriteString(heading(line, color) + "\n")
		default:
			b.WriteString(plainLinks(line))
		}
	}
	return b.String()
}

// heading is a line's text without its marks, bold where there are colours.
func heading(line string, color bool) string {
	text := strings.TrimSpace(strings.TrimLeft(line, "#"))
	if color {
		return "\x1b[1m" + text + "\x1b[0m"
	}
	return strings.ToUpper(text)
}

func plainLinks(line string) string {
	line = pageLink.ReplaceAllString(line, "$1 (ctxpush help $2)")
	line = otherLink.ReplaceAllString(line, "$1 ($2)")
	return localLink.ReplaceAllString(line, "$1")
}
