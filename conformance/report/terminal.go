package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// maxEvidence is how many failed checks show their requests. A receiver that
// fails everything is read from its first failures.
const maxEvidence = 5

// Options are how Terminal writes. The zero value is plain text of 80 columns.
type Options struct {
	// Color uses ANSI colours. Without it no escape sequence is written.
	Color bool
	// Width is the number of columns that sentences are wrapped at: 0 is 80, and
	// fewer than 40 count as 40. Commands, timelines and logs are not wrapped.
	Width int
	// Dir is the report's directory, which people are pointed to; empty where
	// none was written.
	Dir string
	// Quiet writes the verdict's line and nothing else.
	Quiet bool
	// Verbose writes every failure with all that shows it, however many lines that
	// takes.
	Verbose bool
}

// Terminal writes r for people: the causes of what failed, with what to change and
// what shows them, a line for each check that failed, and the verdict in the last
// line. A receiver with one mistake, or none, takes less than 40 lines. Nothing that the receiver wrote reaches the terminal as a control
// character, or a CI server as a command.
func Terminal(w io.Writer, r Report, o Options) error {
	width := max(40, o.Width)
	if o.Width == 0 {
		width = 80
	}
	r = r.In(o.Dir)
	p := &printer{palette: palette{o.Color}, width: width}
	switch {
	case o.Quiet:
	case o.Verbose:
		p.findings(r)
		p.footer(r, o)
	default:
		p.brief(r)
		if p.buf.Len() > 0 {
			p.gap()
		}
		p.changes(r.Baseline)
		p.again(r, o)
	}
	p.verdict(r)
	if _, err := w.Write(p.buf.Bytes()); err != nil {
		return fmt.Errorf("report to the terminal: %w", err)
	}
	return nil
}

// findings writes all that is not as it should be.
func (p *printer) findings(r Report) {
	p.passed(r)
	p.reasons(r, event.Skipped, "SKIP", yellow)
	p.reasons(r, event.Waived, "WAIVED", yellow)
	for _, u := range r.UnneededWaivers {
		p.block("WAIVER", yellow, fmt.Sprintf("%s passed: its waiver (%s) can go", u.Check, u.Why))
	}
	evidence := maxEvidence
	for _, l := range []event.Level{event.Recommended, event.Required} {
		for _, c := range r.Checks {
			if !c.failed(l) {
				continue
			}
			tag, col := p.tag(l)
			p.gap()
			p.line(0, p.paint(tag, col, bold), "  ", p.paint(printable(c.ID), bold), "  ", p.paint(string(l), dim))
			p.check(c, l != event.Recommended && evidence > 0)
			if l != event.Recommended && !c.told() {
				evidence--
			}
		}
	}
	p.reasons(r, event.Errored, "ERROR", red)
	p.broke(r)
}

// tag is the word for a failure: a recommendation that is not met fails nothing.
func (p *printer) tag(l event.Level) (string, color) {
	if l == event.Recommended {
		return "NOTE", yellow
	}
	return "FAIL", red
}

// block writes a tag and prose beside it.
func (p *printer) block(tag string, c color, s string) {
	indent := len(tag) + 2
	for i, l := range wrap(printable(clip(s, maxCurlBytes)), p.width-indent) {
		if i == 0 {
			p.line(0, p.paint(tag, c, bold), "  ", l)
			continue
		}
		p.line(indent, l)
	}
}

// passed counts the checks that passed, by their group.
func (p *printer) passed(r Report) {
	var groups []string
	counts := make(map[string]int)
	for _, c := range r.Checks {
		if c.Result != event.Pass {
			continue
		}
		g, _ := split(c.ID)
		if counts[g] == 0 {
			groups = append(groups, g)
		}
		counts[g]++
	}
	for i, g := range groups {
		groups[i] = fmt.Sprintf("%s %s", g, count(counts[g]))
	}
	if len(groups) > 0 {
		p.block("PASS", green, plural(r.Summary.Passed, "check")+": "+strings.Join(groups, ", "))
	}
}

// reasons writes the checks with a result, those with one reason together.
func (p *printer) reasons(r Report, result event.Result, tag string, col color) {
	var order []string
	ids := make(map[string][]string)
	for _, c := range r.Checks {
		if c.Result != result {
			continue
		}
		why := strings.Join(lines(c.Reason), "; ")
		if len(ids[why]) == 0 {
			order = append(order, why)
		}
		id := c.ID
		if len(c.Failures) > 0 {
			id += " (" + tally(c.Failures) + ")"
		}
		ids[why] = append(ids[why], id)
	}
	for _, why := range order {
		p.block(tag, col, strings.Join(ids[why], ", ")+": "+clip(cmp.Or(why, "no reason was given"), 1000))
	}
}

// broke writes why the run has no clear result, and what it left undone. The
// lines of a reason stay lines: they may hold the end of a log.
func (p *printer) broke(r Report) {
	if ls := lines(r.Reason); len(ls) > 0 {
		p.gap()
		p.prose(0, ls[0], bold)
		p.excerpt(2, "| ", ls[1:], maxReasonLines)
	}
	switch {
	case len(r.NotRun) == r.Summary.Checks && len(r.NotRun) > 0:
		p.prose(0, "no check was run", yellow)
	case len(r.NotRun) > 0:
		p.prose(0, fmt.Sprintf("not run: %s", strings.Join(r.NotRun, ", ")), yellow)
	}
}

// footer writes what the failures have in common, what has changed since the
// baseline, where the whole report is and what repeats the run.
func (p *printer) footer(r Report, o Options) {
	if p.buf.Len() > 0 {
		p.gap()
	}
	for _, e := range r.Explanations {
		if len(e.Checks) > 1 {
			p.block("cause", red, fmt.Sprintf("%s: fails %s: %s", e.Cause, plural(len(e.Checks), "check"), strings.Join(e.Checks, ", ")))
		}
	}
	if n := r.Summary.FailedRequired(); n > 1 {
		for _, c := range r.Checks {
			if c.failed(event.Required) {
				p.line(0, p.paint("failed", red), "  ", printable(c.ID), "  ", p.paint(printable(tally(c.Failures)), dim))
			}
		}
	}
	p.changes(r.Baseline)
	p.again(r, o)
}

// verdict writes the last line.
func (p *printer) verdict(r Report) {
	p.line(0, p.paint(strings.ToUpper(string(r.Result)), verdictColor(r.Result), bold), "  ", printable(clip(r.name(), maxLine)), ": ", r.Summary.line(r.DurationMS))
}

func verdictColor(r Result) color {
	switch r {
	case Pass:
		return green
	case Fail, Error:
		return red
	}
	return yellow
}

// line is the summary as the verdict's line tells it. What is zero is left out,
// but never how many checks passed and failed.
func (s Summary) line(ms int64) string {
	parts := []string{
		count(s.Passed) + " passed",
		count(s.FailedRequired()) + " failed",
	}
	add := func(n int, what string) {
		if n != 0 {
			parts = append(parts, count(n)+" "+what)
		}
	}
	add(s.FailedRecommended, "recommended failed")
	add(s.Waived, "waived")
	add(s.Skipped, "skipped")
	add(s.Errored, "not judged")
	add(s.NotRun, "not run")
	return fmt.Sprintf("%s of %s, %s, %s in %s", strings.Join(parts, ", "),
		plural(s.Checks, "check"), plural(s.Requests, "request"), plural(s.Events, "event"), elapsed(ms))
}

// split parts a check's id into its group and its name.
func split(id string) (group, name string) {
	if g, n, ok := strings.Cut(id, "/"); ok {
		return g, n
	}
	return id, id
}
