// Package ci writes a report for CI servers: as JUnit, as the summary of a run and
// as annotations of its log.
package ci

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
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
func JUnit(w io.Writer, r report.Report) error {
	s := junitSuite{
		Name:      text.Printable(r.Name()),
		Time:      seconds(r.DurationMS),
		Timestamp: r.Started.Format(time.RFC3339),
		Properties: []junitProperty{
			{"seed", strconv.FormatUint(r.Tool.Seed, 10)},
			{"version", text.Printable(r.Tool.Version)},
			{"identity", text.Printable(r.Receiver.Identity)},
			{"protocol", text.Printable(r.Tool.Protocol)},
			{"result", text.Printable(string(r.Result))},
			{"command", text.Printable(r.Command)},
		},
	}
	for _, c := range r.Checks {
		s.Cases = append(s.Cases, junitOf(c))
	}
	for _, id := range r.NotRun {
		g, n := words.Split(id)
		s.Cases = append(s.Cases, junitCase{
			Class: text.Printable(g), Name: text.Printable(n), Time: seconds(0),
			Skipped: &junitSkipped{Message: "not run: the run ended early"},
		})
	}
	// The run itself is a case where nothing else would show that it went wrong.
	if r.Reason != "" || r.Result == report.Interrupted {
		reason := cmp.Or(r.Reason, "interrupted")
		s.Cases = append(s.Cases, junitCase{
			Class: "ctxpush", Name: "the run", Time: seconds(r.DurationMS),
			Error: &junitOutcome{Message: words.Line(reason), Type: string(r.Result), Text: terminal.Excerpt(reason)},
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

func junitOf(c report.Check) junitCase {
	g, _ := words.Split(c.ID)
	t := junitCase{
		Class: text.Printable(g),
		Name:  text.Printable(cmp.Or(c.Title, c.ID)),
		Time:  seconds(c.DurationMS),
	}
	switch c.Result {
	case event.Fail:
		if c.Level == event.Recommended {
			t.Skipped = &junitSkipped{Message: "recommended, not met: " + words.Message(c)}
			t.Output = terminal.Details(c)
			break
		}
		kind := "failed"
		if len(c.Failures) > 0 {
			kind = text.Printable(string(c.Failures[0].Kind))
		}
		t.Failure = &junitOutcome{Message: words.Message(c), Type: kind, Text: terminal.Details(c)}
	case event.Waived:
		t.Skipped = &junitSkipped{Message: "waived: " + words.Line(c.Reason)}
		t.Output = terminal.Details(c)
	case event.Skipped:
		t.Skipped = &junitSkipped{Message: words.Line(c.Reason)}
	case event.Errored:
		t.Error = &junitOutcome{Message: words.Line(c.Reason), Type: "not judged", Text: text.Printable(c.ID) + "\n" + terminal.Excerpt(c.Reason)}
	}
	return t
}

func seconds(ms int64) string {
	return strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64)
}
