package receiver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
)

const testSecret = "s3cret-0123456789"

// program is testdata/receiver, built.
var program string

// harnessMode makes this binary a run that starts a command or a container,
// says so, and stays until it is killed.
const harnessMode = "CTXPUSH_TEST_HARNESS"

func TestMain(m *testing.M) {
	if kind := os.Getenv(harnessMode); kind != "" {
		harness(kind)
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ctxpush-receiver")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "receiver")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "./testdata/receiver")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	if left := leftovers(); left != "" {
		fmt.Println("FAIL: left behind:", left)
		return 1
	}
	return code
}

func harness(kind string) {
	var cfg config.Config
	program = os.Getenv("CTXPUSH_TEST_PROGRAM")
	switch kind {
	case "command":
		c := command("")
		c.Dir = os.Getenv("CTXPUSH_TEST_DIR")
		cfg.Receiver.Command = &c
	case "daemon":
		c := daemon()
		c.Dir = os.Getenv("CTXPUSH_TEST_DIR")
		cfg.Receiver.Command = &c
	case "container":
		c := inContainer("")
		c.Image = os.Getenv("CTXPUSH_TEST_IMAGE")
		cfg.Receiver.Container = &c
	}
	if kind == "compose" {
		cfg.Receiver.Compose = &config.Compose{File: os.Getenv("CTXPUSH_TEST_DIR"), Service: "receiver", Port: 8080, Env: config.Values{"MODE": ""}}
	}
	r, err := New(cfg, Env{Secret: testSecret, RunID: testRun})
	if err == nil {
		err = r.Start(context.Background())
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	switch r := r.(type) {
	case *process:
		fmt.Println(r.child.cmd.Process.Pid)
	case *compose:
		fmt.Println(r.project)
	case *box:
		fmt.Println(r.ctr.GetContainerID())
	}
	select {}
}

// killedHarness runs a harness, kills it once its receiver runs, and returns
// what it has said: the receiver's process or container.
func killedHarness(t *testing.T, kind string, env ...string) string {
	t.Helper()
	g := NewWithT(t)
	exe, err := os.Executable()
	g.Expect(err).NotTo(HaveOccurred())
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), append(env, harnessMode+"="+kind, "CTXPUSH_TEST_PROGRAM="+program)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmd.Start()).To(Succeed())
	said, err := bufio.NewReader(out).ReadString('\n')
	g.Expect(cmd.Process.Kill()).To(Succeed())
	g.Expect(cmd.Wait()).NotTo(Succeed())
	g.Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(said)
}

// command describes the program in a mode.
func command(mode string) config.Command {
	return config.Command{
		Argv:  []string{program},
		Env:   map[string]string{"HOST": "127.0.0.1", "PORT": "${PORT}", "SECRET": "${SECRET}", "MODE": mode},
		Ready: config.Ready{HTTP: "/healthz", Timeout: time.Minute},
	}
}

// daemon is a shell that starts a process in a session of its own, whose number
// it writes, and then is the receiver.
func daemon() config.Command {
	c := command("")
	c.Argv = []string{"sh", "-c", `setsid sh -c 'echo $$ >stray; exec sleep 3600' & exec "$0"`, program}
	return c
}

// newCommand is a receiver of its own disk, closed after the test.
func newCommand(t *testing.T, c config.Command, env Env) Receiver {
	t.Helper()
	c.Dir = t.TempDir()
	env.Secret = testSecret
	return opened(t, config.Config{Receiver: config.Receiver{Command: &c}}, env)
}

func opened(t *testing.T, cfg config.Config, env Env) Receiver {
	t.Helper()
	r, err := New(cfg, env)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { NewWithT(t).Expect(r.Close()).To(Succeed()) })
	return r
}

// httpGet keeps no connection: the receiver may be another one the next time.
func httpGet(url string) (*http.Response, error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return client.Get(url)
}

func get(t *testing.T, r Receiver, path string) string {
	t.Helper()
	g := NewWithT(t)
	resp, err := httpGet(r.URL() + path)
	g.Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	g.Expect(err).NotTo(HaveOccurred())
	return string(body)
}

// post sends a webhook and returns the answer's status.
func post(t *testing.T, r Receiver, path, body string) int {
	t.Helper()
	g := NewWithT(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+path, strings.NewReader(body))
	g.Expect(err).NotTo(HaveOccurred())
	req.Header.Set("X-ctx-secret", testSecret)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	g.Expect(err).NotTo(HaveOccurred())
	resp.Body.Close()
	return resp.StatusCode
}

// startError starts r, which must fail.
func startError(t *testing.T, ctx context.Context, r Receiver) *StartError {
	t.Helper()
	g := NewWithT(t)
	err := r.Start(ctx)
	var start *StartError
	g.Expect(err).To(BeAssignableToTypeOf(start))
	g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
	g.Expect(err.Error()).NotTo(ContainSubstring(testSecret))
	return err.(*StartError)
}

// askToDie returns when r is seen to have ended.
func askToDie(t *testing.T, r Receiver) {
	t.Helper()
	if resp, err := httpGet(r.URL() + "/die"); err == nil {
		resp.Body.Close()
		t.Fatalf("answered %s, want none", resp.Status)
	}
	NewWithT(t).Eventually(func() bool { _, ended := r.Exited(); return ended }).
		WithTimeout(time.Minute).WithPolling(5 * time.Millisecond).Should(BeTrue())
}

// runs reports whether a process is there and has not ended.
func runs(pid string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil {
		panic(err)
	}
	started, known := startOf(n)
	return !known || started != ""
}
