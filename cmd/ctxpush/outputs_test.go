package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
)

// certifying is a call of certify with few checks against a receiver, with a
// report's folder of its own.
func certifying(t *testing.T, receiver []string, flags ...string) (args []string, folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "report")
	if receiver == nil {
		receiver = []string{"--built-in"}
	}
	args = append([]string{"certify", "--settle", "20ms", "--report-dir", folder}, receiver...)
	return append(args, flags...), folder
}

var twoOrders = []string{"--focus", "order/late-pending", "--focus", "order/reversed"}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// filesBelow are the names below dir and what they hold.
func filesBelow(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all[strings.TrimPrefix(path, folder+string(filepath.Separator))] = read(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCertifyInAGitHubAction(t *testing.T) {
	args, folder := certifying(t, wrongReceiver(t), twoOrders...)
	summary := write(t, "summary", "# of another tool\n")
	p := program{env: map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary}}
	if code := p.run(t.Context(), args...); code != exitFellShort {
		t.Fatalf("exit code %d\n%s%s", code, p.out.String(), p.err.String())
	}
	out := p.out.String()
	if n := strings.Count("\n"+out, "\n::error title=ctxpush%3A order/"); n != 2 {
		t.Errorf("%d annotations in\n%s", n, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "FAIL  ") {
		t.Errorf("the last line is %q", last)
	}
	if got := read(t, summary); got != "# of another tool\n\n\n"+read(t, folder, "summary.md") {
		t.Errorf("the step's summary is\n%s", got)
	}

	// Elsewhere no order is given, and no file written but the report's.
	args, _ = certifying(t, wrongReceiver(t), twoOrders...)
	if out, _ := ctxpush(t, exitFellShort, args...); strings.Contains(out, "::error") {
		t.Errorf("an order to GitHub:\n%s", out)
	}
}

func TestCertifyGoesOnWithoutAStepSummary(t *testing.T) {
	args, _ := certifying(t, nil, twoOrders...)
	p := program{env: map[string]string{"GITHUB_STEP_SUMMARY": t.TempDir()}}
	if code := p.run(t.Context(), args...); code != exitOK || !strings.Contains(p.err.String(), "ctxpush: step summary: ") {
		t.Errorf("exit code %d\n%s", code, p.err.String())
	}
}

func TestCertifyTellsItsVerdictWithoutAReport(t *testing.T) {
	for name, c := range map[string]struct {
		receiver []string
		code     int
		verdict  string
	}{"good": {nil, exitSurroundings, "PASS  "}, "wrong": {wrongReceiver(t), exitFellShort, "FAIL  "}} {
		args, folder := certifying(t, c.receiver, twoOrders...)
		// What is in the file's way can't be replaced.
		if err := os.MkdirAll(filepath.Join(folder, "summary.md", "in the way"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, stderr := ctxpush(t, c.code, args...)
		if !strings.Contains(out, "\n"+c.verdict) || !strings.Contains(stderr, "summary.md") {
			t.Errorf("%s: got\n%s%s", name, out, stderr)
		}
	}
}

func TestCertifyQuietAndVerbose(t *testing.T) {
	args, _ := certifying(t, wrongReceiver(t), append(twoOrders, "--quiet")...)
	out, stderr := ctxpush(t, exitFellShort, args...)
	if !strings.HasPrefix(out, "FAIL  ") || strings.Count(out, "\n") != 1 || stderr != "" {
		t.Errorf("quiet: got\n%s%s", out, stderr)
	}
	args, _ = certifying(t, nil, append(twoOrders, "--trace-requests", "--secret", "s3cret-of-the-test")...)
	_, stderr = ctxpush(t, exitOK, args...)
	for _, want := range []string{"order/late-pending  #1 (delivered ", "PASS  order/late-pending  "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("verbose: no %q in\n%s", want, stderr)
		}
	}
	if strings.Contains(stderr, "s3cret") {
		t.Errorf("the secret shows:\n%s", stderr)
	}
}

func TestCertifyWithABaseline(t *testing.T) {
	wrong := wrongReceiver(t)
	args, before := certifying(t, wrong, "--focus", "order/late-pending")
	ctxpush(t, exitFellShort, args...)
	baseline := filepath.Join(before, "report.json")

	// The same bug on other messages is nothing new.
	args, folder := certifying(t, wrong, "--focus", "order/late-pending", "--baseline", baseline)
	if out, _ := ctxpush(t, exitFellShort, args...); !strings.Contains(out, "since  0 new, 0 fixed, ") {
		t.Errorf("got\n%s", out)
	}
	out, _ := ctxpush(t, exitOK, append(args, "--only-new")...)
	if !regexp.MustCompile(`\nPASS  [^\n]+: nothing new, (\d+) known; 0 passed, 1 failed of 1 check, [^\n]+\n$`).MatchString(out) {
		t.Errorf("it does not say that nothing is new:\n%s", out)
	}
	if summary := read(t, folder, "summary.md"); !regexp.MustCompile(`^## ✅ .+: pass, nothing new, \d+ known\n`).MatchString(summary) {
		t.Errorf("summary.md is\n%s", summary)
	}
	r, err := dir.Read(folder)
	if err != nil || r.Baseline == nil || r.Baseline.Known == 0 || len(r.Baseline.New) != 0 || r.Result != report.Fail {
		t.Errorf("got %+v, %v", r.Baseline, err)
	}

	// Another check fails, too.
	args, _ = certifying(t, wrong, append(twoOrders, "--baseline", baseline, "--only-new")...)
	if out, _ := ctxpush(t, exitFellShort, args...); !strings.Contains(out, "new     order/reversed: stale, ") {
		t.Errorf("got\n%s", out)
	}

	// It is mended. The baseline is the report that is replaced.
	args = append([]string{"certify", "--built-in", "--settle", "20ms", "--report-dir", before, "--baseline", baseline, "--only-new"}, twoOrders...)
	if out, _ := ctxpush(t, exitOK, args...); !strings.Contains(out, "fixed   order/late-pending: stale, ") {
		t.Errorf("got\n%s", out)
	}
	if !strings.Contains(read(t, before, "summary.md"), "| Fixed |") {
		t.Error("summary.md does not tell what is fixed")
	}
}

func TestReportRendersAgain(t *testing.T) {
	args, folder := certifying(t, wrongReceiver(t), twoOrders...)
	printed, _ := ctxpush(t, exitFellShort, args...)
	whole := filesBelow(t, folder)
	for name := range whole {
		if name != "report.json" && !strings.HasPrefix(name, "counterexamples") {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	again, stderr := ctxpush(t, exitOK, "report", folder)
	if again != printed || stderr != "" {
		t.Errorf("printed\n%swas\n%s%s", again, printed, stderr)
	}
	got := filesBelow(t, folder)
	for name, text := range whole {
		if got[name] != text {
			t.Errorf("%s differs:\n%s\nwas\n%s", name, got[name], text)
		}
	}
	if len(got) != len(whole) || len(whole) < 6 {
		t.Errorf("got %d files of %d", len(got), len(whole))
	}
	if quiet, _ := ctxpush(t, exitOK, "report", "--quiet", folder); strings.Count(quiet, "\n") != 1 || !strings.HasPrefix(quiet, "FAIL  ") {
		t.Errorf("quiet: got\n%s", quiet)
	}
}

// TestInterruptedRunIsReported: all files are there, and say so.
func TestInterruptedRunIsReported(t *testing.T) {
	args, folder := certifying(t, nil, "--trace-requests")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var p program
	code := make(chan int)
	go func() { code <- p.run(ctx, args...) }()
	// As soon as something was sent.
	NewWithT(t).Eventually(p.err.String).WithTimeout(time.Minute).ShouldNot(BeEmpty())
	cancel(interrupt{os.Interrupt})
	if code := <-code; code != exitInterrupted {
		t.Fatalf("exit code %d\n%s%s", code, p.out.String(), p.err.String())
	}
	r, err := dir.Read(folder)
	if err != nil || r.Result != report.Interrupted || len(r.NotRun) == 0 {
		t.Errorf("got %s, %v", r.Result, err)
	}
	for name, want := range map[string]string{"junit.xml": `name="the run"`, "summary.md": ": interrupted", "attestation.json": `"FAILED"`, "badge.svg": "interrupted"} {
		if text := read(t, folder, name); !strings.Contains(text, want) {
			t.Errorf("%s does not say %s:\n%s", name, want, text)
		}
	}
	if slices.ContainsFunc(r.Checks, func(c report.Check) bool { return c.Result == event.Fail }) {
		t.Error("the reference receiver failed")
	}
}
