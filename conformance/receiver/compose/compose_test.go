package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/enginetest"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/receivertest"
)

func TestMain(m *testing.M) { receivertest.Main(m, harness, enginetest.Leftovers) }

func harness(string) (string, error) {
	r, err := receiver.New(config.Config{Receiver: config.Receiver{Compose: &config.Compose{
		File: os.Getenv("CTXPUSH_TEST_DIR"), Service: "receiver", Port: 8080, Env: config.Values{"MODE": ""},
	}}}, receiver.Env{Secret: receivertest.Secret, RunID: enginetest.Run})
	if err == nil {
		err = r.Start(context.Background())
	}
	if err != nil {
		return "", err
	}
	return r.(*compose).project.name, nil
}

// needCompose skips the test where there is no engine or no compose, unless
// there have to be.
func needCompose(t *testing.T) *engine.Engine {
	t.Helper()
	e := enginetest.Need(t)
	if _, err := findCompose(t.Context()); err != nil {
		enginetest.Skip(t, err)
	}
	return e
}

// twoServices are a receiver and what it waits for, both the test's program.
const twoServices = `
services:
  receiver:
    image: IMAGE
    container_name: a-name-that-others-have-too
    environment: {PORT: "8080", SECRET: "${SECRET}", MODE: "${MODE}"}
    depends_on: [db]
    restart: always
  db:
    image: IMAGE
    environment: {PORT: "5432", SECRET: db}
    volumes: ["data:/data"]
    expose: ["5432"]
    healthcheck: {test: [CMD, /receiver, healthy], interval: 1s}
volumes:
  data: {name: a-volume-that-others-have-too}
`

func newComposed(t *testing.T, file string, edit ...func(*config.Config)) *compose {
	t.Helper()
	needCompose(t)
	g := NewWithT(t)
	image := enginetest.Image(t)
	path := filepath.Join(t.TempDir(), "compose.yaml")
	g.Expect(os.WriteFile(path, []byte(strings.ReplaceAll(file, "IMAGE", image)), 0o600)).To(Succeed())
	cfg := config.Config{Receiver: config.Receiver{Compose: &config.Compose{
		File: path, Service: "receiver", Port: 8080, Env: config.Values{"MODE": ""},
		Ready: config.Ready{HTTP: "/healthz", Timeout: 2 * time.Minute},
	}}}
	for _, e := range edit {
		e(&cfg)
	}
	return enginetest.Open(t, cfg, receiver.Env{Grace: time.Minute}).(*compose)
}

func asksForPort(port int) func(*config.Config) {
	return func(c *config.Config) { enginetest.AsksForPort(c, port) }
}

// gone says that nothing of the project is left.
func gone(t *testing.T, e *engine.Engine, name string) {
	t.Helper()
	g := NewWithT(t)
	filter := make(client.Filters).Add("label", labelProject+"="+name)
	containers, err := e.API.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: filter})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(containers.Items).To(BeEmpty())
	networks, err := e.API.NetworkList(t.Context(), client.NetworkListOptions{Filters: filter})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(networks.Items).To(BeEmpty())
	volumes, err := e.API.VolumeList(t.Context(), client.VolumeListOptions{Filters: filter})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(volumes.Items).To(BeEmpty())
}

func TestComposeKeepsItsDisk(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	r := newComposed(t, twoServices, asksForPort(5432))
	began := time.Now()
	g.Expect(r.Start(ctx)).To(Succeed())
	t.Logf("first start: %s", time.Since(began))
	e := r.project.engine
	g.Expect(r.Start(ctx)).To(MatchError(ContainSubstring("runs already")))
	g.Expect(r.URL()).To(MatchRegexp(`^http://127\.0\.0\.1:\d+$`))
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("1"))
	g.Expect(receivertest.Get(t, r, "/secret")).To(Equal(receivertest.Secret))
	g.Expect(r.Info().Kind).To(Equal("compose"))
	g.Expect(r.Info().Digest).To(MatchRegexp(`^sha256:[0-9a-f]{64}$`))
	g.Expect(r.Own()).To(Equal("receiver"))
	g.Expect(r.Others(ctx)).To(Equal([]string{"db"}))

	db := func(path string) string {
		port, err := r.PortOf(5432)
		g.Expect(err).NotTo(HaveOccurred())
		resp, err := receivertest.HTTPGet("http://127.0.0.1:" + strconv.Itoa(port) + path)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		var b bytes.Buffer
		_, err = b.ReadFrom(resp.Body)
		g.Expect(err).NotTo(HaveOccurred())
		return b.String()
	}
	g.Expect(db("/secret")).To(Equal("db"))
	_, err := r.PortOf(99)
	g.Expect(err).To(MatchError(ContainSubstring("port 99 of the receiver's containers is not reached")))

	g.Expect(r.Stop(ctx)).To(Succeed())
	_, ended := r.Exited()
	g.Expect(ended).To(BeFalse(), "it was asked to")
	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(r.Kill(ctx)).To(Succeed())
	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("3"))
	g.Expect(db("/starts")).To(Equal("1"), "the other goes on")
	g.Eventually(func() []string { return r.Log(99) }).WithTimeout(time.Minute).Should(And(
		ContainElement(`db | receiver in mode ""`), ContainElement(`receiver | receiver in mode ""`), ContainElement("receiver | bye")))

	// It restarts by nobody but us.
	receivertest.AskToDie(t, r)
	how, _ := r.Exited()
	g.Expect(how).To(Equal("ended with exit status 7"))
	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("4"))

	// What it stands on can be taken away.
	g.Expect(r.KillService(ctx, "db")).To(Succeed())
	g.Expect(r.Others(ctx)).To(BeEmpty(), "it does not run")
	g.Expect(r.StartService(ctx, "db")).To(Succeed())
	g.Expect(db("/starts")).To(Equal("2"), "it is healthy")
	g.Expect(r.Pause(ctx, "db")).To(Succeed())
	info, err := e.API.ContainerInspect(ctx, r.project.made.Others["db"], client.ContainerInspectOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Container.State.Paused).To(BeTrue())
	g.Expect(r.Unpause(ctx, "db")).To(Succeed())
	g.Expect(r.Unpause(ctx, "db")).To(Succeed(), "it is not frozen any more")
	g.Expect(db("/starts")).To(Equal("2"))
	g.Expect(r.KillService(ctx, "receiver")).To(MatchError(ContainSubstring("is the receiver itself: Stop, Kill and Start are for it")))
	g.Expect(r.Pause(ctx, "dbb")).To(MatchError(ContainSubstring(`no service "dbb"; did you mean "db"?`)))

	began = time.Now()
	g.Expect(r.Close()).To(Succeed())
	t.Logf("close: %s", time.Since(began))
	g.Expect(r.Close()).To(Succeed())
	gone(t, e, r.project.name)
}

func TestComposeRunsProgramsInTheReceiver(t *testing.T) {
	g := NewWithT(t)
	r := newComposed(t, twoServices)
	var out, errs bytes.Buffer
	program := receiver.Program{Argv: []string{"/receiver"}, Env: []string{"MODE=dies"}, Stdout: &out, Stderr: &errs}
	_, err := r.Exec(t.Context(), program)
	g.Expect(err).To(MatchError("the container does not run"))
	g.Expect(r.Start(t.Context())).To(Succeed())
	exit, err := r.Exec(t.Context(), program)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(exit).To(Equal(3))
	g.Expect(out.String()).To(Equal("receiver in mode \"dies\"\n"))
	g.Expect(errs.String()).To(Equal("no database at all\n"))

	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	program.Env = []string{"MODE=silent"}
	_, err = r.Exec(ctx, program)
	g.Expect(err).To(MatchError(context.DeadlineExceeded))
	program.Argv = []string{"/none"}
	exit, err = r.Exec(t.Context(), program)
	g.Expect(err != nil || exit == 126 || exit == 127).To(BeTrue(), "%v, %d", err, exit)
	g.Expect(r.Kill(t.Context())).To(Succeed())
	_, err = r.Exec(t.Context(), program)
	g.Expect(err).To(MatchError("the container does not run"))
}

// The database's port is known to its image alone.
func TestComposeFindsPortsThatImagesExpose(t *testing.T) {
	g := NewWithT(t)
	r := newComposed(t, strings.ReplaceAll(twoServices, `    expose: ["5432"]`+"\n", ""), asksForPort(8080))
	err := startErrorOf(t, t.Context(), r)
	g.Expect(err).To(MatchError(ContainSubstring("probe.sql.dsn: the services db, receiver all have port 8080: want it exposed by one")))
	r = newComposed(t, strings.ReplaceAll(twoServices, `    expose: ["5432"]`+"\n", ""), asksForPort(5432))
	g.Expect(startErrorOf(t, t.Context(), r)).To(MatchError(ContainSubstring("probe.sql.dsn: no service of " + r.project.spec().File + " exposes port 5432; name it under expose of the service that has it")))
}

func startErrorOf(t *testing.T, ctx context.Context, r *compose) error {
	t.Helper()
	err := receivertest.StartError[*receiver.StartError](t, ctx, r)
	gone(t, enginetest.Need(t), r.project.name)
	return err
}

func TestComposeThatDoesNotStart(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		edit func(*config.Config)
		want string
	}{
		"no such service": {twoServices, func(c *config.Config) { c.Receiver.Compose.Service = "recever" }, `receiver.compose.service: recever is no service of .*; did you mean "receiver"\?`},
		"malformed":       {"services: [", nil, `.*compose\.yaml can't be read: exit status \d+: .+line 1`},
		"no image":        {strings.Replace(twoServices, "image: IMAGE", "image: 127.0.0.1:9/none:1", 1), nil, `can't be made: exit status \d+: .*127\.0\.0\.1:9`},
		"dies":            {twoServices, func(c *config.Config) { c.Receiver.Compose.Env["MODE"] = "dies" }, `ended before it was ready: ended with exit status 3; its log ends with `},
		"sick": {twoServices, func(c *config.Config) {
			c.Receiver.Compose.Env["MODE"], c.Receiver.Compose.Ready.Timeout = "sick", time.Second
		}, `was not ready within 1s, the last try: answered 503, want 2xx`},
		"the secret in a complaint": {"services: {receiver: {image: IMAGE, volumes: [\"${SECRET}:/x\"]}}", nil, `.*can't be read: exit status \d+: .*\[secret\]`},
	} {
		t.Run(name, func(t *testing.T) {
			var edits []func(*config.Config)
			if c.edit != nil {
				edits = append(edits, c.edit)
			}
			r := newComposed(t, c.file, edits...)
			err := startErrorOf(t, t.Context(), r)
			NewWithT(t).Expect(err.Error()).To(MatchRegexp("^compose service \\w+: " + c.want))
		})
	}
}

func TestComposeThatIsInterrupted(t *testing.T) {
	g := NewWithT(t)
	r := newComposed(t, twoServices, func(c *config.Config) { c.Receiver.Compose.Env["MODE"] = "silent" })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		// Once the receiver runs, which is never ready.
		for len(r.Log(1)) == 0 && ctx.Err() == nil {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		cancel()
	}()
	g.Expect(startErrorOf(t, ctx, r)).To(MatchError(context.Canceled))
}

func TestComposeOfAKilledRun(t *testing.T) {
	g := NewWithT(t)
	e := needCompose(t)
	left := newComposed(t, twoServices)
	image := enginetest.Image(t)
	project := receivertest.KilledHarness(t, "compose", "CTXPUSH_TEST_IMAGE="+image, "CTXPUSH_TEST_DIR="+left.project.spec().File)
	found := func() int {
		all, err := e.API.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", labelProject+"="+project)})
		g.Expect(err).NotTo(HaveOccurred())
		return len(all.Items)
	}
	g.Expect(found()).To(Equal(2), "they outlive their run")
	g.Expect(left.Start(t.Context())).To(Succeed())
	gone(t, e, project)
}

func TestNoCompose(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("PATH", t.TempDir())
	_, err := findCompose(t.Context())
	g.Expect(err).To(MatchError("neither docker compose nor docker-compose is there: install one, or use receiver.container, receiver.command or receiver.url"))

	// The plugin goes first.
	dir := t.TempDir()
	for name, script := range map[string]string{"docker": "#!/bin/sh\nexit 1\n", "docker-compose": "#!/bin/sh\nexit 0\n"} {
		g.Expect(os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700)).To(Succeed())
	}
	t.Setenv("PATH", dir)
	g.Expect(findCompose(t.Context())).To(Equal(composeTool{filepath.Join(dir, "docker-compose")}))
	g.Expect(os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\nexit 0\n"), 0o700)).To(Succeed())
	g.Expect(findCompose(t.Context())).To(Equal(composeTool{filepath.Join(dir, "docker"), "compose"}))

	_, err = receiver.New(config.Config{Receiver: config.Receiver{Compose: &config.Compose{File: "none.yaml", Service: "a", Port: 1}}}, receiver.Env{Secret: "x"})
	g.Expect(err).To(MatchError(HaveSuffix("none.yaml is no file")))
}

func TestCompositionIsAdapted(t *testing.T) {
	g := NewWithT(t)
	c, err := parseComposition([]byte(`
name: dev
services:
  receiver:
    build: .
    container_name: x
    restart: always
    deploy: {replicas: 1, restart_policy: {condition: any}}
    labels: ["a=b"]
    ports: ["8080:80", {target: 81, published: 81}, "90-92:90-92", "80:80/udp"]
  db:
    build: {context: /c, labels: {c: d}}
    ports: ["127.0.0.1:5432:5432/tcp"]
    expose: [5433]
  host: {image: i, network_mode: host, ports: ["1:1"]}
networks:
  theirs: {external: true, name: n}
  ours: {name: dev_ours}
volumes:
  data: {name: dev_data}
  named: null
`))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.names()).To(Equal([]string{"db", "host", "receiver"}))
	g.Expect(c.with(5432)).To(Equal([]string{"db"}))
	g.Expect(c.with(5433)).To(Equal([]string{"db"}))
	g.Expect(c.with(91)).To(Equal([]string{"receiver"}))
	g.Expect(c.with(99)).To(BeEmpty())
	text, err := c.adapt("receiver", map[string][]int{"receiver": {80}, "db": {5432}, "host": {1}}, map[string]string{"l": "m"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(json.Valid(text)).To(BeTrue())
	g.Expect(text).To(MatchJSON(`{
		"services": {
			"receiver": {"build": {"context": ".", "labels": {"l": "m"}}, "restart": "no", "deploy": {"replicas": 1}, "labels": {"a": "b", "l": "m"},
				"ports": [{"target": 81, "published": 81}, "90-92:90-92", "80:80/udp", "127.0.0.1::80"]},
			"db": {"build": {"context": "/c", "labels": {"c": "d", "l": "m"}}, "expose": [5433], "labels": {"l": "m"}, "ports": ["127.0.0.1::5432"]},
			"host": {"image": "i", "network_mode": "host", "ports": ["1:1"], "labels": {"l": "m"}}
		},
		"networks": {"theirs": {"external": true, "name": "n"}, "ours": {"labels": {"l": "m"}}, "default": {"labels": {"l": "m"}}},
		"volumes": {"data": {"labels": {"l": "m"}}, "named": {"labels": {"l": "m"}}}
	}`))
	for _, text := range []string{"", "[]", "a: [", "services: x", "services: {a: x}\nvolumes: 1"} {
		c, err := parseComposition([]byte(text))
		if err == nil {
			_, err = c.adapt("a", nil, nil)
			g.Expect(err).NotTo(HaveOccurred())
		}
	}
}
