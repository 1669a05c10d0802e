package report_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
)

// validJUnit holds junit.xml against testdata/junit.xsd by xmllint.
func validJUnit(t *testing.T, data []byte) error {
	t.Helper()
	cmd := exec.Command(xmllint(t), "--noout", "--nonet", "--schema", filepath.Join("testdata", "junit.xsd"), "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s", out)
	}
	return err
}

func xmllint(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("xmllint is not installed, and CI wants it: apt-get install libxml2-utils")
		}
		t.Skip("SKIPPED: xmllint is not installed (Debian: libxml2-utils), so junit.xml is NOT checked against its schema")
	}
	return path
}

func TestJUnitIsValid(t *testing.T) {
	for name, events := range map[string][]event.Event{
		"sample":       sampleEvents(),
		"hostile":      hostileEvents(),
		"nothing":      nil,
		"interrupted":  {event.RunStarted{Time: at(0), Checks: []event.Check{check("a/1"), check("a/2")}}, event.CheckFinished{Verdict: verdict("a/1", event.Fail)}, event.RunFinished{Time: at(5), Interrupted: true}},
		"not over yet": {event.RunStarted{Time: at(0), Checks: []event.Check{check("a/1")}}},
	} {
		var b bytes.Buffer
		if err := ci.JUnit(&b, build(events...)); err != nil {
			t.Fatal(err)
		}
		if err := validJUnit(t, b.Bytes()); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b.Bytes())
		}
	}
}

// The schema is of no use if it takes anything.
func TestJUnitSchemaRefuses(t *testing.T) {
	for _, text := range []string{
		`<testsuite/>`,
		`<testsuites><testsuite name="a" tests="1" failures="0" errors="0" time="0"><testcase name="x" classname="y" time="0"/></testsuite></testsuites>`,
		`<testsuites><testsuite name="a" tests="1" failures="0" errors="0" time="0" timestamp="today"/></testsuites>`,
		`<testsuites><testsuite name="a" tests="1" failures="0" errors="0" time="0" timestamp="2026-11-24T08:30:00Z"><testcase name="x" classname="y" time="0"><failure/></testcase></testsuite></testsuites>`,
	} {
		if validJUnit(t, []byte(text)) == nil {
			t.Errorf("taken: %s", text)
		}
	}
}
