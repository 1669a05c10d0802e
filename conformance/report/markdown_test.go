package report_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/mocksender"
)

// inertMarkdown parses a summary as GitHub would, and says what in it is more
// than text: only headings, tables, lists, code, bold text and our own folds may
// be there.
func inertMarkdown(source []byte) error {
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()
	return ast.Walk(parser.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link, *ast.Image, *ast.AutoLink, *ast.RawHTML:
			return ast.WalkStop, fmt.Errorf("%s in %q", n.Kind(), line(n, source))
		case *ast.Emphasis:
			if n.Level != 2 {
				return ast.WalkStop, fmt.Errorf("%s in %q", n.Kind(), line(n, source))
			}
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				segment := n.Lines().At(i)
				switch l := strings.TrimSpace(string(segment.Value(source))); {
				case l == "<details>", l == "</details>",
					strings.HasPrefix(l, "<summary>") && !strings.ContainsAny(strings.TrimSuffix(l[9:], "</summary>"), "<>&"):
				default:
					return ast.WalkStop, fmt.Errorf("HTML %q", l)
				}
			}
		case *ast.Text:
			if t := string(n.Segment.Value(source)); n.Parent().Kind() != ast.KindCodeSpan {
				for _, mark := range []string{"@", "#"} {
					for rest := t; ; {
						_, after, found := strings.Cut(rest, mark)
						if !found {
							break
						}
						if after != "" && !strings.HasPrefix(after, "\u200b") {
							return ast.WalkStop, fmt.Errorf("a mention or link: %q", t)
						}
						rest = after
					}
				}
			}
		}
		switch n.Kind().String() {
		case "Document", "Heading", "Paragraph", "TextBlock", "Text", "String", "CodeSpan", "FencedCodeBlock", "Emphasis", "HTMLBlock",
			"List", "ListItem", "Table", "TableHeader", "TableRow", "TableCell":
			return ast.WalkContinue, nil
		}
		return ast.WalkStop, fmt.Errorf("%s in %q", n.Kind(), line(n, source))
	})
}

func line(n ast.Node, source []byte) string {
	for n != nil && (n.Type() == ast.TypeInline || n.Lines().Len() == 0) {
		n = n.Parent()
	}
	if n == nil {
		return ""
	}
	return string(n.Lines().Value(source))
}

func markdown(t interface{ Fatal(...any) }, r report.Report) []byte {
	var b bytes.Buffer
	if err := ci.Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// harmful are strings that are more than text to Markdown, HTML or GitHub.
var harmful = []string{
	"<script>alert(1)</script>", "<img src=http://x/y.png onerror=a>", "![x](http://x/y.png)", "[click](javascript:a)", "@octocat", "me@example.org", "#12", "GH-12",
	"https://x.example/a", "www.x.example", "<https://x.example>", "`", "``", "`@octocat", "a`b``c```d", "| a | b |", `\|`, `\`, "a\\|b`|`c", "*x* _y_ ~~z~~ **b**",
	"# h", "- x", "1. x", "12) x", "> q", "---", "===", "```\n@octocat", "~~~", "</details>", "<!-- ", "&lt;b&gt;", "$x$", "<summary>", " ", "", "[x]: http://y", "[^1]", "- [ ] x",
	"\u2028x", hostile, "+ x", "10.", "<a href='x'>", "|", "||", " leading", "trailing ", "a  b", "http://`x`", "\\`x\\`",
}

// harmfulRun is a run whose every text is s.
func harmfulRun(s string) report.Report {
	lines := []string{s, s + s, "x" + s}
	f := event.Failure{Kind: event.Kind(s), Count: 1, Cause: s, Detail: s, Schedule: s, Message: mocksender.Key{CampaignID: s, UserID: s, DeviceToken: s},
		Expected: &event.State{DeliveryStatus: "opened", Content: []byte(`{"a":1}`)}, Got: &event.State{DeliveryStatus: mocksender.DeliveryStatus(s), Content: []byte(`"` + s + `"`)},
		Timeline: lines, Curl: lines, Log: lines, Smallest: lines, Counterexample: s, Frequency: s}
	same := f
	same.SameAs, same.Cause = "told/by"+s, "other"+s
	bad := check("a/" + s)
	bad.Title, bad.Requirement, bad.Clauses = s, s, lines
	events := []event.Event{event.RunStarted{Receiver: event.Receiver{Name: s, Kind: s, URL: s, Image: s, Identity: s}, Tool: event.Tool{Version: s, Protocol: s}, Command: s,
		Checks: []event.Check{bad, {ID: s + "/not-run", Level: event.Required}}, Waivers: []event.Waiver{{Check: "p/" + s, Why: s}}}}
	for prefix, result := range map[string]event.Result{"a/": event.Fail, "b/": event.Waived, "c/": event.Skipped, "d/": event.Errored, "p/": event.Pass} {
		events = append(events, event.CheckFinished{Verdict: event.Verdict{ID: prefix + s, Result: result, Reason: s + "\n" + s, Failures: []event.Failure{f, same}}})
	}
	events = append(events, event.CheckFinished{Verdict: event.Verdict{ID: "s/" + s, Result: event.Fail, Failures: []event.Failure{same}}},
		event.CheckFinished{Verdict: event.Verdict{ID: "r/" + s, Result: event.Fail, Reason: s}})
	r := build(append(events, event.RunFinished{Err: fmt.Errorf("%s\n%s", s, s)})...)
	earlier := build(event.CheckFinished{Verdict: event.Verdict{ID: "p/" + s, Result: event.Fail, Failures: []event.Failure{f}}}, event.RunFinished{})
	return r.Since(earlier)
}

func TestMarkdownIsText(t *testing.T) {
	for _, s := range harmful {
		source := markdown(t, harmfulRun(s))
		if err := inertMarkdown(source); err != nil {
			t.Errorf("%q: %v, in\n%s", s, err, source)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(harmful), rapid.StringOfN(rapid.RuneFrom([]rune("`|\\<>[]()!*_#@&~ $-+=.:1aW\t\n")), 0, 12, -1)), 1, 4).Draw(t, "parts")
		source := markdown(t, harmfulRun(strings.Join(parts, "")))
		if err := inertMarkdown(source); err != nil {
			t.Fatalf("%q: %v, in\n%s", parts, err, source)
		}
	})
}

// The judge is of no use if it takes anything.
func TestInertMarkdownRefuses(t *testing.T) {
	for _, s := range []string{"a <b>c</b>", "![x](y)", "[x](y)", "https://x.example", "*x*", "hello @octocat", "<img src=x>", "> q", "~~x~~", "- [ ] x", "---"} {
		if inertMarkdown([]byte(s)) == nil {
			t.Errorf("taken: %s", s)
		}
	}
}

// large is a run with a great many failed checks and long evidence.
func large(checks int) report.Report {
	long := strings.Repeat("`é|", 2000)
	var events []event.Event
	for i := range checks {
		v := event.Verdict{ID: fmt.Sprintf("a/%d", i), Result: event.Fail, Reason: long}
		for j := range 5 {
			v.Failures = append(v.Failures, event.Failure{Kind: event.Stale, Cause: fmt.Sprintf("%d %s", j, long), Timeline: []string{long, long}, Curl: []string{long, long, long}, Smallest: []string{long}})
		}
		events = append(events, event.CheckFinished{Verdict: v}, event.CheckFinished{Verdict: event.Verdict{ID: fmt.Sprintf("s/%d", i), Result: event.Skipped, Reason: long}})
	}
	return build(append(events, event.RunFinished{})...)
}

func TestMarkdownHasALimit(t *testing.T) {
	for _, n := range []int{0, 1, 25, 300} {
		source := markdown(t, large(n))
		if len(source) > 1<<20 {
			t.Errorf("%d checks: %d bytes", n, len(source))
		}
		if err := inertMarkdown(source); err != nil {
			t.Errorf("%d checks: %v", n, err)
		}
		if n > 100 && !bytes.Contains(source, []byte("… ")) {
			t.Errorf("%d checks: nothing is said of what was left out", n)
		}
	}
}

func TestStepSummary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "summary")
	size := func() int {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	sample := build(sampleEvents()...)
	if err := ci.AppendSummary(file, sample); err != nil || size() != len(markdown(t, sample)) {
		t.Errorf("%v, %d bytes", err, size())
	}
	if err := ci.AppendSummary(file, sample); err != nil || size() != 2*len(markdown(t, sample))+2 {
		t.Errorf("again: %v, %d bytes", err, size())
	}
	// What is there leaves less and less room.
	for _, room := range []int{100_000, 5000, 2000, 1100} {
		if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 1<<20-room), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := ci.AppendSummary(file, large(100)); err != nil {
			t.Errorf("%d bytes left: %v", room, err)
		}
		text, _ := os.ReadFile(file)
		if n := len(text); n > 1<<20 || n < 1<<20-room+20 {
			t.Errorf("%d bytes left: %d bytes in all", room, n)
		}
		if err := inertMarkdown(text[1<<20-room:]); err != nil {
			t.Errorf("%d bytes left: %v", room, err)
		}
	}
	full := bytes.Repeat([]byte("x"), 1<<20-1000)
	if err := os.WriteFile(file, full, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ci.AppendSummary(file, sample); err == nil || strings.Contains(err.Error(), "\n") || size() != len(full) {
		t.Errorf("full: %v, %d bytes", err, size())
	}
	if err := ci.AppendSummary(t.TempDir(), sample); err == nil || !strings.HasPrefix(err.Error(), "step summary: ") {
		t.Errorf("a folder: %v", err)
	}
}
