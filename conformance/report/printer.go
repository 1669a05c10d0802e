package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
)

// How much evidence of one failure people are shown. report.json has it all.
const (
	maxGroups    = 3    // ways in which one check failed
	maxTimeline  = 24   // lines
	maxCurl      = 4    // commands
	maxCurlBytes = 4000 // of one command
	maxLog       = 12   // lines
	maxValue     = 1000 // bytes of a cause, a detail or another value
	maxLine      = 400  // bytes of a line that the receiver may have written

	maxReasonLines = 60 // of why a run or a check has no result
)

// label is the width of the column that names what follows.
const label = 10

// printer collects a text for people. Everything that goes through it is
// printable and of bounded length.
type printer struct {
	palette
	width int
	buf   bytes.Buffer
}

// line writes one line of parts, which are printable already.
func (p *printer) line(indent int, parts ...string) {
	s := strings.TrimRight(inert(strings.Join(parts, "")), " ")
	if s != "" {
		s = strings.Repeat(" ", indent) + s
	}
	p.buf.WriteString(s + "\n")
}

func (p *printer) gap() { p.buf.WriteByte('\n') }

// prose writes s between words, indented.
func (p *printer) prose(indent int, s string, colors ...color) {
	for _, l := range wrap(printable(clip(s, maxCurlBytes)), max(20, p.width-indent)) {
		p.line(indent, p.paint(l, colors...))
	}
}

// field writes a value behind its name, wrapped under itself. An empty value
// is left out.
func (p *printer) field(indent int, name, value string) {
	name = fmt.Sprintf("%-*s", label, name)
	indent2 := indent + utf8.RuneCountInString(name)
	for i, l := range wrap(printable(clip(value, maxValue)), max(20, p.width-indent2)) {
		if i == 0 {
			p.line(indent, p.paint(name, dim), l)
			continue
		}
		p.line(indent2, l)
	}
}

// value writes a value behind its name as it is: its spaces may be what is
// wrong. An empty value is left out.
func (p *printer) value(indent int, name, value string) {
	if value != "" {
		p.line(indent, p.paint(fmt.Sprintf("%-*s", label, name), dim), printable(clip(value, maxValue)))
	}
}

// raw writes lines as they came, never wrapped: they are copied or compared.
func (p *printer) raw(indent int, prefix string, ss []string, limit int) {
	for _, s := range ss {
		p.line(indent, p.paint(prefix, dim), printable(clip(s, limit)))
	}
}

// excerpt writes at most n lines: how it began and how it ended tell the most.
func (p *printer) excerpt(indent int, prefix string, ss []string, n int) {
	if len(ss) <= n {
		p.raw(indent, prefix, ss, maxLine)
		return
	}
	p.raw(indent, prefix, ss[:n/2], maxLine)
	p.more(indent, len(ss)-n, "line")
	p.raw(indent, prefix, ss[len(ss)-n/2:], maxLine)
}

// check writes a failed check: what it asks for and how it was not met. evidence
// is set where the requests that show it are written as well.
func (p *printer) check(c Check, evidence bool) {
	const indent = 6
	if c.Title != c.ID {
		p.prose(indent, c.Title, bold)
	}
	p.prose(indent, c.Requirement)
	p.field(indent, "clauses", strings.Join(c.Clauses, ", "))
	p.prose(indent, c.Reason)
	groups := group(c.Failures)
	for i, g := range groups[:min(len(groups), maxGroups)] {
		p.gap()
		p.failure(indent, g, evidence && i == 0)
	}
	if len(groups) > maxGroups {
		var rest []event.Failure
		for _, g := range groups[maxGroups:] {
			g.Count = g.count
			rest = append(rest, g.Failure)
		}
		p.gap()
		p.prose(indent, fmt.Sprintf("and %s more in %s, in report.json", tally(rest), plural(len(rest), "other way")))
	}
}

// failure writes one group of failures, by the example of its first.
func (p *printer) failure(indent int, a alike, evidence bool) {
	p.prose(indent, a.headline(), red)
	indent += 2
	if k := a.Message; k != (mocksender.Key{}) {
		p.value(indent, "message", fmt.Sprintf("campaign_id %s, user_id %s, idempotency_key %s", k.CampaignID, k.UserID, k.IdempotencyKey))
		p.value(indent, "device", k.DeviceToken)
	}
	p.field(indent, "schedule", a.Schedule)
	want, have := compared(a.Expected, a.Got)
	p.value(indent, "expected", want)
	p.value(indent, "got", have)
	p.field(indent, "detail", a.Detail)
	p.field(indent, "cause", a.Cause)
	if a.SameAs == "" {
		p.field(indent, "change", a.Remedy)
	}
	if a.SameAs != "" {
		p.value(indent, "same as", a.SameAs)
	}
	if len(a.Smallest) > 0 && a.SameAs == "" {
		p.line(indent, p.paint("smallest delivery that fails", dim))
		p.excerpt(indent+2, "", smallest(a.Failure), maxTimeline)
	}
	p.value(indent, "scenario", a.Counterexample)
	if !evidence || a.SameAs != "" {
		return
	}
	if len(a.Timeline) > 0 {
		p.line(indent, p.paint("timeline", dim))
		p.excerpt(indent+2, "", a.Timeline, maxTimeline)
	}
	if n := len(a.Curl); n > 0 {
		p.line(indent, p.paint("send the requests again (CTXPUSH_SECRET is the secret)", dim))
		for _, c := range a.Curl[:min(n, maxCurl)] {
			// Cut before it is split: a body is one line, and may be long.
			p.raw(indent+2, "", lines(clip(c, maxCurlBytes)), maxCurlBytes)
		}
		p.more(indent+2, n-maxCurl, "request")
	}
	if n := len(a.Log); n > 0 {
		p.line(indent, p.paint("the receiver's log", dim))
		p.raw(indent+2, "| ", a.Log[max(0, n-maxLog):], maxLine)
	}
}

// more says that n things were left out; nothing where n is not positive.
func (p *printer) more(indent, n int, noun string) {
	if n > 0 {
		p.line(indent, p.paint("… "+plural(n, "more "+noun)+" in report.json", dim))
	}
}
