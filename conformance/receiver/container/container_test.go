package container

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
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
	c := inContainer("")
	c.Image = os.Getenv("CTXPUSH_TEST_IMAGE")
	r, err := receiver.New(config.Config{Receiver: config.Receiver{Container: &c}}, receiver.Env{Secret: receivertest.Secret, RunID: enginetest.Run})
	if err == nil {
		err = r.Start(context.Background())
	}
	if err != nil {
		return "", err
	}
	return r.(*container).source.made.ID, nil
}

func startError(t *testing.T, ctx context.Context, r receiver.Receiver) *receiver.StartError {
	t.Helper()
	return receivertest.StartError[*receiver.StartError](t, ctx, r)
}

// inContainer describes the program in a mode, without its image.
func inContainer(mode string) config.Container {
	return config.Container{
		Port:  8080,
		Env:   map[string]string{"PORT": "${PORT}", "SECRET": "${SECRET}", "MODE": mode},
		Ready: config.Ready{HTTP: "/healthz", Timeout: 2 * time.Minute},
	}
}

func newReceiver(t *testing.T, c config.Container, env receiver.Env) *container {
	t.Helper()
	enginetest.Need(t)
	if c.Image == "" && c.Build == nil {
		c.Image = enginetest.Image(t)
	}
	return enginetest.Open(t, config.Config{Receiver: config.Receiver{Container: &c}}, env).(*container)
}

func TestContainerKeepsItsDisk(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	r := newReceiver(t, inContainer(""), receiver.Env{Grace: time.Minute})
	began := time.Now()
	g.Expect(r.Start(ctx)).To(Succeed())
	t.Logf("first start: %s", time.Since(began))
	g.Expect(r.URL()).To(MatchRegexp(`^http://127\.0\.0\.1:\d+$`))
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("1"))
	g.Expect(receivertest.Get(t, r, "/secret")).To(Equal(receivertest.Secret))
	g.Expect(r.Start(ctx)).To(MatchError(ContainSubstring("runs already")))
	g.Expect(r.Info().Kind).To(Equal("container"))
	g.Expect(r.Info().Image).To(Equal(r.source.spec.Image))
	g.Expect(r.Info().Digest).To(MatchRegexp(`^sha256:[0-9a-f]{64}$`))

	g.Expect(r.Stop(ctx)).To(Succeed())
	g.Expect(r.Log(9)).To(Equal([]string{`receiver in mode ""`, "bye"}))
	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("2"))

	g.Expect(r.Kill(ctx)).To(Succeed())
	_, ended := r.Exited()
	g.Expect(ended).To(BeFalse(), "it was asked to")
	g.Expect(r.Start(ctx)).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("3"))
	g.Expect(r.Log(9)).To(Equal([]string{`receiver in mode ""`, "bye", `receiver in mode ""`, `receiver in mode ""`}))

	began = time.Now()
	g.Expect(r.Close()).To(Succeed())
	t.Logf("close: %s", time.Since(began))
	g.Expect(r.Close()).To(Succeed())
}

func TestContainerPorts(t *testing.T) {
	g := NewWithT(t)
	c := inContainer("")
	c.Image = enginetest.Image(t)
	cfg := config.Config{Receiver: config.Receiver{Container: &c}}
	enginetest.AsksForPort(&cfg, 8080)
	cfg.Probe.SQL.DSN += "${PORT_5432}"
	r := enginetest.Open(t, cfg, receiver.Env{}).(*container)
	_, err := r.PortOf(8080)
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
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("3"))
	g.Expect(r.Start(t.Context())).To(MatchError(ContainSubstring("runs already")))
}

func TestContainerThatIsBuilt(t *testing.T) {
	g := NewWithT(t)
	e := enginetest.Need(t)
	dir, err := enginetest.ImageContext(t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	c := inContainer("")
	c.Build = &config.Build{Context: dir}
	r := newReceiver(t, c, receiver.Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("1"))
	image := r.Info().Image
	g.Expect(image).To(HavePrefix("localhost/ctxpush:"))
	g.Expect(r.Close()).To(Succeed())
	_, err = e.API.ImageInspect(t.Context(), image)
	g.Expect(err).To(MatchError(ContainSubstring("No such image")))
}

func TestContainerThatCannotBeBuilt(t *testing.T) {
	e := enginetest.Need(t)
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
			r := newReceiver(t, cfg, receiver.Env{})
			err := startError(t, t.Context(), r)
			g.Expect(err.Error()).To(HavePrefix("container built from " + dir + ": the image can't be built: "))
			g.Expect(err.Error()).To(ContainSubstring(c.want))
			var steps engine.Layers
			for _, line := range r.Log(99) {
				fmt.Fprintln(&steps, line)
			}
			g.Expect(steps.IDs).To(HaveLen(c.made))
			for _, id := range steps.IDs {
				_, err := e.API.ImageInspect(t.Context(), id)
				g.Expect(err).To(MatchError(ContainSubstring("No such image")), "no step's image stays")
			}
		})
	}
}

func TestContainerWhoseBuildNeedsBuildKit(t *testing.T) {
	g := NewWithT(t)
	dir, err := enginetest.ImageContext(t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY --chmod=755 receiver /receiver\nCMD [\"/receiver\"]\n"), 0o644)).To(Succeed())
	c := inContainer("")
	c.Build = &config.Build{Context: dir}
	r := newReceiver(t, c, receiver.Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("1"))
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
			_, err := receiver.New(config.Config{Receiver: config.Receiver{Container: &c}}, receiver.Env{Secret: receivertest.Secret})
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
	err := startError(t, t.Context(), newReceiver(t, c, receiver.Env{}))
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
	r := newReceiver(t, c, receiver.Env{})
	r.source.stall = time.Second
	g.Expect(startError(t, t.Context(), r).Error()).To(ContainSubstring("can't be pulled: no progress for 1s"))
}

func TestContainerThatDiesAtOnce(t *testing.T) {
	g := NewWithT(t)
	c := inContainer("dies")
	c.Ready.Timeout = time.Hour // not waited for
	r := newReceiver(t, c, receiver.Env{})
	err := startError(t, t.Context(), r)
	g.Expect(err.Error()).To(HavePrefix("container " + r.source.spec.Image + ": ended before it was ready: ended with exit status 3"))
	g.Expect(err.Log).To(ConsistOf(`receiver in mode "dies"`, "no database at all"))
}

func TestContainerOfAnotherArchitecture(t *testing.T) {
	g := NewWithT(t)
	enginetest.Need(t)
	dir := t.TempDir()
	elf, err := os.ReadFile(receivertest.Program)
	g.Expect(err).NotTo(HaveOccurred())
	const machine, sparc = 18, 2 // where an ELF file names its machine, and one that nobody has
	elf[machine], elf[machine+1] = sparc, 0
	g.Expect(os.WriteFile(filepath.Join(dir, "receiver"), elf, 0o755)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY receiver /receiver\nENTRYPOINT [\"/receiver\"]\n"), 0o644)).To(Succeed())
	c := inContainer("")
	c.Build = &config.Build{Context: dir}
	c.Ready.Timeout = time.Hour // not waited for
	failed := startError(t, t.Context(), newReceiver(t, c, receiver.Env{}))
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
			r := newReceiver(t, cfg, receiver.Env{})
			err := startError(t, t.Context(), r)
			g.Expect(err.Error()).To(ContainSubstring("was not ready within 2s, the last try: "))
			g.Expect(err.Error()).To(ContainSubstring(c.want))
			g.Expect(err.Tried).To(ContainSubstring("http://127.0.0.1:"))
			g.Expect(err.Log).NotTo(BeEmpty())
			info, infoErr := r.source.engine.API.ContainerInspect(t.Context(), r.source.made.ID, client.ContainerInspectOptions{})
			g.Expect(infoErr).NotTo(HaveOccurred())
			g.Expect(info.Container.State.Running).To(BeFalse(), "nothing is left running")
		})
	}
}

func TestContainerReadyByPort(t *testing.T) {
	g := NewWithT(t)
	c := inContainer("sick")
	c.Ready.HTTP = ""
	r := newReceiver(t, c, receiver.Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("1"), "who is ready answers")
}

func TestContainerThatDiesLater(t *testing.T) {
	g := NewWithT(t)
	r := newReceiver(t, inContainer(""), receiver.Env{})
	g.Expect(r.Start(t.Context())).To(Succeed())
	receivertest.AskToDie(t, r)
	how, _ := r.Exited()
	g.Expect(how).To(Equal("ended with exit status 7"))
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("2"))
}

func TestContainerThatOutlivesSIGTERM(t *testing.T) {
	g := NewWithT(t)
	r := newReceiver(t, inContainer("stubborn"), receiver.Env{Grace: 50 * time.Millisecond})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(r.Stop(t.Context())).To(MatchError(ContainSubstring("did not end within 50ms of SIGTERM and was killed")))
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("2"))
}

func TestContainerThatIsInterrupted(t *testing.T) {
	g := NewWithT(t)
	r := newReceiver(t, inContainer(""), receiver.Env{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Expect(startError(t, ctx, r)).To(MatchError(context.Canceled))
}

func TestContainerOfAKilledRun(t *testing.T) {
	g := NewWithT(t)
	e := enginetest.Need(t)
	image := enginetest.Image(t)
	live := newReceiver(t, inContainer(""), receiver.Env{})
	g.Expect(live.Start(t.Context())).To(Succeed())

	id := receivertest.KilledHarness(t, "container", "CTXPUSH_TEST_IMAGE="+image)
	_, err := e.API.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	g.Expect(err).NotTo(HaveOccurred(), "it outlives its run")

	next := newReceiver(t, inContainer(""), receiver.Env{})
	g.Expect(next.Start(t.Context())).To(Succeed())
	_, err = e.API.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	g.Expect(err).To(MatchError(ContainSubstring("No such container")))
	g.Expect(receivertest.Get(t, live, "/starts")).To(Equal("1"), "one of a run that goes on is left alone")
}

func TestContainersSideBySide(t *testing.T) {
	g := NewWithT(t)
	var all []*container
	for range 3 {
		all = append(all, newReceiver(t, inContainer(""), receiver.Env{}))
	}
	errs := make(chan error)
	for _, r := range all {
		go func() { errs <- r.Start(t.Context()) }()
	}
	for range all {
		g.Expect(<-errs).NotTo(HaveOccurred())
	}
	for _, r := range all {
		g.Expect(receivertest.Get(t, r, "/starts")).To(Equal("1"))
	}
}

func TestContainerIsFrozen(t *testing.T) {
	receivertest.Freezes(t, newReceiver(t, inContainer(""), receiver.Env{}))
}
