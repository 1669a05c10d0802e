package report_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
)

// What a CI server makes of junit.xml, written apart from what writes it.
type (
	suiteXML struct {
		Name       string    `xml:"name,attr"`
		Tests      int       `xml:"tests,attr"`
		Failures   int       `xml:"failures,attr"`
		Errors     int       `xml:"errors,attr"`
		Skipped    int       `xml:"skipped,attr"`
		Time       string    `xml:"time,attr"`
		Timestamp  string    `xml:"timestamp,attr"`
		Properties []propXML `xml:"properties>property"`
		Cases      []caseXML `xml:"testcase"`
	}
	propXML struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	caseXML struct {
		Class   string      `xml:"classname,attr"`
		Name    string      `xml:"name,attr"`
		Time    string      `xml:"time,attr"`
		Failure *outcomeXML `xml:"failure"`
		Error   *outcomeXML `xml:"error"`
		Skipped *outcomeXML `xml:"skipped"`
		Output  string      `xml:"system-out"`
	}
	outcomeXML struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

func (c caseXML) text() string {
	s := c.Output
	for _, o := range []*outcomeXML{c.Failure, c.Error, c.Skipped} {
		if o != nil {
			s += "\n" + o.Message + "\n" + o.Text
		}
	}
	return s
}

// readJUnit reads the one suite of a file, and says where its numbers contradict
// its cases.
func readJUnit(data []byte) (suiteXML, error) {
	var doc struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Suites   []suiteXML `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		return suiteXML{}, fmt.Errorf("%w, in\n%s", err, data)
	}
	if len(doc.Suites) != 1 {
		return suiteXML{}, fmt.Errorf("%d suites", len(doc.Suites))
	}
	s := doc.Suites[0]
	var failures, errs, skipped int
	for _, c := range s.Cases {
		if c.Failure != nil {
			failures++
		}
		if c.Error != nil {
			errs++
		}
		if c.Skipped != nil {
			skipped++
		}
		if _, err := strconv.ParseFloat(c.Time, 64); err != nil {
			return s, err
		}
	}
	want := [4]int{len(s.Cases), failures, errs, skipped}
	for _, got := range [][4]int{{doc.Tests, doc.Failures, doc.Errors, skipped}, {s.Tests, s.Failures, s.Errors, s.Skipped}} {
		if got != want {
			return s, fmt.Errorf("counts %v, has %v", got, want)
		}
	}
	return s, nil
}

var _ = Describe("JUnit", func() {
	junit := func(events ...event.Event) (suiteXML, map[string]caseXML) {
		var b bytes.Buffer
		Expect(ci.JUnit(&b, build(events...))).To(Succeed())
		s, err := readJUnit(b.Bytes())
		Expect(err).NotTo(HaveOccurred())
		cases := make(map[string]caseXML)
		for _, c := range s.Cases {
			cases[c.Class+"/"+c.Name] = c
		}
		return s, cases
	}

	It("shows CI servers what they need", func() {
		s, cases := junit(sampleEvents()...)
		Expect(s.Name).To(Equal("acme-receiver"))
		Expect(s.Tests).To(Equal(9))
		Expect(s.Failures).To(Equal(2))
		Expect(s.Time).To(Equal("3.149"))
		Expect(time.Parse(time.RFC3339, s.Timestamp)).To(BeTemporally("~", start, time.Second))
		Expect(s.Properties).To(ContainElements(propXML{"seed", "7"}, propXML{"version", "1.0.0"}, propXML{"identity", "device"}, propXML{"protocol", "2025"}))

		late := cases["order/"+latePending.Title]
		Expect(late.Time).To(Equal("2.100"))
		Expect(late.Failure.Type).To(Equal("stale"))
		Expect(late.Failure.Message).To(ContainSubstring("expected opened, got pending"))
		Expect(late.Failure.Text).To(And(ContainSubstring("order/late-pending"), ContainSubstring("curl -sS"), ContainSubstring("at-least-once")))
		Expect(cases["crash/The title of crash/kill"].Skipped.Message).To(Equal("a url is not ours to restart"))
	})

	It("keeps what fails nothing from making a build red, and shows it", func() {
		_, cases := junit(sampleEvents()...)
		waived, recommended := cases["entry/"+unknownFields.Title], cases["identity/"+keyReuse.Title]
		Expect(waived.Failure).To(BeNil())
		Expect(waived.Skipped.Message).To(Equal("waived: tracked as ACME-12"))
		Expect(waived.Output).To(ContainSubstring("answered 400"))
		Expect(recommended.Failure).To(BeNil())
		Expect(recommended.Skipped.Message).To(HavePrefix("recommended, not met: 1 × stale"))
		Expect(recommended.Output).To(ContainSubstring("Keys are kept for ever."))
	})

	It("is red for a run that found nothing wrong but did not end", func() {
		s, cases := junit(event.CheckFinished{Verdict: verdict("a/b", event.Pass)}, event.RunFinished{Interrupted: true})
		Expect(s.Errors).To(Equal(1))
		Expect(cases["ctxpush/the run"].Error.Message).To(Equal("interrupted"))
	})
})
