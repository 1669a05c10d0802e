package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	nethtml "golang.org/x/net/html"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/html"
	"github.com/ctxpush/ctxpush/mocksender"
)

// page is r as a page.
func page(t testing.TB, r report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// harmless says in which way a page could do anything, or ask anybody for
// anything; nil where its only script and style are the ones that its policy
// names.
func harmless(data []byte) error {
	doc, err := nethtml.Parse(bytes.NewReader(data))
	if err != nil {
		return err
	}
	count := map[string]int{}
	for n := range doc.Descendants() {
		if n.Type == nethtml.TextNode {
			for _, r := range n.Data {
				if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && r != '\n' && r != '\t' {
					return fmt.Errorf("the text has the character %U", r)
				}
			}
		}
		if n.Type != nethtml.ElementNode {
			continue
		}
		count[n.Data]++
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "src", a.Key == "srcset", a.Key == "action", a.Key == "formaction":
				return fmt.Errorf("<%s> has the attribute %s", n.Data, a.Key)
			case a.Key == "href" && n.Data == "a" && !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "report.json") &&
				!strings.HasPrefix(value, "junit.xml") && !strings.HasPrefix(value, "counterexamples/"):
				return fmt.Errorf("a link leads to %q", a.Val)
			case a.Key == "href" && n.Data != "a" && !strings.HasPrefix(value, "data:image/svg+xml,"):
				return fmt.Errorf("<%s> refers to %q", n.Data, a.Val)
			}
		}
	}
	for tag, want := range map[string]int{"script": 1, "style": 1, "link": 1, "img": 0, "iframe": 0, "object": 0, "embed": 0, "base": 0, "image": 0, "use": 0} {
		if count[tag] != want {
			return fmt.Errorf("%d elements <%s>: want %d", count[tag], tag, want)
		}
	}
	return nil
}

func TestPageIsHarmlessWhateverAReceiverWrites(t *testing.T) {
	for name, r := range map[string]report.Report{"nothing": build(), "sample": build(sampleEvents()...), "hostile": build(hostileEvents()...)} {
		t.Run(name, func(t *testing.T) {
			if err := harmless([]byte(page(t, r))); err != nil {
				t.Error(err)
			}
		})
	}
	// The proof can fail.
	for _, bad := range []string{"<script>1</script>", "<p onclick=x>", "<img src=x>", "<a href='javascript:x'>", "<p>\u202e", "<base href=x>"} {
		ok := page(t, build())
		if harmless([]byte(strings.Replace(ok, "<h1>", bad+"<h1>", 1))) == nil {
			t.Errorf("%s is taken for harmless", bad)
		}
	}
}

func TestPageSaysWhatIsWrong(t *testing.T) {
	text := page(t, build(sampleEvents()...))
	for _, want := range []string{
		"acme-receiver breaks 2 rules",
		"A pending entry that comes last changes nothing",
		"The message truly ended as opened, but the receiver says pending.",
		"The receiver stores whatever arrives last.",
		"1,200 × stale: an earlier state stayed",
		"content.userInfo.tags",
		"2 checks were skipped, so nothing is known of what they ask: A url is not ours to restart.",
		"batch/1 passed, so its waiver (ACME-3) can go.",
		"tracked as ACME-12",
		"ctxpush certify receiver.yaml --seed 7",
		"Advice that is not followed",
	} {
		if !strings.Contains(text, nethtml.EscapeString(want)) && !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageOfARunWithoutAClearResult(t *testing.T) {
	for want, r := range map[string]report.Report{
		"could not be judged": build(event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: "acme"}, Checks: []event.Check{check("a/b")}},
			event.RunFinished{Err: errors.New("the receiver did not start\npanic: no such table")}),
		"was interrupted": build(event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: "acme"}, Checks: []event.Check{check("a/b")}}, event.RunFinished{Interrupted: true}),
		"keeps every rule": build(event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: "acme"}, Checks: []event.Check{check("a/b")}},
			event.CheckFinished{Verdict: event.Verdict{ID: "a/b", Result: event.Pass}}, event.RunFinished{}),
	} {
		text := page(t, r)
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
		if broke := strings.Contains(r.Reason, "panic"); broke != strings.Contains(text, "panic: no such table") {
			t.Errorf("%q: the log's end is on the page: %v, want %v", want, !broke, broke)
		}
	}
}

// traced is a trace of two entries out of order, a restart, and retries.
func traced() *event.Trace {
	entry := func(status mocksender.DeliveryStatus, time string) event.Entry {
		return event.Entry{Message: "m", Status: status, Time: time}
	}
	pending, opened := entry(mocksender.Pending, "2026-11-24T09:30:00.000Z"), entry(mocksender.Opened, "2026-11-24T09:31:00.000Z")
	steps := []event.Step{
		{Kind: event.Looked, AtUS: 10, States: []event.Seen{{Message: "m", Count: 1}}},
		{Kind: event.Attempted, AtUS: 100, TookUS: 1500, Request: 1, Attempt: 1, Entries: []event.Entry{opened}, Count: 1, Status: 200},
		{Kind: event.Looked, AtUS: 1700, States: []event.Seen{{Message: "m", Status: mocksender.Opened, Count: 1}}},
		{Kind: event.Restarted, AtUS: 2000, TookUS: 90_000, Text: "SIGKILL"},
		{Kind: event.Attempted, AtUS: 100_000, TookUS: 1000, Request: 2, Attempt: 1, Entries: []event.Entry{pending}, Count: 1, Fault: "lost-ack", Error: "acknowledgement lost"},
	}
	for retry := 1; retry <= 9; retry++ {
		steps = append(steps, event.Step{Kind: event.Attempted, AtUS: 100_000 + int64(retry)*5000, TookUS: 1000, Request: 2, Attempt: retry + 1, AfterMS: int64(retry) * 7000, Entries: []event.Entry{pending}, Count: 1, Status: 500, Answer: "duplicate key"})
	}
	steps = append(steps, event.Step{Kind: event.Looked, AtUS: 2_200_000, States: []event.Seen{{Message: "m", Status: mocksender.Pending, Count: 1, Judged: true, Wrong: "delivery_status is pending: want opened"}}})
	return &event.Trace{Truth: []event.Entry{pending, entry(mocksender.Delivered, "2026-11-24T09:30:30.000Z"), opened}, Steps: steps}
}

func TestDiagram(t *testing.T) {
	r := build(event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: "acme"}},
		event.CheckFinished{Verdict: event.Verdict{ID: "a/b", Result: event.Fail, Failures: []event.Failure{{Kind: event.Stale, Count: 1, Cause: "the last arrival wins", Trace: traced()}}}},
		event.RunFinished{})
	doc, err := nethtml.Parse(strings.NewReader(page(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	var rows, truth []string
	for n := range doc.Descendants() {
		if n.Type == nethtml.ElementNode && n.Data == "li" {
			for _, a := range n.Attr {
				if a.Key == "class" && strings.HasPrefix(a.Val, "row ") {
					rows = append(rows, textOf(n))
				}
			}
			if p := n.Parent.Parent; p != nil && len(p.Attr) > 0 && p.Attr[0].Val == "truth" {
				truth = append(truth, textOf(n))
			}
		}
	}
	want := []string{
		"+0.0 ms the receiver's state: not known",
		"+0.1 ms request #1 opened 09:31:00.000",
		"+1.6 ms answer to #1 200 after 1.5 ms the receiver's state: opened",
		"+2.0 ms SIGKILL: the receiver is ended and started again 90 ms",
		"+100 ms request #2 pending 09:30:00.000 late: older than opened its answer is thrown away on the wire",
		"+101 ms answer to #2 acknowledgement lost after 1.0 ms",
		"+105 ms request #2 retry 1 pending 09:30:00.000 after 7.0 s of ContextPush's time",
		"+106 ms answer to #2 retry 1 500 duplicate key after 1.0 ms",
		"+110 ms 7 more retries with the same answer",
		"+145 ms request #2 retry 9 pending 09:30:00.000 after 1 min 3 s of ContextPush's time",
		"+146 ms answer to #2 retry 9 500 duplicate key after 1.0 ms",
		"+2.2 s the receiver's state: pending ✗ want opened",
	}
	if got := strings.Join(rows, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the diagram is\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	wantTruth := "pending 09:30:00.000 / delivered 09:30:30.000 never sent / opened 09:31:00.000 the final state"
	if got := strings.Join(truth, " / "); got != wantTruth {
		t.Errorf("the truth is %s: want %s", got, wantTruth)
	}
}

// textOf is what is read of an element, its white space collapsed.
func textOf(n *nethtml.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == nethtml.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// A report of any size has a page of at most 2 MB, which says what it leaves out.
func TestPageIsBounded(t *testing.T) {
	for name, r := range map[string]report.Report{"failures": build(manyFailures(20_000)...), "hostile": build(hostileEvents()...), "traces": build(manyTraces(3000)...)} {
		t.Run(name, func(t *testing.T) {
			text := page(t, r)
			if len(text) > 2<<20 {
				t.Errorf("the page has %d bytes: want at most 2 MB", len(text))
			}
			if name != "hostile" && !strings.Contains(text, "in report.json") {
				t.Error("it does not say that something is left out")
			}
		})
	}
}

func manyFailures(n int) []event.Event {
	events := []event.Event{event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: "acme"}}}
	for i := range n {
		fs := lateFailures()
		for j := range fs {
			fs[j].Cause = fmt.Sprintf("cause %d", i%5000)
			fs[j].Trace = traced()
		}
		events = append(events, event.CheckFinished{Time: at(1), Verdict: event.Verdict{ID: fmt.Sprintf("own/check-%d", i), Result: event.Fail, Schedules: 10, Failures: fs}})
	}
	return append(events, event.RunFinished{Time: at(2)})
}

func manyTraces(n int) []event.Event {
	events := []event.Event{event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: "acme"}}}
	for i := range n {
		events = append(events, event.CheckFinished{Time: at(1), Verdict: event.Verdict{ID: fmt.Sprintf("own/check-%d", i), Result: event.Pass,
			Scenarios: []event.Scenario{{Trace: traced()}, {Name: "other", Trace: traced()}}}})
	}
	return append(events, event.RunFinished{Time: at(2)})
}

// exploredRun is a run of 200,000 schedules, of which a tenth failed in the checks
// that explore.
func exploredRun() report.Report {
	events := sampleEvents()
	finished := events[len(events)-1]
	events = events[:len(events)-1]
	for i := range 120 {
		events = append(events, event.CheckFinished{Time: at(100 + i), Verdict: event.Verdict{ID: fmt.Sprintf("own/check-%d", i), Result: event.Pass, Schedules: 40, Duration: time.Second, Scenarios: []event.Scenario{{Trace: traced()}}}})
	}
	for i := range 5 {
		v := event.Verdict{ID: fmt.Sprintf("explored/way-%d", i), Result: event.Fail, Schedules: 40_000, Duration: 30 * time.Second}
		for h := range 40 {
			for _, m := range event.Manners {
				v.Orders = append(v.Orders, event.Orders{History: fmt.Sprintf("history %d", h), Manner: m, Schedules: 200, Failed: 20})
			}
		}
		for range 16 {
			for _, f := range lateFailures() {
				f.Trace = traced()
				v.Failures = append(v.Failures, f)
			}
		}
		events = append(events, event.CheckFinished{Time: at(500), Verdict: v})
	}
	return build(append(events, finished)...)
}

func BenchmarkHTML(b *testing.B) {
	r := exploredRun()
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(page(b, r))))
	}
}

func BenchmarkHTMLOfTenThousandFailures(b *testing.B) {
	r := build(manyFailures(10_000)...)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(page(b, r))))
	}
}
