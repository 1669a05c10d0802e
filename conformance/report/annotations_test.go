package report_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
)

func annotations(t *testing.T, r report.Report) []string {
	t.Helper()
	var b bytes.Buffer
	if err := ci.Annotations(&b, r); err != nil {
		t.Fatal(err)
	}
	if b.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

func TestAnnotations(t *testing.T) {
	r := build(sampleEvents()...)
	equalLines(t, strings.Join(annotations(t, r), "\n"),
		"::error title=ctxpush%3A order/late-pending::1,200 × stale: an earlier state stayed: expected opened, got pending%0A"+latePending.Requirement,
		`::error title=ctxpush%3A content/user-info::7 × stale: an earlier state stayed: expected delivered, with content.userInfo.tags[1] = "b", got delivered, with no content.userInfo.tags[1]%0A`+contentKept.Requirement,
		"::warning title=ctxpush%3A identity/key-reuse::1 × stale: an earlier state stayed: expected pending, got opened%0A"+keyReuse.Requirement)
	r.Receiver.File = "a,b:c%.yaml"
	if got := annotations(t, r)[0]; !strings.HasPrefix(got, "::error title=ctxpush%3A order/late-pending,file=a%2Cb%3Ac%25.yaml::") {
		t.Errorf("got %s", got)
	}
	if got := annotations(t, build(run(verdict("a/b", event.Pass))...)); got != nil {
		t.Errorf("a run that passed: %q", got)
	}
	equalLines(t, strings.Join(annotations(t, build(event.CheckFinished{Verdict: event.Verdict{ID: "a/b", Result: event.Errored, Reason: "502"}}, event.RunFinished{Interrupted: true})), "\n"),
		"::error title=ctxpush%3A interrupted::interrupted", "::error title=ctxpush%3A a/b::not judged: 502")
}

func TestAnnotationsAreTenAtMost(t *testing.T) {
	for n, want := range map[int]int{9: 9, 10: 10, 11: 10, 500: 10} {
		var verdicts []event.Verdict
		for i := range n {
			verdicts = append(verdicts, verdict(fmt.Sprintf("a/%d", i), event.Fail))
		}
		got := annotations(t, build(run(verdicts...)...))
		if len(got) != want {
			t.Errorf("%d failures: %d annotations", n, len(got))
		}
		if n > 10 && !strings.Contains(got[9], fmt.Sprintf("%d more findings", n-9)) {
			t.Errorf("%d failures: the last is %s", n, got[9])
		}
	}
}

// Whatever a receiver writes, a line is one command of ours.
func TestAnnotationsOfAHostileReceiver(t *testing.T) {
	command := regexp.MustCompile(`^::(error|warning) title=[^:,]*(,file=[^:,]*)?::[^\r\n]*$`)
	for _, s := range append([]string{"%0A::error::x", "a::b", "x,file=y"}, harmful...) {
		r := harmfulRun(s)
		r.Receiver.File = s
		for _, l := range annotations(t, r) {
			if !command.MatchString(l) {
				t.Errorf("%q: %q", s, l)
			}
			if err := inoffensive(strings.TrimPrefix(l, "::")); err != nil {
				t.Errorf("%q: %v", s, err)
			}
			if len(l) > 8000 {
				t.Errorf("%q: %d bytes", s, len(l))
			}
		}
	}
}
