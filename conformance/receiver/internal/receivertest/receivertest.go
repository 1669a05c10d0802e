// Package receivertest is what the tests of all kinds of receivers have in common.
package receivertest

import (
	"bufio"
	"context"
	"errors"
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

	"github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/owner"
)

// Secret is the receivers'.
const Secret = "s3cret-0123456789"

// Receiver is a receiver, as far as these helpers know it.
type Receiver interface {
	Start(ctx context.Context) error
	URL() string
	Kill(ctx context.Context) error
	Exited() (how string, ended bool)
}

// Freezer is receiver.Freezer.
type Freezer interface {
	Receiver
	Freeze(ctx context.Context) error
	Thaw(ctx context.Context) error
}

// Program is testdata/receiver, built.
var Program string

const (
	// harnessMode makes a test's binary a run that starts a receiver of a kind, says
	// so, and stays until it is killed.
	harnessMode    = "CTXPUSH_TEST_HARNESS"
	harnessProgram = "CTXPUSH_TEST_PROGRAM"
)

// Main runs a package's tests. harness starts a receiver in a process of its own,
// which is killed, and names it; leftovers are what the tests have left.
func Main(m *testing.M, harness func(kind string) (string, error), leftovers func() string) {
	if kind := os.Getenv(harnessMode); kind != "" {
		Program = os.Getenv(harnessProgram)
		said, err := harness(kind)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(said)
		select {}
	}
	os.Exit(run(m, leftovers))
}

func run(m *testing.M, leftovers func() string) int {
	dir, err := os.MkdirTemp("", "ctxpush-receiver")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	Program = filepath.Join(dir, "receiver")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", Program, "github.com/ctxpush/ctxpush/conformance/receiver/testdata/receiver")
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

// KilledHarness runs a harness, kills it once its receiver runs, and returns what
// it has said: the receiver's process or container.
func KilledHarness(t *testing.T, kind string, env ...string) string {
	t.Helper()
	g := gomega.NewWithT(t)
	exe, err := os.Executable()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), append(env, harnessMode+"="+kind, harnessProgram+"="+Program)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(cmd.Start()).To(gomega.Succeed())
	said, err := bufio.NewReader(out).ReadString('\n')
	g.Expect(cmd.Process.Kill()).To(gomega.Succeed())
	g.Expect(cmd.Wait()).NotTo(gomega.Succeed())
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return strings.TrimSpace(said)
}

// HTTPGet keeps no connection: the receiver may be another one the next time.
func HTTPGet(url string) (*http.Response, error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return client.Get(url)
}

// Get is the receiver's answer.
func Get(t *testing.T, r Receiver, path string) string {
	t.Helper()
	g := gomega.NewWithT(t)
	resp, err := HTTPGet(r.URL() + path)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return string(body)
}

// Post sends a webhook and returns the answer's status.
func Post(t *testing.T, r Receiver, path, body string) int {
	t.Helper()
	g := gomega.NewWithT(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+path, strings.NewReader(body))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	req.Header.Set("X-ctx-secret", Secret)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	resp.Body.Close()
	return resp.StatusCode
}

// StartError starts r, which must fail with an error of that type.
func StartError[E error](t *testing.T, ctx context.Context, r Receiver) E {
	t.Helper()
	g := gomega.NewWithT(t)
	err := r.Start(ctx)
	var start E
	g.Expect(errors.As(err, &start)).To(gomega.BeTrue(), "%v", err)
	g.Expect(err.Error()).NotTo(gomega.ContainSubstring("\n"))
	g.Expect(err.Error()).NotTo(gomega.ContainSubstring(Secret))
	return start
}

// AskToDie returns when r is seen to have ended.
func AskToDie(t *testing.T, r Receiver) {
	t.Helper()
	if resp, err := HTTPGet(r.URL() + "/die"); err == nil {
		resp.Body.Close()
		t.Fatalf("answered %s, want none", resp.Status)
	}
	gomega.NewWithT(t).Eventually(func() bool { _, ended := r.Exited(); return ended }).
		WithTimeout(time.Minute).WithPolling(5 * time.Millisecond).Should(gomega.BeTrue())
}

// Runs reports whether a process is there and has not ended.
func Runs(pid string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil {
		panic(err)
	}
	started, known := owner.StartOf(n)
	return !known || started != ""
}

// Freezes sees that a running receiver stands still while it is frozen, and
// answers then what it was asked meanwhile.
func Freezes(t *testing.T, r Freezer) {
	t.Helper()
	g := gomega.NewWithT(t)
	g.Expect(r.Start(t.Context())).To(gomega.Succeed())
	g.Expect(r.Freeze(t.Context())).To(gomega.Succeed())
	// A signal takes a moment to reach all threads.
	g.Eventually(func() error {
		soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		req, err := http.NewRequestWithContext(soon, http.MethodGet, r.URL()+"/starts", nil)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}).WithTimeout(time.Minute).Should(gomega.MatchError(context.DeadlineExceeded), "a frozen receiver answers")
	_, ended := r.Exited()
	g.Expect(ended).To(gomega.BeFalse())
	g.Expect(r.Thaw(t.Context())).To(gomega.Succeed())
	g.Expect(Get(t, r, "/starts")).To(gomega.Equal("1"))

	g.Expect(r.Freeze(t.Context())).To(gomega.Succeed())
	g.Expect(r.Kill(t.Context())).To(gomega.Succeed(), "a frozen receiver can be killed")
	g.Expect(r.Start(t.Context())).To(gomega.Succeed())
	g.Expect(Get(t, r, "/starts")).To(gomega.Equal("2"))
}
