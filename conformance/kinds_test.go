package conformance_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The receiver in Python, a local process", func() {
	for _, file := range []string{"receiver.yaml", "receiver-user.yaml"} {
		It("is certified by "+file+", with kills and restarts", func(ctx SpecContext) {
			if _, err := exec.LookPath("python3"); err != nil {
				if os.Getenv("CI") != "" {
					Fail("python3 is not installed")
				}
				Skip("PYTHON IS NOT INSTALLED: the receiver in another language is not tested")
			}
			c, err := config.Load(filepath.Join("..", "fixtures", "receiver", "python", file), os.LookupEnv)
			Expect(err).NotTo(HaveOccurred())
			c.Receiver.Command.Env["DB"] = filepath.Join(GinkgoT().TempDir(), "receiver.db")
			r, err := conformance.Certify(ctx, conformance.Config{Target: c})
			Expect(err).NotTo(HaveOccurred())
			Expect(r.Result).To(Equal(report.Pass), "%v", r)
			Expect(checkOf(r, "restart/kill").Result).To(Equal(event.Pass))
			Expect(checkOf(r, "restart/stop").Result).To(Equal(event.Pass))
		})
	}
})

var _ = Describe("The reference receiver in a container made from scratch", func() {
	It("is certified, with kills and restarts, and leaves nothing behind", func(ctx SpecContext) {
		if exec.CommandContext(ctx, "docker", "info").Run() != nil {
			if os.Getenv("CTXPUSH_REQUIRE_DOCKER") != "" {
				Fail("no container engine")
			}
			Skip("NO CONTAINER ENGINE: receivers in containers are not tested")
		}
		dir := GinkgoT().TempDir()
		build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "ctxpush"), "../cmd/ctxpush")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := build.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		dockerfile, err := os.ReadFile(filepath.Join("..", "fixtures", "receiver", "Dockerfile"))
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(filepath.Join(dir, "Dockerfile"), dockerfile, 0o644)).To(Succeed())

		r, err := conformance.Certify(ctx, conformance.Config{Target: config.Config{
			Settle: time.Second,
			Receiver: config.Receiver{Container: &config.Container{
				Build: &config.Build{Context: dir},
				Port:  8080,
				Env:   config.Values{"CTXPUSH_SECRET": "${SECRET}"},
				Ready: config.Ready{HTTP: "/healthz"},
			}},
			Probe: config.Probe{HTTP: &config.HTTPProbe{Path: "/state", Bulk: "/states"}},
		}})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Pass), "%v", r)
		Expect(r.Receiver.Kind).To(Equal("container"))
		Expect(r.Receiver.Digest).To(HavePrefix("sha256:"))
		Expect(checkOf(r, "restart/kill").Result).To(Equal(event.Pass))
		Expect(containers()).To(BeEmpty())
	})
})

// containers are the ids of this process's containers, also of those that ended.
func containers() []string {
	label := fmt.Sprintf("label=ctxpush.pid=%d", os.Getpid())
	out, err := exec.Command("docker", "ps", "-aq", "--filter", label).Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.Fields(string(out))
}
