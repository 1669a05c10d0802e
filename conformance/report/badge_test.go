package report_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report/badge"
)

type svg struct {
	Width int    `xml:"width,attr"`
	Role  string `xml:"role,attr"`
	Label string `xml:"aria-label,attr"`
	Title string `xml:"title"`
	Path  struct {
		Fill string `xml:"fill,attr"`
	} `xml:"path"`
	Texts []struct {
		X      int    `xml:"x,attr"`
		Length int    `xml:"textLength,attr"`
		Text   string `xml:",chardata"`
	} `xml:"g>text"`
}

func TestBadge(t *testing.T) {
	many := make([]event.Verdict, 0, 3000)
	for i := range 1000 {
		id := string(rune('a'+i%26)) + "/" + strings.Repeat("x", i)
		many = append(many, verdict(id, event.Pass), verdict(id+"-w", event.Waived), verdict(id+"-s", event.Skipped))
	}
	for _, c := range []struct {
		events      []event.Event
		words, fill string
	}{
		{sampleEvents(), "2 failed", "#cf222e"},
		{run(verdict("a/b", event.Pass)), "1 passed", "#1a7f37"},
		{run(verdict("a/b", event.Pass), verdict("a/c", event.Skipped)), "1 passed, 1 skipped", "#9a6700"},
		{run(many...), "1,000 passed, 1,000 waived, 1,000 skipped", "#9a6700"},
		{run(verdict("a/b", event.Errored)), "not judged", "#57606a"},
		{nil, "interrupted", "#57606a"},
	} {
		var b bytes.Buffer
		if err := badge.Write(&b, build(c.events...)); err != nil {
			t.Fatal(err)
		}
		var got svg
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%v, in\n%s", err, b.Bytes())
		}
		if want := "ContextPush: " + c.words; got.Role != "img" || got.Label != want || got.Title != want || got.Texts[1].Text != c.words || got.Path.Fill != c.fill {
			t.Errorf("%s: got %+v", c.words, got)
		}
		// Each text has its place, in which it is fitted.
		first, second := got.Texts[0], got.Texts[1]
		if first.X <= 0 || first.X+first.Length >= second.X || second.X+second.Length >= got.Width {
			t.Errorf("%s: texts lie at %d to %d and %d to %d of %d", c.words, first.X, first.X+first.Length, second.X, second.X+second.Length, got.Width)
		}
		for _, text := range got.Texts {
			if per := float64(text.Length) / float64(len(text.Text)); per < 5 || per > 8 {
				t.Errorf("%q: %.1f pixels a letter", text.Text, per)
			}
		}
	}
}
