package receiver

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// testRun marks what these tests make.
var testRun = "test-" + strconv.Itoa(os.Getppid())

var testEngine = sync.OnceValues(func() (*engine, error) { return connect(context.Background()) })

// testImage is the program in an image of its own, built once.
var testImage = sync.OnceValues(func() (string, error) {
	e, err := testEngine()
	if err != nil {
		return "", err
	}
	dir, err := imageContext(filepath.Dir(program))
	if err != nil {
		return "", err
	}
	name := self().image("test")
	return name, e.build(context.Background(), config.Build{Context: dir}, name, testRun+"-image", io.Discard)
})

// imageContext fills dir with what an image of the program is built from.
func imageContext(dir string) (string, error) {
	file := filepath.Join(dir, "receiver")
	if file != program {
		if err := os.Link(program, file); err != nil {
			return "", err
		}
	}
	dockerfile := "FROM scratch\nCOPY receiver /receiver\nEXPOSE 8080\nENTRYPOINT [\"/receiver\"]\n"
	return dir, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644)
}

// needEngine skips the test where there is no engine, unless there has to be.
func needEngine(t *testing.T) *engine {
	t.Helper()
	e, err := testEngine()
	switch {
	case err == nil:
		return e
	case os.Getenv("CTXPUSH_REQUIRE_DOCKER") == "1":
		t.Fatal(err)
	default:
		fmt.Fprintf(os.Stderr, "\n*** %s IS NOT TESTED: %v\n\n", t.Name(), err)
		t.Skip(err)
	}
	return nil
}

// leftovers are the containers, images and networks that the tests left behind.
func leftovers() string {
	e, err := testEngine()
	if err != nil {
		return ""
	}
	ctx := context.Background()
	var left []string
	if image, err := testImage(); err == nil {
		if err := e.removeImage(ctx, image); err != nil {
			left = append(left, err.Error())
		}
	}
	filter := make(client.Filters).Add("label", labelRun+"="+testRun)
	containers, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return err.Error()
	}
	for _, c := range containers.Items {
		left = append(left, "container "+c.ID)
	}
	images, err := e.api.ImageList(ctx, client.ImageListOptions{Filters: filter})
	if err != nil {
		return err.Error()
	}
	for _, i := range images.Items {
		left = append(left, "image "+i.ID)
	}
	networks, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: make(client.Filters).Add("label", "org.testcontainers=true")})
	if err != nil {
		return err.Error()
	}
	for _, n := range networks.Items {
		left = append(left, "network "+n.Network.Name)
	}
	return strings.Join(left, ", ")
}

// inContainer describes the program in a mode, without its image.
func inContainer(mode string) config.Container {
	return config.Container{
		Port:  8080,
		Env:   map[string]string{"PORT": "${PORT}", "SECRET": "${SECRET}", "MODE": mode},
		Ready: config.Ready{HTTP: "/healthz", Timeout: 2 * time.Minute},
	}
}

func newContainer(t *testing.T, c config.Container, env Env) *box {
	t.Helper()
	needEngine(t)
	if c.Image == "" && c.Build == nil {
		image, err := testImage()
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		c.Image = image
	}
	env.Secret, env.RunID = testSecret, testRun
	return opened(t, config.Config{Receiver: config.Receiver{Container: &c}}, env).(*box)
}

func TestContainerKeepsItsDisk(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	r := newContainer(t, inContainer(""), Env{Grace: time.Minute})
	began := time.Now()
	g.Expect(r.Start(ctx)).To(Succeed())
	t.Logf("first start: %s", time.Since(began))
	g.Expect(r.URL()).To(MatchRegexp(`^http://127\.0\.0\.1:\d+$`))
	g.Expect(get(t, r, "/starts")).To(Equal("1"))
	g.Expect(get(t, r, "/secret")).To(Equal(testSecret))
	g.Expect(r.Start(ctx)).To(MatchError(ContainSubstring("runs already")))
	g.Expect(r.Info().Kind).To(Equal("container"))
	g.Expect(r.Info().Image).To(Equal(r.spec.Image))
	g.Expect(r.Info().Digest).To(MatchRegexp(`^sha256:[0-9a-f]{64}$`))

	g.Expect(r.Stop(ctx)).To(Succeed())
	g.Expect(r.Log(9)).To(Equal([]string{`receiver in mode ""`, "bye"}))
	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("2"))

	g.Expect(r.Kill(ctx)).To(Succeed())
	_, ended := r.Exited()
	g.Expect(ended).To(BeFalse(), "it was asked to")
	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("3"))
	g.Expect(r.Log(9)).To(Equal([]string{`receiver in mode ""`, "bye", `receiver in mode ""`, `receiver in mode ""`}))

	began = time.Now()
	g.Expect(r.Close()).To(Succeed())
	t.Logf("close: %s", time.Since(began))
	g.Expect(r.Close()).To(Succeed())
}

func TestContainerPorts(t *testing.T) {
	g := NewWithT(t)
	image, err := testImage()
	if err != nil {
		needEngine(t)
	}
	g.Expect(err).NotTo(HaveOccurred())
	c := inContainer("")
	c.Image = image
	cfg := config.Config{Receiver: config.Receiver{Container: &c}}
	asksForPort(8080)(&cfg)
	cfg.Probe.SQL.DSN += "${PORT_5432}"
	r := opened(t, cfg, Env{Secret: testSecret, RunID: testRun}).(*box)
	_, err = r.PortOf(8080)
	g.Expect(err).To(MatchError("port 8080 of the receiver's containers is not reached from here: they do not run"))
	for range 2 {
		g.Expect(r.Start(t.Context())).To(Succeed())
		port, err := r.PortOf(8080)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(r.URL()).To(HaveSuffix(fmt.Sprintf(":%d", port)))
		other, err := r.PortOf(5432)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(other).NotTo(Equal(port))
		g.Expect(r.Kill(t.Context())).To(Succeed())
	}
	g.Expect(r.Own()).To(Equal("receiver"))
	g.Expect(r.Others(t.Context())).To(BeEmpty())
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(r.Pause(t.Context(), "receiver")).To(Succeed())
	g.Expect(r.Unpause(t.Context(), "receiver")).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("3"))
	g.Expect(r.Start(t.Context())).To(MatchError(ContainSubstring("runs already")))
}

func TestContainerThatIsBuilt(t *testing.T) {
	g := NewWithT(t)
	e := needEngine(t)
	dir, err := imageContext(t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	c := inContainer("")
	c.Build = &config.Build{Context: dir}
	r := newContainer(t, c, Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("1"))
	image := r.Info().Image
	g.Expect(image).To(HavePrefix("localhost/ctxpush:"))
	g.Expect(r.Close()).To(Succeed())
	_, err = e.api.ImageInspect(t.Context(), image)
	g.Expect(err).To(MatchError(ContainSubstring("No such image")))
}

func TestContainerThatCannotBeBuilt(t *testing.T) {
	e := needEngine(t)
	for name, c := range map[string]struct {
		dockerfile, want string
		made             int
	}{
		"a later step fails": {"FROM scratch\nCOPY Dockerfile /made\nCOPY missing /\n", "missing", 1},
		"no instruction":     {"FRM scratch\n", "FRM", 0},
		"no such base":       {"FROM 127.0.0.1:9/ctxpush/none:1\n", "127.0.0.1:9", 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dir := t.TempDir()
			g.Expect(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(c.dockerfile), 0o644)).To(Succeed())
			cfg := inContainer("")
			cfg.Build = &config.Build{Context: dir}
			r := newContainer(t, cfg, Env{})
			err := startError(t, t.Context(), r)
			g.Expect(err.Error()).To(HavePrefix("container built from " + dir + ": the image can't be built: "))
			g.Expect(err.Error()).To(ContainSubstring(c.want))
			var steps layers
			for _, line := range r.Log(99) {
				fmt.Fprintln(&steps, line)
			}
			g.Expect(steps.ids).To(HaveLen(c.made))
			for _, id := range steps.ids {
				_, err := e.api.ImageInspect(t.Context(), id)
				g.Expect(err).To(MatchError(ContainSubstring("No such image")), "no step's image stays")
			}
		})
	}
}

func TestContainerWhoseBuildNeedsBuildKit(t *testing.T) {
	g := NewWithT(t)
	dir, err := imageContext(t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY --chmod=755 receiver /receiver\nCMD [\"/receiver\"]\n"), 0o644)).To(Succeed())
	c := inContainer("")
	c.Build = &config.Build{Context: dir}
	r := newContainer(t, c, Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("1"))
}

func TestContainerBuildMistakes(t *testing.T) {
	dir := t.TempDir()
	for want, build := range map[string]config.Build{
		"receiver.container.build.context: " + dir + "/none does not exist":                {Context: dir + "/none"},
		"receiver.container.build.dockerfile: " + dir + "/Dockerfile is no file":           {Context: dir},
		"receiver.container.build.dockerfile: ../Dockerfile is not in the build's context": {Context: dir, Dockerfile: "../Dockerfile"},
	} {
		t.Run(want, func(t *testing.T) {
			c := inContainer("")
			c.Build = &build
			_, err := New(config.Config{Receiver: config.Receiver{Container: &c}}, Env{Secret: testSecret})
			g := NewWithT(t)
			g.Expect(err).To(BeAssignableToTypeOf(&config.Error{}))
			g.Expect(err).To(MatchError(ContainSubstring(want)))
		})
	}
}

func TestContainerWhoseImageCannotBePulled(t *testing.T) {
	g := NewWithT(t)
	c := inContainer("")
	c.Image = "127.0.0.1:9/ctxpush/none:1"
	err := startError(t, t.Context(), newContainer(t, c, Env{}))
	g.Expect(err.Error()).To(HavePrefix("container " + c.Image + ": the image " + c.Image + " is not on this engine and can't be pulled: "))
	g.Expect(err.Error()).To(ContainSubstring("refused"))
}

func TestContainerWhoseRegistryIsSilent(t *testing.T) {
	g := NewWithT(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	defer l.Close() // it accepts, and never answers
	c := inContainer("")
	c.Image = l.Addr().String() + "/ctxpush/none:1"
	r := newContainer(t, c, Env{})
	r.stall = time.Second
	g.Expect(startError(t, t.Context(), r).Error()).To(ContainSubstring("can't be pulled: no progress for 1s"))
}

func TestContainerThatDiesAtOnce(t *testing.T) {
	g := NewWithT(t)
	c := inContainer("dies")
	c.Ready.Timeout = time.Hour // not waited for
	r := newContainer(t, c, Env{})
	err := startError(t, t.Context(), r)
	g.Expect(err.Error()).To(HavePrefix("container " + r.spec.Image + ": ended before it was ready: ended with exit status 3"))
	g.Expect(err.Log).To(ConsistOf(`receiver in mode "dies"`, "no database at all"))
}

func TestContainerOfAnotherArchitecture(t *testing.T) {
	g := NewWithT(t)
	needEngine(t)
	dir := t.TempDir()
	elf, err := os.ReadFile(program)
	g.Expect(err).NotTo(HaveOccurred())
	const machine, sparc = 18, 2 // where an ELF file names its machine, and one that nobody has
	elf[machine], elf[machine+1] = sparc, 0
	g.Expect(os.WriteFile(filepath.Join(dir, "receiver"), elf, 0o755)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY receiver /receiver\nENTRYPOINT [\"/receiver\"]\n"), 0o644)).To(Succeed())
	c := inContainer("")
	c.Build = &config.Build{Context: dir}
	c.Ready.Timeout = time.Hour // not waited for
	failed := startError(t, t.Context(), newContainer(t, c, Env{}))
	g.Expect(failed.Error()).To(ContainSubstring("exec format error"))
}

func TestContainerThatIsNeverReady(t *testing.T) {
	for name, c := range map[string]struct {
		mode, path string
		port       int
		want       string
	}{
		"sick":                     {"sick", "/healthz", 8080, "answered 503, want 2xx"},
		"not listening":            {"silent", "", 8080, "connection closed"},
		"listening somewhere else": {"", "", 9999, "receiver.container.port is 9999/tcp, and the image exposes 8080/tcp"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			cfg := inContainer(c.mode)
			cfg.Ready = config.Ready{HTTP: c.path, Timeout: 2 * time.Second}
			cfg.Port = c.port
			cfg.Env["PORT"] = "8080"
			r := newContainer(t, cfg, Env{})
			err := startError(t, t.Context(), r)
			g.Expect(err.Error()).To(ContainSubstring("was not ready within 2s, the last try: "))
			g.Expect(err.Error()).To(ContainSubstring(c.want))
			g.Expect(err.Tried).To(ContainSubstring("http://127.0.0.1:"))
			g.Expect(err.Log).NotTo(BeEmpty())
			state, stateErr := r.ctr.State(t.Context())
			g.Expect(stateErr).NotTo(HaveOccurred())
			g.Expect(state.Running).To(BeFalse(), "nothing is left running")
		})
	}
}

func TestContainerReadyByPort(t *testing.T) {
	g := NewWithT(t)
	c := inContainer("sick")
	c.Ready.HTTP = ""
	r := newContainer(t, c, Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("1"), "who is ready answers")
}

func TestContainerThatDiesLater(t *testing.T) {
	g := NewWithT(t)
	r := newContainer(t, inContainer(""), Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	askToDie(t, r)
	how, _ := r.Exited()
	g.Expect(how).To(Equal("ended with exit status 7"))
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("2"))
}

func TestContainerThatOutlivesSIGTERM(t *testing.T) {
	g := NewWithT(t)
	r := newContainer(t, inContainer("stubborn"), Env{Grace: 50 * time.Millisecond})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(r.Stop(t.Context())).To(MatchError(ContainSubstring("did not end within 50ms of SIGTERM and was killed")))
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("2"))
}

func TestContainerThatIsInterrupted(t *testing.T) {
	g := NewWithT(t)
	r := newContainer(t, inContainer(""), Env{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Expect(startError(t, ctx, r)).To(MatchError(context.Canceled))
}

func TestContainerOfAKilledRun(t *testing.T) {
	g := NewWithT(t)
	e := needEngine(t)
	image, err := testImage()
	g.Expect(err).NotTo(HaveOccurred())
	live := newContainer(t, inContainer(""), Env{})
	g.Expect(live.Start(t.Context())).To(Succeed())

	id := killedHarness(t, "container", "CTXPUSH_TEST_IMAGE="+image)
	_, err = e.api.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	g.Expect(err).NotTo(HaveOccurred(), "it outlives its run")

	next := newContainer(t, inContainer(""), Env{})
	g.Expect(next.Start(t.Context())).To(Succeed())
	_, err = e.api.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	g.Expect(err).To(MatchError(ContainSubstring("No such container")))
	g.Expect(get(t, live, "/starts")).To(Equal("1"), "one of a run that goes on is left alone")
}

func TestContainersSideBySide(t *testing.T) {
	g := NewWithT(t)
	var all []*box
	for range 3 {
		all = append(all, newContainer(t, inContainer(""), Env{}))
	}
	errs := make(chan error)
	for _, r := range all {
		go func() { errs <- r.Start(t.Context()) }()
	}
	for range all {
		g.Expect(<-errs).NotTo(HaveOccurred())
	}
	for _, r := range all {
		g.Expect(get(t, r, "/starts")).To(Equal("1"))
	}
}

func TestNoEngine(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("DOCKER_HOST", "unix:///no/such.sock")
	api, err := client.New(client.WithHost("unix:///no/such.sock"))
	g.Expect(err).NotTo(HaveOccurred())
	_, err = (&engine{api: api}).fetch(t.Context(), "acme/receiver:1", time.Minute)
	g.Expect(err).To(MatchError(And(
		HavePrefix("no container engine at unix:///no/such.sock (DOCKER_HOST): "),
		HaveSuffix("; start Docker, or use receiver.command or receiver.url"))))
}
