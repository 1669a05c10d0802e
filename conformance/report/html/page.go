package html

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// page is what the templates show. Its strings are visible text.
type page struct {
	Title         string
	Policy        string
	Style, Script template.HTML
	Icon          template.URL

	Verdict  banner
	Sections []problems
	Checks   table
	Orders   []orders
	Timings  []timing
	Run      facts
}

// banner is the verdict in words.
type banner struct {
	Result   string // pass, fail, error, interrupted
	Word     string // PASS
	Headline string
	Why      []string
	Reason   []string // lines of why the run has no clear result
	Tiles    []tile
	Causes   []link
}

type tile struct{ Value, Name, Class string }

type link struct{ Href, Text string }

// problems are failures of one weight.
type problems struct {
	ID, Title, Intro string
	Problems         []problem
	LeftOut          int // causes that are not shown
}

func newPage(r report.Report) page {
	p := page{
		Title: fmt.Sprintf("%s: %s", strings.ToUpper(string(r.Result)), shown(r.Name())),
		Icon:  icon(r.Result),
	}
	p.Sections = sections(r, &budget{left: maxPageBytes})
	p.Checks = newTable(r, &budget{left: maxTraceBytes})
	p.Orders = newOrders(r)
	p.Timings = slowest(r)
	p.Run = newFacts(r)
	p.Verdict = newBanner(r, p.Sections)
	return p
}

// icon is a dot of the verdict's colour, which tells a browser's tabs apart.
func icon(r report.Result) template.URL {
	color := map[report.Result]string{report.Pass: "1a7f37", report.Fail: "cf222e", report.Error: "cf222e"}[r]
	if color == "" {
		color = "9a6700"
	}
	return template.URL("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23" + color + "'/%3E%3C/svg%3E")
}

func newBanner(r report.Report, all []problems) banner {
	s, name := r.Summary, shown(r.Name())
	b := banner{Result: string(r.Result), Word: strings.ToUpper(string(r.Result))}
	failed := s.FailedRequired()
	switch {
	case failed > 0:
		b.Headline = fmt.Sprintf("%s breaks %s that ContextPush's contract settles.", name, text.Plural(failed, "rule"))
	case r.Result == report.Pass:
		b.Headline = fmt.Sprintf("%s keeps every rule that was checked.", name)
	case r.Result == report.Interrupted:
		b.Headline = fmt.Sprintf("The run was interrupted before %s was judged.", name)
	default:
		b.Headline = fmt.Sprintf("%s could not be judged.", name)
	}
	b.Why = why(r)
	for i, l := range text.Lines(r.Reason) {
		if i == words.MaxReasonLines {
			b.Reason = append(b.Reason, "…")
			break
		}
		b.Reason = append(b.Reason, shown(l))
	}
	for _, sec := range all {
		if sec.ID != requiredSection {
			continue
		}
		for _, p := range sec.Problems[:min(len(sec.Problems), 8)] {
			says := p.Cause
			if n := len(p.Cards); n > 1 {
				says = fmt.Sprintf("%s Breaks %s.", says, text.Plural(n+p.LeftOut, "rule"))
			}
			b.Causes = append(b.Causes, link{"#" + p.ID, says})
		}
		if n := len(sec.Problems) + sec.LeftOut - len(b.Causes); n > 0 {
			b.Causes = append(b.Causes, link{"#" + sec.ID, fmt.Sprintf("and %s more", text.Plural(n, "likely cause"))})
		}
	}
	add := func(n int, what, class string, always bool) {
		if n == 0 {
			class = ""
		}
		if n != 0 || always {
			b.Tiles = append(b.Tiles, tile{text.Thousands(n), what, class})
		}
	}
	add(s.Passed, "passed", "pass", true)
	add(failed, "failed", "fail", true)
	add(s.FailedRecommended, "advice not followed", "note", false)
	add(s.Waived, "waived", "note", false)
	add(s.Skipped, "skipped", "note", false)
	add(s.Errored, "not judged", "fail", false)
	add(s.NotRun, "not run", "note", false)
	add(s.Schedules, "schedules", "", true)
	add(s.Requests, "requests", "", true)
	add(s.Events, "entries", "", true)
	b.Tiles = append(b.Tiles, tile{text.Elapsed(r.DurationMS), "duration", ""})
	return b
}

// why is the verdict's reasons, a sentence each, for somebody who sees such a
// report for the first time.
func why(r report.Report) []string {
	s := r.Summary
	var all []string
	judged := s.Passed + s.Failed + s.Waived
	if r.Result == report.Pass || s.FailedRequired() > 0 {
		all = append(all, fmt.Sprintf("%s judged by playing ContextPush's sender: %s in %s, after which the receiver's own state was compared with what truly happened.",
			were(judged, "check"), text.Plural(s.Events, "status entry"), text.Plural(s.Requests, "request")))
	}
	if s.Skipped > 0 {
		all = append(all, fmt.Sprintf("%s skipped, so nothing is known of what they ask: %s", were(s.Skipped, "check"), sentence(shown(firstReason(r, event.Skipped)))))
	}
	if s.Errored > 0 {
		all = append(all, fmt.Sprintf("%s judged: %s", strings.Replace(were(s.Errored, "check"), "were", "could not be", 1), sentence(shown(firstReason(r, event.Errored)))))
	}
	if s.NotRun > 0 {
		all = append(all, fmt.Sprintf("%s not run.", were(s.NotRun, "check")))
	}
	if s.FailedRecommended > 0 {
		all = append(all, fmt.Sprintf("%s of good practice not followed, which fails nothing.", were(s.FailedRecommended, "rule")))
	}
	for _, w := range r.UnneededWaivers[:min(len(r.UnneededWaivers), 5)] {
		all = append(all, fmt.Sprintf("%s passed, so its waiver (%s) can go.", shown(w.Check), shown(w.Why)))
	}
	return all
}

// were is "1 check was" or "2 checks were".
func were(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return text.Plural(n, noun) + " were"
}

func firstReason(r report.Report, result event.Result) string {
	i := slices.IndexFunc(r.Checks, func(c report.Check) bool { return c.Result == result && c.Reason != "" })
	if i < 0 {
		return "no reason was given"
	}
	return strings.Join(text.Lines(text.Clip(r.Checks[i].Reason, 600)), "; ")
}

// budget is how many bytes a part of the page may still take.
type budget struct{ left int }

// take takes n bytes, if there are any left: the last may be too many.
func (b *budget) take(n int) bool {
	if b.left <= 0 {
		return false
	}
	b.left -= n
	return true
}

// facts are the run itself.
type facts struct {
	Command string
	Facts   []fact
	Notes   []fact
	More    int // notes
}

type fact struct{ Name, Value string }

func newFacts(r report.Report) facts {
	f := facts{Command: shown(r.Command)}
	add := func(name, value string) {
		if value != "" {
			f.Facts = append(f.Facts, fact{name, shown(value)})
		}
	}
	add("receiver", r.Receiver.Name)
	add("kind", r.Receiver.Kind)
	add("address", r.Receiver.URL)
	add("image", r.Receiver.Image)
	add("digest", r.Receiver.Digest)
	add("identity", r.Receiver.Identity)
	add("ctxpush", r.Tool.Version)
	add("protocol", r.Tool.Protocol)
	add("seed", fmt.Sprint(r.Tool.Seed))
	add("salt", r.Tool.Salt)
	if !r.Tool.Epoch.IsZero() {
		add("messages scheduled at", r.Tool.Epoch.Format(time.RFC3339))
	}
	add("started", r.Started.Format("2006-01-02 15:04:05 UTC"))
	add("duration", text.Elapsed(r.DurationMS))
	for _, s := range r.Settings[:min(len(r.Settings), maxNotes)] {
		add(shown(s.Name), s.Value)
	}
	for _, n := range r.Notes[:min(len(r.Notes), maxNotes)] {
		f.Notes = append(f.Notes, fact{"+" + text.Elapsed(max(0, n.Time.Sub(r.Started).Milliseconds())), shown(n.Text)})
	}
	f.More = len(r.Notes) - len(f.Notes)
	return f
}
