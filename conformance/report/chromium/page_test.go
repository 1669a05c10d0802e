package chromium_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/report"
)

// visible is the ids of the checks in the table that are seen.
const visible = `Array.from(document.querySelectorAll("tr.check")).filter(r => r.checkVisibility()).map(r => r.querySelector("summary > code").textContent)`

// sample is a report with failures, each thing of which a page may show.
func sample(t *testing.T) report.Report {
	return certified(t, "last-arrival-wins", conformance.AllTraces, "order", "copies", "secret", "explored")
}

func TestFiltersAndSearch(t *testing.T) {
	r := sample(t)
	b := open(t, r, look{})
	all := eval[[]string](b, visible)
	if len(all) != len(r.Checks) {
		t.Fatalf("%d of %d checks are seen before anything is filtered", len(all), len(r.Checks))
	}
	failed := eval[[]string](b, `document.querySelector("input[value=fail]").click(), `+visible)
	if len(failed) != r.Summary.Failed || len(failed) == len(all) {
		t.Errorf("%d checks are seen: want the %d that failed", len(failed), r.Summary.Failed)
	}
	if hash := eval[string](b, "location.hash"); hash != "#result=fail" {
		t.Errorf("the address keeps %q: want #result=fail", hash)
	}
	// Typed as a person does: "/" goes to the search.
	b.do(chromedp.Evaluate[chromedp.Void]("document.activeElement.blur()"))
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		// As a keyboard does it: the character follows only where the key's event is
		// not taken.
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "/", Code: "Slash", Text: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	b.wait(`document.activeElement.id == "q" && document.getElementById("q").value == ""`)
	b.press("EXPLORED same-sec")
	b.wait(`document.getElementById("matches").value.startsWith("1 of ")`)
	if got := eval[[]string](b, visible); len(got) != 1 || got[0] != "explored/same-second" {
		t.Errorf("seen are %v: want explored/same-second", got)
	}
	if n := eval[int](b, `Array.from(document.querySelectorAll("tr.clause")).filter(r => r.checkVisibility()).length`); n != 1 {
		t.Errorf("%d clauses are seen: want the one that has a check", n)
	}

	// The same address shows the same.
	hash := eval[string](b, "location.hash")
	again := open(t, r, look{hash: hash})
	if got := eval[[]string](again, visible); len(got) != 1 {
		t.Errorf("%s shows %v: want one check", hash, got)
	}
	if !eval[bool](again, `document.querySelector("input[value=fail]").checked && document.getElementById("q").value == "EXPLORED same-sec"`) {
		t.Errorf("%s does not set the filter", hash)
	}

	b.press("nothing is called so")
	b.wait(`document.getElementById("none").checkVisibility()`)
	b.do(chromedp.Click(chromedp.CSS("button[type=reset]")))
	b.wait(`document.activeElement.id == "q" && location.hash == ""`)
	if got := eval[[]string](b, visible); len(got) != len(all) {
		t.Errorf("%d checks are seen after Clear: want %d", len(got), len(all))
	}
}

// A link to what is filtered away or folded shows it.
func TestLinksLeadToWhatIsHidden(t *testing.T) {
	b := open(t, sample(t), look{hash: "#q=secret"})
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("a.clause[href='#clause-order']").click()`))
	b.wait(`document.getElementById("clause-order").checkVisibility()`)
	folded := eval[string](b, `document.querySelector("details.card").id`)
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#` + folded + `"`))
	b.wait(`document.getElementById("` + folded + `").open`)
}

func TestEverythingIsReachedAndOperatedByKeyboard(t *testing.T) {
	b := open(t, certified(t, "last-arrival-wins", conformance.AllTraces, "order/delivered-after-opened", "secret/wrong"), look{})
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
	want := eval[int](b, `Array.from(document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")).filter(e => e.checkVisibility()).map((e, i) => e.dataset.place = i).length`)
	reached := map[string]bool{}
	for range 2 * want {
		b.press(kb.Tab)
		place := eval[string](b, `document.activeElement.dataset.place ?? ""`)
		if place == "" {
			if len(reached) > 0 {
				break // it left the page
			}
			continue
		}
		reached[place] = true
		// What has the focus is marked so that it is seen, and in view.
		if !eval[bool](b, `(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect(); return s.outlineStyle != "none" && parseFloat(s.outlineWidth) >= 2 && r.bottom > 0 && r.top < innerHeight })()`) {
			t.Errorf("the focus is not seen on %s", eval[string](b, "document.activeElement.outerHTML.slice(0, 200)"))
		}
	}
	if len(reached) != want {
		t.Errorf("Tab reaches %d of %d: not %s", len(reached), want, eval[string](b, `Array.from(document.querySelectorAll("[data-place]")).filter(e => !`+list(reached)+`.includes(e.dataset.place)).map(e => e.outerHTML.slice(0, 120)).join("\n")`))
	}

	focus := func(selector string) {
		t.Helper()
		b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("` + selector + `").focus()`))
		b.wait(`document.activeElement == document.querySelector("` + selector + `")`)
	}
	focus("details.help > summary")
	b.press(kb.Enter)
	b.wait(`!document.querySelector("details.help").open`)
	focus("input[value=pass]")
	b.press(" ")
	b.wait(`location.hash == "#result=pass"`)
	focus("button[data-copy=command]")
	b.press(kb.Enter)
	b.wait(`document.querySelector("button[data-copy=command]").textContent == "Copied"`)
	focus(".skip")
	b.press(kb.Enter)
	b.wait(`document.activeElement.id == "main"`)
}

func list(of map[string]bool) string {
	var names []string
	for name := range of {
		names = append(names, `"`+name+`"`)
	}
	return "[" + strings.Join(names, ",") + "]"
}

func TestCopyPutsTheTextOnTheClipboard(t *testing.T) {
	r := certified(t, "last-arrival-wins", conformance.FailureTraces, "order/delivered-after-opened")
	f := r.Checks[0].Failures[0]
	for name, broken := range map[string]string{
		"with a clipboard":    "",
		"where it is refused": `navigator.clipboard.writeText = () => Promise.reject(new Error("refused"))`,
		"where there is none": `Object.defineProperty(navigator, "clipboard", {value: undefined})`,
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, r, look{})
			if broken != "" {
				b.do(chromedp.Evaluate[chromedp.Void](broken))
			}
			copied := func(selector string) string {
				t.Helper()
				b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
				b.do(chromedp.Click(chromedp.CSS(selector)))
				b.wait(`document.querySelector("` + selector + `").textContent == "Copied"`)
				// Pasted, as a person does.
				b.do(chromedp.Evaluate[chromedp.Void](`(() => { const a = document.createElement("textarea"); a.id = "pasted"; document.getElementById("pasted")?.remove(); document.body.append(a); a.focus() })()`))
				b.press("v", chromedp.KeyModifiers(chromedp.ModifierCtrl), func(p *input.DispatchKeyEventParams) { p.Commands = []string{"paste"} })
				b.wait(`document.getElementById("pasted").value != ""`)
				return eval[string](b, `document.getElementById("pasted").value`)
			}
			if got := copied("button[data-copy$='-scenario']"); got != strings.TrimSpace(string(f.Scenario)) {
				t.Errorf("the scenario file is copied as\n%s\nwant\n%s", got, f.Scenario)
			}
			if got, want := copied("button[data-copy$='-curl']"), strings.Join(f.Curl, "\n"); got != want {
				t.Errorf("the curl commands are copied as\n%s\nwant\n%s", got, want)
			}
			if got := copied("button[data-copy=command]"); got != r.Command {
				t.Errorf("the command is copied as %s: want %s", got, r.Command)
			}
			ticket := copied("button[data-copy$='-ticket']")
			for _, want := range []string{"order/delivered-after-opened", "> " + r.Checks[0].Requirement, "- expected: opened", "- got: delivered", f.Timeline[0], "ctxpush scenario run counterexamples/order/delivered-after-opened.yaml"} {
				if !strings.Contains(ticket, want) {
					t.Errorf("the ticket lacks %q:\n%s", want, ticket)
				}
			}
			if strings.Contains(ticket, "s3cret-of-the-tests") {
				t.Error("the ticket has the secret")
			}
		})
	}
}

func TestHostileTextsAreText(t *testing.T) {
	b := open(t, hostileReport(), look{width: 360, height: 800})
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
	if n := eval[int](b, `document.querySelectorAll("script, style, img, iframe, object, embed, base, form").length`); n != 3 {
		t.Errorf("%d elements that do things: want the script, the style and the filter's form", n)
	}
	if n := eval[int](b, `Array.from(document.querySelectorAll("*")).filter(e => Array.from(e.attributes).some(a => /^on|^style$|^autofocus$/.test(a.name) || /^\s*javascript:/i.test(a.value))).length`); n != 0 {
		t.Errorf("%d elements have an attribute that runs or styles something", n)
	}
	if !eval[bool](b, `document.body.textContent.includes("<script>alert(1)</script>")`) {
		t.Error("the markup is not seen as text")
	}
	if text := eval[string](b, `document.documentElement.textContent`); strings.ContainsAny(text, "\x00\x1b\x07\u202e\u2066") {
		t.Error("a control or a mark that reorders text is left")
	}
	if w := eval[int](b, `document.documentElement.scrollWidth`); w > 360 {
		t.Errorf("the page is %d pixels wide on a screen of 360", w)
	}
	if !eval[bool](b, `document.querySelector("h1").checkVisibility() && document.getElementById("run").checkVisibility()`) {
		t.Error("the page is hidden")
	}
}

func TestNothingIsWiderThanAPhone(t *testing.T) {
	b := open(t, sample(t), look{width: 360, height: 800})
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
	if w := eval[int](b, `document.documentElement.scrollWidth`); w > 360 {
		t.Errorf("the page is %d pixels wide on a screen of 360", w)
	}
	wide := eval[[]string](b, `Array.from(document.querySelectorAll("main *")).filter(e => e.checkVisibility() && !e.closest(".scroll, .hidden, pre") && e.getBoundingClientRect().right > 360 + 1).map(e => e.outerHTML.slice(0, 150))`)
	for _, e := range wide {
		t.Errorf("wider than the screen: %s", e)
	}
}

// Ten thousand failures are grouped, and the page is ready within the patience
// of a test; how fast it is, the benchmark tells.
func TestTenThousandFailures(t *testing.T) {
	b := open(t, many(10_000), look{})
	if n := eval[int](b, `document.querySelectorAll("*").length`); n > 120_000 {
		t.Errorf("%d elements: want fewer", n)
	}
	for _, want := range []string{"breaks 10,001 rules", "more likely causes", "more checks not shown here"} {
		if !eval[bool](b, `document.body.textContent.includes("`+want+`")`) {
			t.Errorf("the page does not say %q", want)
		}
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("q").focus()`))
	b.press("check-1017")
	b.wait(`document.getElementById("matches").value.startsWith("1 of ")`)
}

func TestAPassIsSeenToBeOne(t *testing.T) {
	r := certified(t, "", conformance.AllTraces, "order", "restart/stop")
	b := open(t, r, look{})
	if got := eval[string](b, `document.querySelector(".word").textContent`); got != "PASS" {
		t.Errorf("the verdict is %q: want PASS", got)
	}
	if n := eval[int](b, `document.querySelectorAll(".problem").length`); n != 0 {
		t.Errorf("%d problems on a page of a pass", n)
	}
	if n := eval[int](b, `document.querySelectorAll(".played .seq").length`); n < len(r.Checks) {
		t.Errorf("%d diagrams of what passed: want at least one for each of %d checks", n, len(r.Checks))
	}
}

// Paper shows what is folded on the screen.
func TestPrintUnfolds(t *testing.T) {
	b := open(t, sample(t), look{})
	if !eval[bool](b, `(() => { dispatchEvent(new Event("beforeprint")); const open = Array.from(document.querySelectorAll("article.card .again > details")).every(d => d.open); dispatchEvent(new Event("afterprint")); return open && !document.querySelector("article.card .again > details").open })()`) {
		t.Error("what is folded is not unfolded for paper, and folded again")
	}
	if _, err := chromedp.Run(b.ctx, chromedp.PrintToPDF()); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLoad is how long the browser takes for the page of ten thousand
// failures, from the navigation's start to the end of its load event, in
// milliseconds of its own clock.
func BenchmarkLoad(b *testing.B) {
	page := open(b, many(10_000), look{})
	total := 0.0
	for b.Loop() {
		page.do(chromedp.Navigate(page.url))
		total += eval[float64](page, `performance.getEntriesByType("navigation")[0].loadEventEnd`)
	}
	b.ReportMetric(total/float64(b.N), "ms/load")
}
