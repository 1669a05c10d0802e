// Package terminal writes a report for people at a terminal, and tells them of a
// run while it goes on.
package terminal

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// Options are how Write writes. The zero value is plain text of 80 columns.
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

// Write writes r for people: the causes of what failed, with what to change and
// what shows them, a line for each check that failed, and the verdict in the last
// line. A receiver with one mistake, or none, takes less than 40 lines. Nothing
// that the receiver wrote reaches the terminal as a control character, or a CI
// server as a command.
func Write(w io.Writer, r report.Report, o Options) error {
	p := page{&Printer{Palette: Palette{o.Color}, Width: max(40, cmp.Or(o.Width, 80))}, r.In(o.Dir)}
	switch {
	case o.Quiet:
	case o.Verbose:
		full{p}.write()
	default:
		brief{p}.write()
	}
	if !o.Quiet {
		p.changes()
		p.again(o.Dir)
	}
	p.verdict()
	if _, err := p.WriteTo(w); err != nil {
		return fmt.Errorf("report to the terminal: %w", err)
	}
	return nil
}

// page is what both forms of a report have.
type page struct {
	*Printer
	report.Report
}

// passed counts the checks that passed, by their group.
func (p page) passed() {
	var groups []string
	counts := make(map[string]int)
	for _, c := range p.Checks {
		if c.Result != event.Pass {
			continue
		}
		g, _ := words.Split(c.ID)
		if counts[g] == 0 {
			groups = append(groups, g)
		}
		counts[g]++
	}
	for i, g := range groups {
		groups[i] = fmt.Sprintf("%s %s", g, text.Thousands(counts[g]))
	}
	if len(groups) > 0 {
		p.block("PASS", Green, text.Plural(p.Summary.Passed, "check")+": "+strings.Join(groups, ", "))
	}
}

// byReason is the checks with a result, those with one reason together.
func (p page) byReason(result event.Result) (reasons []string, checks map[string][]report.Check) {
	checks = map[string][]report.Check{}
	for _, c := range p.Checks {
		if c.Result != result {
			continue
		}
		why := cmp.Or(strings.Join(text.Lines(c.Reason), "; "), "no reason was given")
		if len(checks[why]) == 0 {
			reasons = append(reasons, why)
		}
		checks[why] = append(checks[why], c)
	}
	return reasons, checks
}

// broke writes why the run has no clear result, and what it left undone. The
// lines of a reason stay lines: they may hold the end of a log.
func (p page) broke() {
	if ls := text.Lines(p.Reason); len(ls) > 0 {
		p.Gap()
		p.prose(0, ls[0], Bold)
		p.excerpt(2, "| ", ls[1:], words.MaxReasonLines)
	}
	switch {
	case len(p.NotRun) == p.Summary.Checks && len(p.NotRun) > 0:
		p.prose(0, "no check was run", Yellow)
	case len(p.NotRun) > 0:
		p.prose(0, fmt.Sprintf("not run: %s", strings.Join(p.NotRun, ", ")), Yellow)
	}
}

// changes writes what is new and what is fixed.
func (p page) changes() {
	b := p.Baseline
	if b == nil {
		return
	}
	const most = 20 // lines of each
	for _, of := range []struct {
		tag     string
		color   Color
		changes []report.Change
	}{{"new", Red, b.New}, {"fixed", Green, b.Fixed}} {
		for _, c := range of.changes[:min(len(of.changes), most)] {
			s := c.String()
			if c.Level == event.Recommended {
				s += " (recommended)"
			}
			p.Line(0, p.Paint(fmt.Sprintf("%-6s", of.tag), of.color), "  ", text.Printable(text.Clip(s, words.MaxLine)))
		}
		p.more(8, len(of.changes)-most, of.tag+" failure")
	}
	p.block("since", Dim, b.Tally())
}

// again writes where the whole report is and what repeats the run.
func (p page) again(dir string) {
	if dir != "" {
		p.Line(0, p.Paint("report", Dim), "  ", text.Printable(filepath.Join(dir, report.PageFile)))
	}
	if p.Command != "" {
		p.Line(0, p.Paint("again", Dim), "   ", text.Printable(p.Command))
	}
}

// verdict writes the last line.
func (p page) verdict() {
	result, color, accepted := p.Result, Yellow, p.Accepted()
	if accepted != "" {
		result, accepted = report.Pass, accepted+"; "
	}
	switch result {
	case report.Pass:
		color = Green
	case report.Fail, report.Error:
		color = Red
	}
	p.Line(0, p.Paint(strings.ToUpper(string(result)), color, Bold), "  ",
		text.Printable(text.Clip(p.Name(), words.MaxLine)), ": ", accepted, words.Summary(p.Summary, p.DurationMS))
}
