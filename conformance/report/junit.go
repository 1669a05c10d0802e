package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// The JUnit dialect that Jenkins, GitLab and GitHub Actions have in common.
type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Time     string     `xml:"time,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitOutcome `xml:"failure"`
		Error   *junitOutcome `xml:"error"`
		Skipped *junitSkipped `xml:"skipped"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitOutcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// JUnit writes r as junit.xml. Only what makes the run's result other than pass
// is a failure or an error there.
func JUnit(w io.Writer, r Report) error {
	s := junitSuite{
		Name:      printable(r.name()),
		Time:      seconds(r.DurationMS),
		Timestamp: r.Started.Format(time.RFC3339),
		Properties: []junitProperty{
			{"seed", strconv.FormatUint(r.Tool.Seed, 10)},
			{"version", printable(r.Tool.Version)},
			{"identity", printable(r.Receiver.Identity)},
			{"protocol", printable(r.Tool.Protocol)},
			{"result", printable(string(r.Result))},
			{"command", printable(r.Command)},
		},
	}
	for _, c := range r.Checks {
		s.Cases = append(s.Cases, junitOf(c))
	}
	for _, id := range r.NotRun {
		g, n := split(id)
		s.Cases = append(s.Cases, junitCase{
			Class: printable(g), Name: printable(n), Time: seconds(0),
			Skipped: &junitSkipped{Message: "not run: the run ended early"},
		})
	}
	// The run itself is a case where nothing else would show that it went wrong.
	if r.Reason != "" || r.Result == Interrupted {
		reason := cmp.Or(r.Reason, "interrupted")
		s.Cases = append(s.Cases, junitCase{
			Class: "ctxpush", Name: "the run", Time: seconds(r.DurationMS),
			Error: &junitOutcome{Message: firstLine(reason), Type: string(r.Result), Text: multiline(reason)},
		})
	}
	for _, c := range s.Cases {
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	doc := junitSuites{
		Name: "ctxpush", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Time: s.Time,
		Suite: s,
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("report as JUnit: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("report as JUnit: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("report as JUnit: %w", err)
	}
	return nil
}

func junitOf(c Check) junitCase {
	g, _ := split(c.ID)
	t := junitCase{
		Class: printable(g),
		Name:  printable(cmp.Or(c.Title, c.ID)),
		Time:  seconds(c.DurationMS),
	}
	switch c.Result {
	case event.Fail:
		if c.Level == event.Recommended {
			t.Skipped = &junitSkipped{Message: "recommended, not met: " + message(c)}
			t.Output = details(c)
			break
		}
		kind := "failed"
		if len(c.Failures) > 0 {
			kind = printable(string(c.Failures[0].Kind))
		}
		t.Failure = &junitOutcome{Message: message(c), Type: kind, Text: details(c)}
	case event.Waived:
		t.Skipped = &junitSkipped{Message: "waived: " + firstLine(c.Reason)}
		t.Output = details(c)
	case event.Skipped:
		t.Skipped = &junitSkipped{Message: firstLine(c.Reason)}
	case event.Errored:
		t.Error = &junitOutcome{Message: firstLine(c.Reason), Type: "not judged", Text: printable(c.ID) + "\n" + multiline(c.Reason)}
	}
	return t
}

// message is a failed check in one line.
func message(c Check) string {
	if len(c.Failures) == 0 {
		return firstLine(cmp.Or(c.Reason, c.Requirement, "failed"))
	}
	a := group(c.Failures)[0]
	s := a.headline()
	if want, have := compared(a.Expected, a.Got); want != "" {
		s += fmt.Sprintf(": expected %s, got %s", clip(want, maxLine), clip(have, maxLine))
	} else if a.Detail != "" {
		s += ": " + clip(a.Detail, maxLine)
	}
	return printable(s)
}

// details is all that people are told of a failed check, as in the terminal.
func details(c Check) string {
	p := &printer{width: 100}
	p.line(0, printable(c.ID), " (", printable(string(c.Level)), ")")
	p.check(c, true)
	return p.buf.String()
}

func firstLine(s string) string {
	if ls := lines(s); len(ls) > 0 {
		return inert(printable(clip(ls[0], maxLine)))
	}
	return ""
}

func multiline(s string) string {
	var p printer
	p.excerpt(0, "", lines(s), maxReasonLines)
	return strings.TrimSuffix(p.buf.String(), "\n")
}

func seconds(ms int64) string {
	return strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64)
}
