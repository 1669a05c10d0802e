// Package spec puts the checks of a certification into a Ginkgo suite.
package spec

import (
	"fmt"
	"strings"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/onsi/ginkgo/v2"
)

// Describe registers the checks in the caller's own Ginkgo suite, one spec each,
// labelled with its level and clauses. It belongs at the top level of a test
// file or in a container:
//
//	var _ = spec.Describe(conformance.Config{…})
//
// The receiver is certified once, before the first spec; each spec then tells
// its check's verdict, with the check as a report entry. A focus of Ginkgo's
// chooses which verdicts are told; Config.Focus chooses what is played.
func Describe(c conformance.Config) bool {
	checks, err := conformance.Checks(c)
	if err != nil {
		panic(fmt.Sprintf("spec.Describe: %v", err)) // Ginkgo shows it with the caller's line
	}
	return ginkgo.Describe("ContextPush receiver", ginkgo.Ordered, ginkgo.ContinueOnFailure, func() {
		verdicts := map[string]report.Check{}
		ginkgo.BeforeAll(func(ctx ginkgo.SpecContext) {
			r, err := conformance.Certify(ctx, c)
			ginkgo.AddReportEntry("seed", r.Tool.Seed)
			for _, check := range r.Checks {
				verdicts[check.ID] = check
			}
			if err != nil {
				ginkgo.Fail(err.Error())
			}
		})
		for _, check := range checks {
			labels := ginkgo.Label(append([]string{string(check.Level)}, check.Clauses...)...)
			ginkgo.It(check.ID+": "+check.Title, labels, func() {
				tell(verdicts[check.ID])
			})
		}
	})
}

// tell ends a spec as its check ended.
func tell(c report.Check) {
	ginkgo.AddReportEntry(c.ID, c, ginkgo.ReportEntryVisibilityFailureOrVerbose)
	switch c.Result {
	case event.Pass, event.Waived:
	case event.Skipped:
		ginkgo.Skip(c.Reason)
	case event.Fail:
		if c.Level == event.Recommended {
			ginkgo.Skip("recommended, and not met: " + explain(c))
		}
		ginkgo.Fail(explain(c))
	default:
		ginkgo.Fail("not judged: " + c.Reason)
	}
}

// explain is a failed check in a few lines.
func explain(c report.Check) string {
	var b strings.Builder
	fmt.Fprintln(&b, c.Requirement)
	for _, f := range c.Failures {
		fmt.Fprintf(&b, "%s (%d): %s: %s\n", f.Kind, f.Count, f.Detail, f.Cause)
		for _, line := range f.Timeline {
			fmt.Fprintln(&b, "  "+line)
		}
	}
	return b.String()
}
