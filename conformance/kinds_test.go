package conformance_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/load"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/scenarios"
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
			c, err := config.Load(filepath.Join("..", "fixtures", "reference", "python", file), os.LookupEnv)
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

// The state that the receiver does not tell is read from its disk, by the file
// of a waiver and words of its own.
const bySQLite = `
receiver:
  command:
    argv: [python3, receiver.py]
    dir: FOLDER
    env: {PORT: "${PORT}", SECRET: "${SECRET}", IDENTITY: device, DB: DIR/receiver.db}
    ready: {http: /healthz}
probe:
  sql:
    driver: sqlite
    dsn: DIR/receiver.db
    query: |
      SELECT CASE delivery_status WHEN 'opened' THEN 'clicked' ELSE delivery_status END AS delivery_status,
        delivery_method, planned_delivery_method, timestamp, content
      FROM states
      WHERE campaign_id = :campaign_id AND user_id = :user_id AND idempotency_key = :idempotency_key AND device_token IN (:device_token, '')
      ORDER BY delivery_status = 'cancelled' DESC
      LIMIT 1
statuses: {clicked: opened}
ignores: [failed]
waive:
  - {check: order/delivered-after-opened, why: "it passes, which is pointed out"}
`

var _ = Describe("The receiver in Python by its SQLite file", func() {
	It("is certified, with kills and restarts", func(ctx SpecContext) {
		need(ctx, "python3", "python3", "--version")
		dir := GinkgoT().TempDir()
		folder, err := filepath.Abs(filepath.Join("..", "fixtures", "reference", "python"))
		Expect(err).NotTo(HaveOccurred())
		text := strings.NewReplacer("FOLDER", folder, "DIR", dir).Replace(bySQLite)
		c, err := config.Parse("receiver.yaml", []byte(text), dir, os.LookupEnv)
		Expect(err).NotTo(HaveOccurred())
		findings, err := doctor.Examine(ctx, doctor.Options{Target: c})
		Expect(err).NotTo(HaveOccurred())
		Expect(doctor.Ready(findings)).To(BeTrue(), "%+v", findings)
		r, err := conformance.Certify(ctx, conformance.Config{Target: c, Explore: scenarios.Quick, Focus: []string{"order", "restart", "entry"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Pass), "%v", r)
		Expect(checkOf(r, "restart/kill").Result).To(Equal(event.Pass))
		Expect(checkOf(r, "order/delivered-after-opened").Result).To(Equal(event.Pass))
	})
})

var _ = Describe("The reference receiver in a container made from scratch", func() {
	It("is certified, with kills and restarts, and leaves nothing behind", func(ctx SpecContext) {
		need(ctx, "a container engine", "docker", "info")
		dir := GinkgoT().TempDir()
		build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "ctxpush"), "../cmd/ctxpush")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := build.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		dockerfile, err := os.ReadFile(filepath.Join("..", "fixtures", "reference", "Dockerfile"))
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

var _ = Describe("A receiver and its PostgreSQL from a compose file", func() {
	It("is certified by its database, with kills and restarts, and leaves nothing behind", func(ctx SpecContext) {
		need(ctx, "a container engine", "docker", "info")
		need(ctx, "docker compose or docker-compose", "sh", "-c", "docker compose version || docker-compose version")
		need(ctx, "debootstrap", "sh", "-c", "command -v debootstrap")
		folder := filepath.Join("..", "fixtures", "reference", "compose")
		database := postgresImage(ctx, folder)
		dir := GinkgoT().TempDir()
		program := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "receiver-postgres"), "../fixtures/reference/compose")
		program.Env = append(os.Environ(), "CGO_ENABLED=0")
		succeed(program)
		image := fmt.Sprintf("ctxpush/test-receiver-%d", os.Getpid())
		succeed(exec.CommandContext(ctx, "docker", "build", "-q", "-t", image, "-f", filepath.Join(folder, "Dockerfile"), dir))
		DeferCleanup(func() { succeed(exec.Command("docker", "rmi", image)) })

		composed := func(mutant string) config.Config {
			c, err := config.Load(filepath.Join(folder, "receiver.yaml"), os.LookupEnv)
			Expect(err).NotTo(HaveOccurred())
			env := c.Receiver.Compose.Env
			env["RECEIVER_IMAGE"], env["POSTGRES_IMAGE"], env["MUTANT"] = image, database, mutant
			return c
		}
		r, err := conformance.Certify(ctx, conformance.Config{Target: composed(""), Explore: scenarios.Quick, Focus: []string{"order", "restart", "outage"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Pass), "%v", r)
		Expect(r.Receiver.Kind).To(Equal("compose"))
		Expect(r.Receiver.Digest).To(HavePrefix("sha256:"))
		Expect(checkOf(r, "restart/kill").Result).To(Equal(event.Pass))
		Expect(checkOf(r, "restart/stop").Result).To(Equal(event.Pass))
		for _, id := range []string{"services-killed", "services-paused", "receiver-paused", "network-cut", "network-slow"} {
			Expect(checkOf(r, "outage/"+id).Result).To(Equal(event.Pass), id)
		}
		Expect(containers()).To(BeEmpty())

		By("loading it, its final states read from the database")
		all, err := load.ParseVerification("all")
		Expect(err).NotTo(HaveOccurred())
		loaded, err := load.Run(ctx, load.Config{Target: composed(""), Rate: "20/s", Duration: time.Second, Verify: all})
		Expect(err).NotTo(HaveOccurred())
		Expect(loaded.Result).To(Equal(load.Pass), "%v", loaded.Failures())
		Expect(loaded.Verify.Checked).To(BeNumerically(">", 1000))
		Expect(containers()).To(BeEmpty())

		By("killing its database while it swallows errors")
		r, err = conformance.Certify(ctx, conformance.Config{Target: composed("swallowed-errors"), Focus: []string{"outage/services-killed"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Fail), "%v", r)
		failure := checkOf(r, "outage/services-killed").Failures[0]
		Expect(failure.Kind).To(BeElementOf(event.Lost, event.Stale))
		Expect(failure.Remedy).To(ContainSubstring("answer 2xx only after its commit"))
		Expect(failure.Trace.Steps).To(ContainElement(And(HaveField("Kind", event.Outage), HaveField("Text", "services-killed (db)"))))
		Expect(containers()).To(BeEmpty())
	})
})

// postgresImage is the image of a PostgreSQL, made once on a machine.
func postgresImage(ctx SpecContext, folder string) string {
	const image = "ctxpush/test-postgres"
	succeed(exec.CommandContext(ctx, filepath.Join(folder, "postgres-image"), image))
	return image
}

// need skips the spec where a command that shows something to be there fails,
// unless it has to be.
func need(ctx SpecContext, what string, command ...string) {
	if exec.CommandContext(ctx, command[0], command[1:]...).Run() == nil {
		return
	}
	if os.Getenv("CTXPUSH_REQUIRE_DOCKER") != "" {
		Fail("there is no " + strings.TrimPrefix(what, "a "))
	}
	Skip("THERE IS NO " + strings.ToUpper(strings.TrimPrefix(what, "a ")) + ": receivers in containers are not tested")
}

func succeed(cmd *exec.Cmd) {
	out, err := cmd.CombinedOutput()
	ExpectWithOffset(1, err).NotTo(HaveOccurred(), string(out))
}

// containers are the ids of this process's containers, also of those that ended.
func containers() []string {
	label := fmt.Sprintf("label=ctxpush.pid=%d", os.Getpid())
	out, err := exec.Command("docker", "ps", "-aq", "--filter", label).Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.Fields(string(out))
}
