package main

import (
	"context"
	"os"
	"os/exec"
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

func TestScenarioRunSaysWhatWasNeverShownAgain(t *testing.T) {
	unconfirmed := strings.Replace(counterexample, "counterexample:", "unconfirmed: true\ncounterexample:", 1)
	file := write(t, "counterexamples/unconfirmed/order-reversed.yaml", unconfirmed)
	out, _ := ctxpush(t, exitOK, "scenario", "run", filepath.Dir(file), "--built-in", "--settle", "20ms")
	if !strings.Contains(out, "\nNOT SHOWN    ") || strings.Contains(out, "FIXED") {
		t.Errorf("got\n%s", out)
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
	w, err := newWatcher(nil)
	g.Expect(err).NotTo(HaveOccurred())
	defer w.Close()
	g.Expect(w.watch([]string{folder, "order/reversed"}, nil)).To(Succeed())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	rewrite(t, filepath.Join(folder, "notes.txt"), "x")
	g.Expect(os.Chmod(file, 0o600)).To(Succeed())
	rewrite(t, file, late+"\n")
	g.Expect(w.next(ctx)).To(Equal(file + " changed"))

	g.Expect(os.Mkdir(filepath.Join(folder, "new"), 0o755)).To(Succeed())
	g.Expect(w.next(ctx)).To(Equal(filepath.Join(folder, "new") + " changed"))
	g.Expect(w.watch([]string{folder}, nil)).To(Succeed())
	rewrite(t, filepath.Join(folder, "new", "t.yml"), late)
	g.Expect(w.next(ctx)).To(Equal(filepath.Join(folder, "new", "t.yml")+" changed"), "a folder that came later is watched as well")
	cancel()
	_, err = w.next(ctx)
	g.Expect(err).To(MatchError(context.Canceled))
}

func TestWatcherKnowsAReceiversSources(t *testing.T) {
	g := NewWithT(t)
	server := write(t, "app/server.js", "1")
	app := filepath.Dir(server)
	rewrite(t, filepath.Join(app, "node_modules", "x.js"), "1")
	lines := make(chan string, 1)
	w, err := newWatcher(lines)
	g.Expect(err).NotTo(HaveOccurred())
	defer w.Close()
	g.Expect(w.watch(nil, []string{app})).To(Succeed())
	g.Expect(w.String()).To(Equal("the receiver's files in " + app))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	data, upload := filepath.Join(app, "data.json"), filepath.Join(app, "upload")
	g.Expect(w.during(true, func() { rewrite(t, data, "1") })).To(BeEmpty(), "what it writes in the first round is its own")
	g.Expect(w.during(false, func() { rewrite(t, data, "2"); rewrite(t, upload, "2") })).To(BeEmpty(), "and what is new after any")
	g.Expect(w.during(false, func() { rewrite(t, server, "2") })).To(Equal(server + " changed"))

	for _, name := range []string{data, upload, "states.db-wal", ".git/index", "node_modules/x.js"} {
		if !filepath.IsAbs(name) {
			name = filepath.Join(app, name)
		}
		rewrite(t, name, "3")
	}
	rewrite(t, server, "3")
	g.Expect(w.next(ctx)).To(Equal(server + " changed"))
	lines <- ""
	g.Expect(w.next(ctx)).To(Equal("Enter"))
}

// A receiver that ctxpush starts is started anew when its own files change.
func TestScenarioRunWatchesTheReceiver(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node")
	}
	g := NewWithT(t)
	text, err := os.ReadFile("../../fixtures/demo/server.js")
	g.Expect(err).NotTo(HaveOccurred())
	wrong := strings.Replace(string(text), "if (!pushes.has(name) || isNewer(e, pushes.get(name))) ", "", 1)
	g.Expect(wrong).NotTo(Equal(string(text)))
	server := write(t, "app/server.js", wrong)
	ctx, interruptIt := context.WithCancelCause(t.Context())
	var p program
	code := make(chan int, 1)
	go func() {
		code <- p.run(ctx, "scenario", "run", "--watch", "order/delivered-after-opened", "--command", "node server.js", "--dir", filepath.Dir(server),
			"--env", "PORT=${PORT}", "--env", "WEBHOOK_SECRET=${SECRET}", "--settle", "50ms")
	}()
	g.Eventually(p.err.String, "60s").Should(ContainSubstring("watching the receiver's files in " + filepath.Dir(server) + "; Enter plays again, Ctrl-C ends\n"))
	g.Expect(p.out.String()).To(ContainSubstring("FAILED"))
	rewrite(t, server, string(text))
	g.Eventually(p.out.String, "60s").Should(ContainSubstring("PASSED"))
	g.Expect(p.out.String()).To(ContainSubstring("──── " + server + " changed ────"))
	interruptIt(interrupt{os.Interrupt})
	g.Eventually(code, "60s").Should(Receive(Equal(exitInterrupted)))
}
