package chromium_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"

	"github.com/ctxpush/ctxpush/conformance/report"
)

// operable are the roles of what a person operates.
var operable = map[string]bool{
	"button": true, "link": true, "checkbox": true, "searchbox": true, "textbox": true, "DisclosureTriangle": true,
	"table": true, "region": true, "navigation": true, "search": true,
}

// Whoever hears the page is told what each control is.
func TestEveryControlHasAName(t *testing.T) {
	b := open(t, sample(t), look{})
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role := trim(string(n.Role.Value))
		if !operable[role] {
			continue
		}
		seen[role]++
		if (n.Name == nil || trim(string(n.Name.Value)) == "") && role != "table" {
			t.Errorf("a %s has no name", role)
		}
	}
	for _, role := range []string{"button", "link", "checkbox", "searchbox", "DisclosureTriangle"} {
		if seen[role] == 0 {
			t.Errorf("no %s is found: %v", role, seen)
		}
	}
	// Two buttons that do different things are called differently, or lie in
	// parts of the page that are.
	if n := eval[int](b, `Array.from(document.querySelectorAll("[id]")).length - new Set(Array.from(document.querySelectorAll("[id]")).map(e => e.id)).size`); n != 0 {
		t.Errorf("%d ids are given twice", n)
	}
	if n := eval[int](b, `document.querySelectorAll("h1").length`); n != 1 {
		t.Errorf("%d first headings: want 1", n)
	}
	if lang := eval[string](b, `document.documentElement.lang`); lang != "en" {
		t.Errorf("the language is %q: want en", lang)
	}
}

func trim(value string) string {
	if len(value) >= 2 && value[0] == '"' {
		return value[1 : len(value)-1]
	}
	return value
}

// contrast is the texts whose contrast with what is behind them is less than
// 4.5:1, as the browser computes their colours.
const contrast = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const rgba = (color) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = color;
		canvas.fillRect(0, 0, 1, 1);
		const d = canvas.getImageData(0, 0, 1, 1).data;
		return [d[0], d[1], d[2], d[3] / 255];
	};
	const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3])).concat(1);
	const behind = (e) => {
		const layers = [];
		for (; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
		return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
	};
	const luminance = (c) => {
		const [r, g, b] = c.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const bad = new Map();
	let seen = 0;
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement;
		if (!texts.currentNode.data.trim() || e.closest("script, style, .hidden, .skip") || !e.checkVisibility()) continue;
		seen++;
		const back = behind(e), front = over(rgba(getComputedStyle(e).color), back);
		const [light, dark] = [luminance(front), luminance(back)].sort((a, b) => b - a);
		const ratio = (light + 0.05) / (dark + 0.05);
		if (ratio < 4.5) bad.set(e.className + " " + getComputedStyle(e).color + " on " + back.map(Math.round), ratio.toFixed(2) + " " + texts.currentNode.data.trim().slice(0, 60));
	}
	return {seen, bad: Array.from(bad, ([k, v]) => k + ": " + v)};
})()`

func TestContrast(t *testing.T) {
	for name, r := range map[string]report.Report{"failed": withAll(sample(t)), "hostile": hostileReport()} {
		for _, dark := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, dark %v", name, dark), func(t *testing.T) {
				b := open(t, r, look{dark: dark})
				b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
				if is := eval[bool](b, `matchMedia("(prefers-color-scheme: dark)").matches`); is != dark {
					t.Fatalf("the page is dark: %v, want %v", is, dark)
				}
				got := eval[struct {
					Seen int
					Bad  []string
				}](b, contrast)
				if got.Seen < 50 {
					t.Errorf("%d texts were looked at: want more", got.Seen)
				}
				for _, bad := range got.Bad {
					t.Error(bad)
				}
				back := eval[string](b, `getComputedStyle(document.body).backgroundColor`)
				if light := back == "rgb(255, 255, 255)"; light == dark {
					t.Errorf("the background is %s", back)
				}
			})
		}
	}
}
