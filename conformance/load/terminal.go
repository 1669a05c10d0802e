package load

import (
	"fmt"
	"io"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
)

// shownLine bounds a line of others, in bytes.
const shownLine = 300

// Options say how a report is shown. The zero Options are plain text.
type Options struct {
	// Color uses ANSI colours.
	Color bool
	// Dir is where the report's files are; empty: nowhere.
	Dir string
}

// Terminal writes what people want to know of r.
func Terminal(w io.Writer, r Report, o Options) error {
	r.tidy()
	p := &printer{color: o.Color}
	p.verdict(&r)
	p.row("sent", fmt.Sprintf("%s with %s entries, %s, in %s", plural(r.Requests, "request"), grouped(r.Events), size(r.Bytes), seconds(r.DurationS)))
	p.row("rate", fmt.Sprintf("%s requests/s, %s entries/s", rate(r.RequestsPerS), rate(r.EventsPerS)))
	p.latencies("latency", r.LatencyMS, "from due")
	p.latencies("service", r.ServiceMS, "from sent")
	p.row("attempts", fmt.Sprintf("%s, %s, %s", grouped(r.Attempts), plural(r.Retries, "retry"), plural(r.DroppedBatches, "batch")+" dropped"))
	if r.Late+r.Unsent+r.Unsettled > 0 {
		p.row("behind", fmt.Sprintf("%s late, %s unsent, %s unanswered at the end", grouped(r.Late), grouped(r.Unsent), grouped(r.Unsettled)))
	}
	p.kinds("errors", r.Errors)
	if r.ErrorRate > 0 {
		p.row("error rate", percentText(r.ErrorRate))
	}
	p.kinds("on purpose", r.Faults)
	p.row("states", r.Verify.line())
	p.search(r.FindMax)
	p.thresholds(r.Thresholds)
	p.examples(&r)
	for _, n := range r.Notes {
		p.row("note", text.Shown(n, shownLine))
	}
	if len(r.Merged) == 0 {
		p.row("again", text.Shown(r.Command, 2000))
	}
	if o.Dir != "" {
		p.row("report", o.Dir+"/"+report.PageFile)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// printer collects the lines of a terminal.
type printer struct {
	b     strings.Builder
	color bool
}

func (p *printer) paint(s, code string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *printer) row(label, text string) {
	fmt.Fprintf(&p.b, "  %s  %s\n", p.paint(fmt.Sprintf("%-10s", label), "2"), text)
}

// verdict is one line, and one for each way in which the receiver fell short.
func (p *printer) verdict(r *Report) {
	word, code := strings.ToUpper(r.verdict()), "1;31"
	switch r.Result {
	case Pass:
		code = "1;32"
	case Error, Interrupted:
		code = "1;33"
	}
	what := "load on " + text.Shown(r.Receiver.Name, shownLine)
	if n := len(r.Merged); n > 0 {
		what = fmt.Sprintf("%s of a %s", plural(uint64(n), "shard"), what)
	} else if r.Plan.Shard.N > 1 {
		what += ", shard " + r.Plan.Shard.String()
	}
	seed := fmt.Sprint("seed ", r.Tool.Seed)
	if r.Tool.Salt != "" {
		seed += ", salt " + r.Tool.Salt
	}
	fmt.Fprintf(&p.b, "%s  %s, %s\n", p.paint(word, code), what, seed)
	for _, line := range append(r.Failures(), r.Reason) {
		if line != "" && line != string(r.Result) {
			fmt.Fprintf(&p.b, "  %s\n", p.paint(text.Shown(line, shownLine), "31"))
		}
	}
}

func (p *printer) latencies(label string, l Latencies, from string) {
	if l.Count > 0 {
		p.row(label, fmt.Sprintf("p50 %s, p90 %s, p99 %s, p99.9 %s, max %s (%s)", ms(l.P50), ms(l.P90), ms(l.P99), ms(l.P999), ms(l.Max), from))
	}
}

func (p *printer) kinds(label string, kinds map[string]uint64) {
	const most = 8
	var parts []string
	names := sortedErrors(kinds)
	for _, k := range names[:min(most, len(names))] {
		if kinds[k] > 0 {
			parts = append(parts, text.Shown(k, 60)+" "+grouped(kinds[k]))
		}
	}
	if more := len(names) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more kinds", more))
	}
	if len(parts) > 0 {
		p.row(label, strings.Join(parts, ", "))
	}
}

// line is what was found, on one line.
func (v Verify) line() string {
	switch {
	case v.Mode == "none" || v.Mode == "":
		return "not read: --verify none"
	case v.Skipped != "" && v.Checked == 0:
		return "not read: " + text.Shown(v.Skipped, shownLine)
	}
	s := fmt.Sprintf("%s of %s read (%s/s): %s wrong, %s missing, %s not judged", plural(v.Checked, "state"), plural(v.Messages, "message"),
		rate(v.StatesPerS), grouped(v.Wrong), grouped(v.Missing), grouped(v.NotJudged))
	if v.Skipped != "" {
		s += "; then " + text.Shown(v.Skipped, shownLine)
	}
	return s
}

func (p *printer) search(f *FindMax) {
	if f == nil {
		return
	}
	switch {
	case f.RequestsPerS == 0:
		p.row("highest", "none of the rates that were tried keeps "+f.Rule)
	case f.Bounded:
		p.row("highest", fmt.Sprintf("%s requests/s (%s entries/s) keep %s", rate(f.RequestsPerS), rate(f.EventsPerS), f.Rule))
	default:
		p.row("highest", fmt.Sprintf("%s requests/s keep %s; no higher rate was tried", rate(f.RequestsPerS), f.Rule))
	}
	for _, l := range f.Levels {
		mark := p.paint("kept", "32")
		if !l.Kept {
			mark = p.paint("not kept", "31") + " " + text.Shown(strings.Join(l.Broken, ", "), shownLine)
		}
		p.row("", fmt.Sprintf("%10s/s  p99 %-8s  errors %-8s  %s", rate(l.Target), ms(l.LatencyMS.P99), percentText(l.ErrorRate), mark))
	}
}

func (p *printer) thresholds(all []Threshold) {
	for _, t := range all {
		mark := p.paint("kept", "32")
		if !t.OK {
			mark = p.paint("not kept", "31")
		}
		p.row("threshold", fmt.Sprintf("%s %s: %s", t.Rule, mark, t.Show()))
	}
}

// terminalExamples is how many wrong states a terminal shows.
const terminalExamples = 3

func (p *printer) examples(r *Report) {
	all := r.Verify.Examples
	for _, e := range all[:min(len(all), terminalExamples)] {
		fmt.Fprintf(&p.b, "\n  %s  %s\n", p.paint(text.Shown(string(e.Kind), 20), "1;31"), text.Shown(e.Detail, shownLine))
		p.row("message", text.Shown(e.Message.String(), shownLine))
		p.row("expected", text.Shown(stateText(e.Expected), shownLine))
		p.row("got", text.Shown(stateText(e.Got), shownLine))
		for i, line := range e.Timeline {
			p.row([]string{"history", ""}[min(i, 1)], text.Shown(line, shownLine))
		}
	}
	if len(all) > 0 {
		if more := r.Verify.Wrong + r.Verify.Missing - uint64(min(len(all), terminalExamples)); more > 0 {
			fmt.Fprintf(&p.b, "  and %s more\n", grouped(more))
		}
		p.b.WriteByte('\n')
	}
}
