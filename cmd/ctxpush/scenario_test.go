package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/scenarios"
)

const late = `scenario: delivered comes late
messages: {m: {history: [pending, delivered, opened]}}
deliver:
  - batch: [m.opened]
  - batch: [m.delivered]
expect: {m: opened}
`

const counterexample = "counterexample: order/reversed\nfound: \"delivery_status is delivered: want opened\"\n" + late

// wrongReceiver is a receiver in which the last arrival wins, and the flags that
// name it.
func wrongReceiver(t *testing.T) []string {
	t.Helper()
	opts, err := mutants.New("last-arrival-wins", reference.Options{Listen: "127.0.0.1:0", Secret: "s3cret-of-the-test"})
	if err != nil {
		t.Fatal(err)
	}
	server, err := reference.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Shutdown(context.Background()) })
	return []string{"--url", server.URL(), "--secret", opts.Secret, "--settle", "20ms"}
}

func TestScenarioRunPrintsATimeline(t *testing.T) {
	file := write(t, "late.yaml", late)
	out, _ := ctxpush(t, exitOK, "scenario", "run", file, "--built-in", "--seed", "7", "--epoch", "2026-11-23T00:00:00Z", "--settle", "20ms")
	for _, pattern := range []string{
		`(?m)^receiver .* at http://127.0.0.1:\d+, identity device$`,
		`(?m)^seed 7, epoch 2026-11-23T00:00:00Z$`,
		`(?m)late.yaml: delivered comes late\n       m is message \S+\n       m: not known\n  1  batch: \[m.opened\]\n       #1 \(opened .*\) → 200 in \S+\n       m: not known → opened\n  2  batch: \[m.delivered\]\n       #1 \(delivered .*\) → 200 in \S+\n  end\n       m: opened\n       as expected: m: opened\n`,
		`(?m)^PASSED       .*late.yaml: delivered comes late$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(out) {
			t.Errorf("got\n%swhich lacks %s", out, pattern)
		}
	}
}

func TestScenarioRunTellsWhatIsWrong(t *testing.T) {
	target := wrongReceiver(t)
	file := write(t, "late.yaml", late)
	out, stderr := ctxpush(t, exitFellShort, append([]string{"scenario", "run", file}, target...)...)
	for _, want := range []string{
		"       m: opened → delivered\n",
		"       WRONG: delivery_status is delivered: want opened\n",
		"FAILED       " + filepath.ToSlash(file) + ": delivered comes late\n             stale: delivery_status is delivered: want opened\n",
		"             expected opened, got delivered\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%swhich lacks %q", out, want)
		}
	}
	if strings.Contains(out+stderr, "s3cret-of-the-test") {
		t.Errorf("the secret shows:\n%s%s", out, stderr)
	}
}

func TestScenarioRunSaysWhetherACounterexampleIsFixed(t *testing.T) {
	file := write(t, "counterexamples/order-reversed.yaml", counterexample)
	out, _ := ctxpush(t, exitOK, "scenario", "run", filepath.Dir(file), "--built-in", "--settle", "20ms")
	if !strings.Contains(out, "\ncounterexample to order/reversed: delivery_status is delivered: want opened\n") || !strings.Contains(out, "\nFIXED        ") {
		t.Errorf("a right receiver: got\n%s", out)
	}
	out, _ = ctxpush(t, exitFellShort, append([]string{"scenario", "run", file}, wrongReceiver(t)...)...)
	if !strings.Contains(out, "\nFAILED still ") {
		t.Errorf("a wrong receiver: got\n%s", out)
	}
}

func TestScenarioRunPlaysSeveral(t *testing.T) {
	file := write(t, "a/late.yaml", late)
	rewrite(t, filepath.Join(filepath.Dir(file), "b", "late.yml"), late+"---\nscenario: in order\ndeliver: [{batch: [m.delivered, m.opened]}]\n")
	out, _ := ctxpush(t, exitOK, "scenario", "run", filepath.Dir(file), file, "order/reversed", "--built-in", "--settle", "20ms")
	if !strings.HasSuffix(out, "\n4 passed, 0 failed, 0 skipped, 0 not judged\n") {
		t.Errorf("a file in a folder, and again by itself, and a built-in one: got\n%s", out)
	}
}

func TestScenarioRunWithoutAReceiver(t *testing.T) {
	out, stderr := ctxpush(t, exitSurroundings, "scenario", "run", "order/reversed", "--url", "http://127.0.0.1:1", "--secret", "s")
	if strings.Contains(out, "PASSED") || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "ctxpush: ") {
		t.Errorf("got\n%s%s", out, stderr)
	}
}

func TestScenarioRunWatches(t *testing.T) {
	g := NewWithT(t)
	file := write(t, "late.yaml", late)
	ctx, interruptIt := context.WithCancelCause(t.Context())
	var p program
	code := make(chan int, 1)
	go func() {
		code <- p.run(ctx, "scenario", "run", "--watch", file, "--built-in", "--settle", "20ms", "--seed", "7")
	}()

	g.Eventually(p.out.String, "30s").Should(ContainSubstring("PASSED"))
	rewrite(t, file, "scenario: ")
	g.Eventually(p.err.String, "30s").Should(ContainSubstring("late.yaml:1: scenario: "))
	saved := file + "~" // as editors do: a new file in the old one's place
	rewrite(t, saved, strings.Replace(late, "expect: {m: opened}", "expect: {m: delivered}", 1))
	g.Expect(os.Rename(saved, file)).To(Succeed())
	g.Eventually(p.out.String, "30s").Should(ContainSubstring("FAILED"))
	g.Expect(p.out.String()).To(ContainSubstring("──── " + file + " changed ────"))
	g.Expect(p.out.String()).To(MatchRegexp(`(?s)seed 7,.*seed (8|9|1\d),`), "each round has messages of its own")

	interruptIt(interrupt{os.Interrupt})
	g.Eventually(code, "30s").Should(Receive(Equal(exitInterrupted)))
}

func TestScenarioShow(t *testing.T) {
	args := []string{"scenario", "show", "--seed", "7", "--epoch", "2026-11-23T00:00:00Z"}
	out, stderr := ctxpush(t, exitOK, append(args, write(t, "s.yaml", `scenario: all sorts
messages: {m: {history: [pending, delivered]}}
deliver:
  - batch: [m.pending]
    secret: prefix
    answer: 4xx
  - together: [[m.pending], [m.delivered]]
  - wait: 1s
  - raw: hello
    answer: any
expect: {m: delivered}
`))...)
	if stderr != "seed 7, epoch 2026-11-23T00:00:00Z\n" {
		t.Errorf("stderr is %q", stderr)
	}
	const request = "POST /webhook HTTP/1.1\r\nHost: receiver.example\r\nX-ctx-secret: "
	for _, want := range []string{
		"s.yaml: all sorts\n\n# step 1, line 4: batch: [m.pending], secret: prefix, answer: 4xx\n" + request + "[a part of the secret]\r\n",
		"# step 2, line 7: together: [m.pending] | [m.delivered]\n" + request + "$CTXPUSH_SECRET\r\nContent-Type: application/json\r\n",
		"\n# at the same time:\n" + request,
		"\n# step 3, line 8: wait: 1s\n\n# step 4, line 9: raw: \"hello\", answer: any\n",
		"\r\n\r\nhello\n\n# in the end: m: delivered\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwhich lacks %q", out, want)
		}
	}
	first, _ := ctxpush(t, exitOK, append(args, "order/reversed")...)
	again, _ := ctxpush(t, exitOK, append(args, "order/reversed")...)
	if first != again || strings.Count(first, "POST ") != 3 {
		t.Errorf("the same seed shows\n%s\nand\n%s", first, again)
	}
}

func TestScenarioList(t *testing.T) {
	out, _ := ctxpush(t, exitOK, "scenario", "list")
	for _, c := range scenarios.Catalogue() {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(c.ID) + ` +` + regexp.QuoteMeta(c.Title) + `$`).MatchString(out) {
			t.Errorf("%s is not listed", c.ID)
		}
	}
}

func TestWatcherTellsScenarioFilesOnly(t *testing.T) {
	g := NewWithT(t)
	file := write(t, "a/b/s.yaml", late)
	folder := filepath.Dir(filepath.Dir(file))
	w, err := newWatcher(folder, "order/reversed")
	g.Expect(err).NotTo(HaveOccurred())
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	rewrite(t, filepath.Join(folder, "notes.txt"), "x")
	g.Expect(os.Chmod(file, 0o600)).To(Succeed())
	rewrite(t, file, late+"\n")
	g.Expect(w.next(ctx)).To(Equal(file))

	g.Expect(os.Mkdir(filepath.Join(folder, "new"), 0o755)).To(Succeed())
	g.Expect(w.next(ctx)).To(Equal(filepath.Join(folder, "new")))
	rewrite(t, filepath.Join(folder, "new", "t.yml"), late)
	g.Expect(w.next(ctx)).To(Equal(filepath.Join(folder, "new", "t.yml")), "a folder that came later is watched as well")
	cancel()
	_, err = w.next(ctx)
	g.Expect(err).To(MatchError(context.Canceled))
}
