//go:build unix

package receiver

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/owner"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/process"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/receivertest"
)

func TestCommandKeepsItsDisk(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	r := ofCommand(t, program(""), Env{})
	g.Expect(r.Fixed()).To(BeEmpty())
	g.Expect(r.Info()).To(Equal(Info{Kind: "command"}))

	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(r.URL()).To(MatchRegexp(`^http://127\.0\.0\.1:\d+$`))
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("1"))
	g.Expect(receivertest.Get(t, r, "/secret")).To(Equal(receivertest.Secret))
	g.Expect(r.Start(ctx)).To(MatchError(ContainSubstring("runs already")))

	pid := receivertest.Get(t, r, "/pid")
	g.Expect(r.Stop(ctx)).To(Succeed())
	g.Expect(receivertest.Runs(pid)).To(BeFalse())
	g.Expect(r.Log(1)).To(Equal([]string{"bye"}))
	_, ended := r.Exited()
	g.Expect(ended).To(BeFalse(), "it was asked to")

	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("2"))
	pid = receivertest.Get(t, r, "/pid")
	g.Expect(r.Kill(ctx)).To(Succeed())
	g.Expect(receivertest.Runs(pid)).To(BeFalse())
	g.Expect(r.Log(100)).To(HaveLen(3), "a killed receiver says no bye")

	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("3"))
	pid = receivertest.Get(t, r, "/pid")
	g.Expect(r.Close()).To(Succeed())
	g.Expect(r.Close()).To(Succeed())
	g.Expect(receivertest.Runs(pid)).To(BeFalse())
}

func TestCommandReadyByPort(t *testing.T) {
	c := program("sick")
	c.Ready.HTTP = ""
	NewWithT(t).Expect(ofCommand(t, c, Env{}).Start(t.Context())).To(Succeed())
}

func TestCommandThatOutlivesSIGTERM(t *testing.T) {
	g := NewWithT(t)
	r := ofCommand(t, program("stubborn"), Env{Grace: 50 * time.Millisecond})
	g.Expect(r.Start(t.Context())).To(Succeed())
	pid := receivertest.Get(t, r, "/pid")
	err := r.Stop(t.Context())
	var stop *StopError
	g.Expect(errors.As(err, &stop)).To(BeTrue())
	g.Expect(err).To(MatchError(ContainSubstring("did not end within 50ms of SIGTERM and was killed")))
	g.Expect(receivertest.Runs(pid)).To(BeFalse())
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("2"))
	g.Expect(errors.As(r.Stop(t.Context()), &stop)).To(BeTrue())
	g.Expect(stop.Again).To(BeTrue())
}

// At the end of a run, too, a receiver may put its things in order.
func TestCommandIsAskedToEndByClose(t *testing.T) {
	g := NewWithT(t)
	r := ofCommand(t, program(""), Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(r.Close()).To(Succeed())
	g.Expect(r.Log(5)).To(ContainElement(Equal("bye")))
}

func TestCommandThatDiesAtOnce(t *testing.T) {
	g := NewWithT(t)
	c := program("dies")
	c.Ready.Timeout = time.Hour // not waited for
	err := startError(t, t.Context(), ofCommand(t, c, Env{}))
	g.Expect(err.Error()).To(MatchRegexp(`^command \S*receiver: ended before it was ready: ended with exit status 3 \(tried GET http://127\.0\.0\.1:\d+/healthz for \S+\); its log ends with "no database at all"$`))
	g.Expect(err.Log).To(ConsistOf(`receiver in mode "dies"`, "no database at all"))
}

func TestCommandWhoseChildKeepsItsOutput(t *testing.T) {
	g := NewWithT(t)
	c := program("leaves-child")
	c.Ready.Timeout = time.Hour
	err := startError(t, t.Context(), ofCommand(t, c, Env{}))
	g.Expect(err.Error()).To(ContainSubstring("ended with exit status 4"))
	var child string
	for _, line := range err.Log {
		if pid, ok := strings.CutPrefix(line, "child "); ok {
			child = pid
		}
	}
	g.Expect(child).NotTo(BeEmpty())
	g.Expect(receivertest.Runs(child)).To(BeFalse(), "its child went with it")
}

func TestCommandThatIsNeverReady(t *testing.T) {
	for mode, want := range map[string]string{"sick": "answered 503, want 2xx", "silent": "connection refused"} {
		t.Run(mode, func(t *testing.T) {
			g := NewWithT(t)
			c := program(mode)
			c.Ready.Timeout = 2 * time.Second
			err := startError(t, t.Context(), ofCommand(t, c, Env{}))
			g.Expect(err.Error()).To(ContainSubstring("was not ready within 2s, the last try: "))
			g.Expect(err.Error()).To(ContainSubstring(want))
			g.Expect(err.Tried).To(HavePrefix("GET http://127.0.0.1:"))
			g.Expect(err.Waited).To(BeNumerically(">=", 2*time.Second))
			g.Expect(err.Log).NotTo(BeEmpty())
		})
	}
}

func TestCommandThatIsInterrupted(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := program("silent")
	c.Ready.Timeout = time.Hour
	g.Expect(startError(t, ctx, ofCommand(t, c, Env{}))).To(MatchError(context.Canceled))
}

func TestCommandThatCannotBeStarted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(file, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ argv0, want string }{
		"no name in the PATH": {"ctxpush-no-such-program", `the program "ctxpush-no-such-program" is not in the PATH`},
		"no file":             {"./no/such/program", "no/such/program: no such file"},
		"no program":          {file, "exec format error"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := program("")
			cmd.Argv[0] = c.argv0
			err := startError(t, t.Context(), ofCommand(t, cmd, Env{}))
			NewWithT(t).Expect(err.Error()).To(ContainSubstring(c.want))
		})
	}
}

func TestCommandMistakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*config.Command){
		"receiver.command.argv: missing":                     func(c *config.Command) { c.Argv = nil },
		"receiver.command.argv[1]: ":                         func(c *config.Command) { c.Argv = append(c.Argv, "--secret=${SECRET}") },
		"receiver.command.argv[2]: holds the secret":         func(c *config.Command) { c.Argv = append(c.Argv, "-s", receivertest.Secret) },
		"receiver.command: neither argv nor env has ${PORT}": func(c *config.Command) { delete(c.Env, "PORT") },
		"receiver.command.dir: /no/such/dir does not exist":  func(c *config.Command) { c.Dir = "/no/such/dir" },
		"receiver.command.dir: " + file + " is a file":       func(c *config.Command) { c.Dir = file },
		"receiver.command.ready.http: ":                      func(c *config.Command) { c.Ready.HTTP = "http://x/y" },
	} {
		t.Run(want, func(t *testing.T) {
			g := NewWithT(t)
			c := program("")
			change(&c)
			_, err := New(config.Config{Receiver: config.Receiver{Command: &c}}, Env{Secret: receivertest.Secret})
			g.Expect(err).To(BeAssignableToTypeOf(&config.Error{}))
			g.Expect(err).To(MatchError(ContainSubstring(want)))
			g.Expect(err.Error()).NotTo(ContainSubstring(receivertest.Secret))
		})
	}
}

func TestCommandThatDiesLater(t *testing.T) {
	g := NewWithT(t)
	r := ofCommand(t, program(""), Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	_, ended := r.Exited()
	g.Expect(ended).To(BeFalse())
	receivertest.AskToDie(t, r)
	how, _ := r.Exited()
	g.Expect(how).To(Equal("ended with exit status 7"))
	g.Expect(r.Stop(t.Context())).To(Succeed())
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("2"))
	receivertest.AskToDie(t, r)
	g.Expect(r.Start(t.Context())).To(Succeed(), "also without a stop")
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("3"))
}

func TestCommandSecretStaysOutOfItsLog(t *testing.T) {
	g := NewWithT(t)
	r := ofCommand(t, program("tells-secret"), Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Eventually(func() []string { return r.Log(10) }).WithTimeout(time.Minute).WithPolling(5 * time.Millisecond).
		Should(ContainElement("the secret is [secret], oh"))
	g.Expect(r.Kill(t.Context())).To(Succeed())
	g.Expect(strings.Join(r.Log(10), "\n")).NotTo(ContainSubstring(receivertest.Secret))
}

func TestCommandWhosePortIsTaken(t *testing.T) {
	g := NewWithT(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	defer l.Close()
	p := ofCommand(t, program(""), Env{})
	ports := []int{l.Addr().(*net.TCPAddr).Port}
	p.port = func() (int, error) {
		if len(ports) == 0 {
			return freePort()
		}
		port := ports[0]
		ports = ports[1:]
		return port, nil
	}
	g.Expect(p.Start(t.Context())).To(Succeed())
	g.Expect(p.Log(9)).To(ContainElement(ContainSubstring("address already in use")))
}

func TestCommandHasAGroupOfItsOwn(t *testing.T) {
	g := NewWithT(t)
	p := ofCommand(t, program(""), Env{})
	g.Expect(p.Start(t.Context())).To(Succeed())
	pid := p.child.PID
	g.Expect(syscall.Getpgid(pid)).To(Equal(pid))
}

func TestCommandGoesWithAKilledRun(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a process with its parent")
	}
	pid := receivertest.KilledHarness(t, "command", "CTXPUSH_TEST_DIR="+t.TempDir())
	NewWithT(t).Eventually(func() bool { return receivertest.Runs(pid) }).
		WithTimeout(time.Minute).WithPolling(5 * time.Millisecond).Should(BeFalse())
}

// stray is the number of the daemon's process.
func stray(t *testing.T, dir string) string {
	t.Helper()
	var pid string
	NewWithT(t).Eventually(func() string {
		said, _ := os.ReadFile(filepath.Join(dir, "stray"))
		pid = strings.TrimSpace(string(said))
		return pid
	}).WithTimeout(time.Minute).WithPolling(5 * time.Millisecond).ShouldNot(BeEmpty())
	return pid
}

func TestCommandThatLeavesADaemon(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the environment of others")
	}
	g := NewWithT(t)
	c := daemon()
	r := ofCommand(t, c, Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	pid := stray(t, r.dir)
	g.Expect(r.Kill(t.Context())).To(Succeed())
	g.Expect(receivertest.Runs(pid)).To(BeTrue(), "it may be a database that the receiver needs again")
	g.Expect(r.Close()).To(Succeed())
	g.Expect(receivertest.Runs(pid)).To(BeFalse())
}

func TestDaemonOfAKilledRunIsEndedByTheNext(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the environment of others")
	}
	g := NewWithT(t)
	dir := t.TempDir()
	receivertest.KilledHarness(t, "daemon", "CTXPUSH_TEST_DIR="+dir)
	pid := stray(t, dir)
	g.Expect(receivertest.Runs(pid)).To(BeTrue())
	g.Expect(process.EndStrays(func(mark string) bool { return owner.OfMark(mark).IsGone() })).To(Succeed())
	g.Expect(receivertest.Runs(pid)).To(BeFalse())
}

func TestLookProgram(t *testing.T) {
	_, err := process.Look("./missing", t.TempDir())
	NewWithT(t).Expect(errors.Is(err, fs.ErrNotExist)).To(BeTrue())
}

func TestCommandIsFrozen(t *testing.T) {
	receivertest.Freezes(t, ofCommand(t, program(""), Env{}))
}

func TestOnlyWhatRunsIsFrozen(t *testing.T) {
	r := ofCommand(t, program(""), Env{})
	NewWithT(t).Expect(r.Freeze(t.Context())).To(MatchError(ContainSubstring("does not run, and can't be frozen")))
}
