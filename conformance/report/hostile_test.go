package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

// inoffensive says what in a text could do something to a terminal or to a CI
// server that shows it.
func inoffensive(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("not UTF-8: %q", s)
	}
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)) {
			return fmt.Errorf("%U in %q", r, s)
		}
	}
	for line := range strings.Lines(s) {
		for _, order := range []string{"##[", "##vso[", "##teamcity["} {
			if strings.Contains(line, order) {
				return fmt.Errorf("%s in %q", order, line)
			}
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			return fmt.Errorf("an order to a CI server: %q", line)
		}
	}
	return nil
}

func TestHostileReceiver(t *testing.T) {
	r := build(hostileEvents()...)
	if r.Result != report.Fail {
		t.Errorf("result is %s", r.Result)
	}

	var plain bytes.Buffer
	if err := terminal.Write(&plain, r, terminal.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := inoffensive(plain.String()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(plain.String(), `\u001b[2J`) || !strings.Contains(plain.String(), "bytes more)") {
		t.Errorf("what was escaped or cut is not marked:\n%s", plain.String())
	}
	if n := plain.Len(); n > 64<<10 {
		t.Errorf("%d bytes for one failure", n)
	}

	// With colours, the escapes are ours alone.
	var colored bytes.Buffer
	if err := terminal.Write(&colored, r, terminal.Options{Color: true}); err != nil {
		t.Fatal(err)
	}
	stripped := colored.String()
	for _, code := range []string{"31", "32", "33", "1", "2", "0"} {
		stripped = strings.ReplaceAll(stripped, "\x1b["+code+"m", "")
	}
	if err := inoffensive(stripped); err != nil {
		t.Error(err)
	}

	var stored, xml bytes.Buffer
	if err := report.JSON(&stored, r); err != nil {
		t.Fatal(err)
	}
	if _, err := report.Read(&stored); err != nil {
		t.Error(err)
	}
	if err := ci.JUnit(&xml, r); err != nil {
		t.Fatal(err)
	}
	suite, err := readJUnit(xml.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range suite.Cases {
		for _, s := range []string{c.Name, c.text()} {
			if err := inoffensive(s); err != nil {
				t.Error(err)
			}
		}
	}
	if err := inoffensive(watch(&terminal.Progress{Verbose: true}, hostileEvents())); err != nil {
		t.Error(err)
	}
}
