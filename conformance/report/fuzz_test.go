package report_test

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/attest"
	"github.com/ctxpush/ctxpush/conformance/report/badge"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/html"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

// Whatever a receiver writes, it is text in a summary and in an annotation, and
// no order to whoever shows it.
func FuzzEscapes(f *testing.F) {
	for _, s := range append([]string{"%0A::error::x", "a::b", "x,file=y", "%25", "::set-env name=a::b", "\x1b]8;;http://x\a"}, harmful...) {
		f.Add(s)
	}
	command := regexp.MustCompile(`^::(error|warning) title=[^:,]*(,file=[^:,]*)?::[^\r\n]*$`)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return // what is longer is cut, and takes long
		}
		r := harmfulRun(s)
		r.Receiver.File = s
		for _, l := range annotations(t, r) {
			if !command.MatchString(l) || len(l) > 8000 {
				t.Fatalf("%d bytes: %q", len(l), l)
			}
			if err := inoffensive(strings.TrimPrefix(l, "::")); err != nil {
				t.Fatal(err)
			}
		}
		if source := markdown(t, r); inertMarkdown(source) != nil {
			t.Fatalf("%v, in\n%s", inertMarkdown(source), source)
		}
	})
}

// Two reports from strangers, one compared with the other.
func FuzzBaseline(f *testing.F) {
	stored := func(r report.Report) []byte {
		var b bytes.Buffer
		if err := report.JSON(&b, r); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	all := [][]byte{stored(build()), stored(build(sampleEvents()...)), stored(build(hostileEvents()...)), []byte("{}")}
	for _, now := range all {
		for _, before := range all {
			f.Add(now, before)
		}
	}
	f.Fuzz(func(t *testing.T, now, before []byte) {
		r, err := report.Read(bytes.NewReader(now))
		if err != nil {
			return
		}
		earlier, err := report.Read(bytes.NewReader(before))
		if err != nil {
			return
		}
		ways := func(r report.Report) (n int) {
			for _, c := range r.Checks {
				n += max(1, len(c.Failures))
			}
			return n
		}
		r = r.Since(earlier)
		b := r.Baseline
		if n := len(b.New) + b.Known; n > ways(r) {
			t.Fatalf("%d new and known failures of %d", n, ways(r))
		}
		if n := len(b.Fixed) + b.Unjudged; n > ways(earlier) {
			t.Fatalf("%d fixed failures of %d", n, ways(earlier))
		}
		var out bytes.Buffer
		if err := terminal.Write(&out, r, terminal.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := inoffensive(out.String()); err != nil {
			t.Fatal(err)
		}
		if err := inertMarkdown(markdown(t, r)); err != nil {
			t.Fatal(err)
		}
		for _, render := range []func(io.Writer, report.Report) error{ci.Annotations, attest.Write, badge.Write, ci.JUnit, html.Write} {
			if err := render(io.Discard, r); err != nil {
				t.Fatal(err)
			}
		}
	})
}
