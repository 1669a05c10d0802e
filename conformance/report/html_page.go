package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
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

func newPage(r Report) page {
	p := page{
		Title: fmt.Sprintf("%s: %s", strings.ToUpper(string(r.Result)), shown(r.name())),
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
func icon(r Result) template.URL {
	color := map[Result]string{Pass: "1a7f37", Fail: "cf222e", Error: "cf222e"}[r]
	if color == "" {
		color = "9a6700"
	}
	return template.URL("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23" + color + "'/%3E%3C/svg%3E")
}

func newBanner(r Report, all []problems) banner {
	s, name := r.Summary, shown(r.name())
	b := banner{Result: string(r.Result), Word: strings.ToUpper(string(r.Result))}
	failed := s.FailedRequired()
	switch {
	case failed > 0:
		b.Headline = fmt.Sprintf("%s breaks %s that ContextPush's contract settles.", name, plural(failed, "rule"))
	case r.Result == Pass:
		b.Headline = fmt.Sprintf("%s keeps every rule that was checked.", name)
	case r.Result == Interrupted:
		b.Headline = fmt.Sprintf("The run was interrupted before %s was judged.", name)
	default:
		b.Headline = fmt.Sprintf("%s could not be judged.", name)
	}
	b.Why = why(r)
	for i, l := range lines(r.Reason) {
		if i == maxReasonLines {
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
			text := p.Cause
			if n := len(p.Cards); n > 1 {
				text = fmt.Sprintf("%s Breaks %s.", text, plural(n+p.LeftOut, "rule"))
			}
			b.Causes = append(b.Causes, link{"#" + p.ID, text})
		}
		if n := len(sec.Problems) + sec.LeftOut - len(b.Causes); n > 0 {
			b.Causes = append(b.Causes, link{"#" + sec.ID, fmt.Sprintf("and %s more", plural(n, "likely cause"))})
		}
	}
	add := func(n int, what, class string, always bool) {
		if n == 0 {
			class = ""
		}
		if n != 0 || always {
			b.Tiles = append(b.Tiles, tile{count(n), what, class})
		}
	}
	add(s.Passed, "passed", "pass", true)
	add(failed, "failed", "fail", true)
	add(s.FailedRecommended, "advice not followed", "note", false)
	add(s.Waived, "waived", "note", false)
	add(s.Skipped, "skipped", "note", false)
	add(s.Errored, "not judged", "fail", false)
	add(s.NotRun, "not run", "note", false)
	add(s.Schedules, "deliveries", "", true)
	add(s.Requests, "requests", "", true)
	add(s.Events, "entries", "", true)
	b.Tiles = append(b.Tiles, tile{elapsed(r.DurationMS), "duration", ""})
	return b
}

// why is the verdict's reasons, a sentence each, for somebody who sees such a
// report for the first time.
func why(r Report) []string {
	s := r.Summary
	var all []string
	judged := s.Passed + s.Failed + s.Waived
	if r.Result == Pass || s.FailedRequired() > 0 {
		all = append(all, fmt.Sprintf("%s judged by playing ContextPush's sender: %s in %s, after which the receiver's own state was compared with what truly happened.",
			were(judged, "check"), plurals(s.Events, "status entry"), plural(s.Requests, "request")))
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
	return plurals(n, noun) + " were"
}

// plurals is plural, but for nouns on y.
func plurals(n int, noun string) string {
	if n != 1 && strings.HasSuffix(noun, "y") {
		return count(n) + " " + strings.TrimSuffix(noun, "y") + "ies"
	}
	return plural(n, noun)
}

func firstReason(r Report, result event.Result) string {
	i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Result == result && c.Reason != "" })
	if i < 0 {
		return "no reason was given"
	}
	return strings.Join(lines(clip(r.Checks[i].Reason, 600)), "; ")
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

func newFacts(r Report) facts {
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
	add("duration", elapsed(r.DurationMS))
	for _, s := range r.Settings[:min(len(r.Settings), maxNotes)] {
		add(shown(s.Name), s.Value)
	}
	for _, n := range r.Notes[:min(len(r.Notes), maxNotes)] {
		f.Notes = append(f.Notes, fact{"+" + elapsed(max(0, n.Time.Sub(r.Started).Milliseconds())), shown(n.Text)})
	}
	f.More = len(r.Notes) - len(f.Notes)
	return f
}
