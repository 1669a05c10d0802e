package report

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// How much the brief form shows, so that a receiver with one mistake takes no more
// than a screen.
const (
	maxCauses      = 3 // that are shown with what to change, where there are no more
	maxCauseLines  = 4 // causes, where only the first is shown with what to change
	maxRemedyLines = 4
	maxSteps       = 8 // of a smallest delivery
	maxChecks      = 6 // failed checks, a line each
	maxIDs         = 6 // checks that share a reason
	maxRemarks     = 3
)

// brief writes what a reader does something about: the causes, each with what to
// change, the smallest delivery that shows it and the command that plays it
// again; then a line a failed check; then what was not judged.
func (p *printer) brief(r Report) {
	required := slices.DeleteFunc(slices.Clone(r.Causes), func(c Cause) bool { return c.Level == event.Recommended })
	shown := maxCauses
	if len(required) > maxCauses {
		shown = 1
	}
	for i, c := range required {
		switch {
		case i < shown:
			p.cause(r, c)
		case i < maxCauseLines:
			p.oneLine("CAUSE", red, c.Text)
		case i == maxCauseLines:
			p.more(0, len(required)-i, "cause")
		}
	}
	failed := 0
	for _, c := range r.Checks {
		if !c.failed(event.Required) {
			continue
		}
		if failed++; failed <= maxChecks {
			p.oneLine("FAIL", red, c.ID+"  "+tally(c.Failures)+uncaused(c))
		}
	}
	p.more(0, failed-maxChecks, "failed check")
	for _, c := range r.Checks {
		if c.failed(event.Recommended) {
			p.oneLine("NOTE", yellow, c.ID+" (recommended)  "+tally(c.Failures)+firstCause(c))
		}
	}
	p.sharedReasons(r, event.Errored, "ERROR", red)
	p.sharedReasons(r, event.Skipped, "SKIP", yellow)
	p.sharedReasons(r, event.Waived, "WAIVED", yellow)
	for _, u := range r.UnneededWaivers {
		p.oneLine("WAIVER", yellow, fmt.Sprintf("%s passed: its waiver (%s) can go", u.Check, u.Why))
	}
	p.passed(r)
	p.remarks(r.Notes)
	p.broke(r)
}

// uncaused is the detail of a check's first failure, if no cause of it is known.
func uncaused(c Check) string {
	if len(c.Failures) > 0 && c.Failures[0].Cause == "" {
		return ": " + c.Failures[0].Detail
	}
	return ""
}

// firstCause is the cause of a check's first failure.
func firstCause(c Check) string {
	if len(c.Failures) > 0 && c.Failures[0].Cause != "" {
		return ": " + c.Failures[0].Cause
	}
	return uncaused(c)
}

// cause writes a cause with its example.
func (p *printer) cause(r Report, c Cause) {
	const indent = 7
	text := c.Text
	if c.Likely {
		text = "likely: " + text
	}
	p.block("CAUSE", red, text)
	for i, l := range wrap(printable(clip(c.Remedy, maxValue)), p.width-indent-label) {
		switch {
		case i == 0:
			p.line(indent, p.paint(fmt.Sprintf("%-*s", label, "change"), dim), l)
		case i < maxRemedyLines:
			p.line(indent+label, l)
		case i == maxRemedyLines:
			p.line(indent+label, "…")
		}
	}
	if f, found := r.example(c); found {
		p.example(r, c.Example.Check, f)
	}
	p.gap()
}

// example is the failure that shows a cause.
func (r Report) example(c Cause) (event.Failure, bool) {
	if c.Example == nil {
		return event.Failure{}, false
	}
	for _, check := range r.Checks {
		if check.ID != c.Example.Check {
			continue
		}
		for _, f := range check.Failures {
			if cmp.Or(f.CauseID, f.Cause) == cmp.Or(c.ID, c.Text) && f.Counterexample == c.Example.Counterexample {
				return f, true
			}
		}
	}
	return event.Failure{}, false
}

// example writes the smallest delivery, what it must lead to and what it led to.
func (p *printer) example(r Report, check string, f event.Failure) {
	const indent = 7
	name := func(s string) string { return p.paint(fmt.Sprintf("%-*s", label, s), dim) }
	p.line(indent, name("shown by"), printable(check), "  ", p.paint(printable(a1(f)), dim))
	steps := smallest(f)
	for i, step := range steps[:min(len(steps), maxSteps)] {
		first := ""
		if i == 0 {
			first = "delivery"
		}
		p.line(indent, name(first), clipTo(printable(step), p.width-indent-label))
	}
	p.more(indent+label, len(steps)-maxSteps, "step")
	want, have := compared(f.Expected, f.Got)
	for _, v := range []struct{ name, text string }{{"expected", want}, {"found", have}, {"detail", detailBeside(f)}} {
		if v.text != "" {
			p.line(indent, name(v.name), clipTo(printable(v.text), p.width-indent-label))
		}
	}
	if n := len(f.Log); f.Kind == event.Crashed && n > 0 {
		p.raw(indent+label, "| ", f.Log[max(0, n-maxRemarks):], p.width-indent-label)
	}
	if f.Counterexample != "" {
		p.line(indent, name("again"), printable(r.replay(f.Counterexample)))
	}
}

// a1 is a failure's kind and meaning.
func a1(f event.Failure) string { return alike{Failure: f, count: max(1, f.Count)}.headline() }

// detailBeside is the detail where the states do not tell it.
func detailBeside(f event.Failure) string {
	if f.Expected != nil && f.Got != nil {
		return ""
	}
	return f.Detail
}

// oneLine writes a tag and what fits beside it.
func (p *printer) oneLine(tag string, c color, s string) {
	p.line(0, p.paint(tag, c, bold), "  ", clipTo(printable(strings.Join(strings.Fields(s), " ")), p.width-len(tag)-2))
}

// clipTo is s in at most n characters.
func clipTo(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:max(0, n-1)]) + "…"
	}
	return s
}

// sharedReasons writes the checks with a result, those with one reason together,
// and few of their names.
func (p *printer) sharedReasons(r Report, result event.Result, tag string, col color) {
	var order []string
	ids := map[string][]string{}
	for _, c := range r.Checks {
		if c.Result != result {
			continue
		}
		why := strings.Join(lines(c.Reason), "; ")
		if len(ids[why]) == 0 {
			order = append(order, why)
		}
		ids[why] = append(ids[why], c.ID)
	}
	for _, why := range order {
		names := ids[why]
		text := strings.Join(names[:min(len(names), maxIDs)], ", ")
		if len(names) > maxIDs {
			text = plural(len(names), "check") + " (" + text + ", …)"
		}
		p.block(tag, col, text+": "+clip(cmp.Or(why, "no reason was given"), maxLine))
	}
}

// remarks writes what was noted about the run, each text once.
func (p *printer) remarks(notes []Note) {
	var texts []string
	for _, n := range notes {
		if !slices.Contains(texts, n.Text) {
			texts = append(texts, n.Text)
		}
	}
	for _, text := range texts[:min(len(texts), maxRemarks)] {
		p.block("note", dim, clip(text, maxLine))
	}
	p.more(0, len(texts)-maxRemarks, "note")
}

// again writes where the whole report is and what repeats the run.
func (p *printer) again(r Report, o Options) {
	if o.Dir != "" {
		p.line(0, p.paint("report", dim), "  ", printable(filepath.Join(o.Dir, htmlFile)))
	}
	if r.Command != "" {
		p.line(0, p.paint("again", dim), "   ", printable(r.Command))
	}
}
