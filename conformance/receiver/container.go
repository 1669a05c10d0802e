package receiver

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// box is a receiver that runs in a container, one and the same over all its
// starts, so that its disk survives them. Who may ask the engine sees the
// container's environment, and with it the secret.
type box struct {
	name  string
	id    string // its label
	spec  config.Container
	env   Env
	log   *lineLog
	stall time.Duration // pullStall

	engine *engine
	image  string // as the engine knows it
	digest string
	ctr    testcontainers.Container
	signal string // what asks it to end

	url      address
	patience patience
	run      *boxRun // nil before the first start and after each asked end

	key   string // of the Config: receiver.container
	head  string // before each line of the log
	make  func(context.Context) error
	begin func(context.Context) error // starts what was made
	reach reach

	beside map[string]string // the containers of other services, by name
}

func newBox(cfg config.Config, env Env) (Receiver, error) {
	spec := *cfg.Receiver.Container
	b := &box{id: strings.ToLower(rand.Text()), spec: spec, env: env, log: newLineLog(env.Secret), stall: pullStall,
		key: "receiver.container", patience: patience{grace: env.Grace}}
	b.make, b.begin = b.create, b.startOwn
	if probe := cfg.Probe.SQL; probe != nil {
		b.reach.want(probe.Ports()...)
	}
	if spec.Build == nil {
		b.name = "container " + spec.Image
		return b, nil
	}
	b.name = "container built from " + cmp.Or(spec.Build.Context, ".")
	build, err := buildOf(cfg, *spec.Build)
	if err != nil {
		return nil, err
	}
	b.spec.Build = &build
	return b, nil
}

// buildOf is b, a part of cfg, with its defaults and an absolute context.
func buildOf(cfg config.Config, b config.Build) (config.Build, error) {
	const key = "receiver.container.build"
	b.Dockerfile = cmp.Or(b.Dockerfile, "Dockerfile")
	b.Context = cfg.Abs(b.Context)
	if abs, err := filepath.Abs(b.Context); err == nil {
		b.Context = abs
	}
	if wrong := folder(b.Context); wrong != "" {
		return b, mistake(key+".context", "%s", wrong)
	}
	if !filepath.IsLocal(b.Dockerfile) {
		return b, mistake(key+".dockerfile", "%s is not in the build's context: want a path in it", b.Dockerfile)
	}
	file := filepath.Join(b.Context, b.Dockerfile)
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return b, mistake(key+".dockerfile", "%s is no file", file)
	}
	return b, nil
}

func (b *box) Start(ctx context.Context) error {
	if b.run != nil && !closed(b.run.ended) {
		return fmt.Errorf("%s: runs already", b.name)
	}
	b.run = nil
	began := time.Now()
	if err := b.make(ctx); err != nil {
		return &StartError{Receiver: b.name, Log: b.log.tail(tailSize), Waited: time.Since(began), Err: b.clean(err)}
	}
	run, err := b.launch(ctx)
	if err != nil {
		return &StartError{Receiver: b.name, Log: b.log.tail(tailSize), Waited: time.Since(began), Err: b.clean(err)}
	}
	w, waited, err := b.await(ctx, run)
	if err == nil {
		err = b.reach.learn(ctx, b.engine)
	}
	if err == nil {
		b.run = run
		return nil
	}
	b.kill(run)
	if errors.Is(err, errEnded) {
		err = fmt.Errorf("%w: %s", errEnded, run.how)
	} else if ctx.Err() == nil {
		err = b.hint(ctx, err)
	}
	start := &StartError{Receiver: b.name, Waited: waited, Log: b.log.tail(tailSize), Err: b.clean(err)}
	if w != nil {
		start.Tried = w.tried()
	}
	return start
}

// clean blanks the secret out of what the engine says.
func (b *box) clean(err error) error {
	if text := err.Error(); b.log.hide.Text(text) != text {
		return errors.New(b.log.hide.Text(text))
	}
	return err
}

// create makes the container, unless it is there already.
func (b *box) create(ctx context.Context) error {
	if b.ctr != nil {
		return nil
	}
	if err := b.connect(ctx); err != nil {
		return err
	}
	if err := b.provide(ctx); err != nil {
		return err
	}
	vars := map[string]string{config.VarPort: strconv.Itoa(b.spec.Port), config.VarSecret: b.env.Secret}
	env := make(map[string]string, len(b.spec.Env))
	for name, value := range b.spec.Env {
		env[name] = config.Expand(value, vars)
	}
	// Not to be broken off: the engine might finish what nobody knows of.
	unbroken, cancel := context.WithTimeout(context.WithoutCancel(ctx), callFor)
	defer cancel()
	ctr, err := b.engine.provider.CreateContainer(unbroken, testcontainers.ContainerRequest{
		Image:        b.image,
		Env:          env,
		Labels:       self().labels(b.env.RunID, b.id),
		ExposedPorts: b.ports(),
	})
	if err != nil {
		if ctr != nil {
			err = errors.Join(err, b.engine.removeContainer(unbroken, ctr.GetContainerID()))
		}
		return fmt.Errorf("can't be created: %w", explain(err))
	}
	info, err := ctr.Inspect(unbroken)
	if err != nil {
		return errors.Join(explain(err), b.engine.removeContainer(unbroken, ctr.GetContainerID()))
	}
	b.ctr, b.signal = ctr, cmp.Or(info.Config.StopSignal, "SIGTERM")
	b.reach.at(ctr.GetContainerID())
	return ctx.Err()
}

// connect finds the engine, and removes what earlier runs have left there.
func (b *box) connect(ctx context.Context) error {
	if b.engine != nil {
		return nil
	}
	e, err := connect(ctx)
	if err != nil {
		return err
	}
	b.engine = e
	e.removeStale(ctx)
	return nil
}

// ports are those that are published: the receiver's, and the probe's.
func (b *box) ports() []string {
	ports := []string{b.port()}
	for _, port := range b.reach.wanted {
		if p := strconv.Itoa(port) + "/tcp"; p != b.port() {
			ports = append(ports, p)
		}
	}
	return ports
}

func (b *box) port() string { return strconv.Itoa(b.spec.Port) + "/tcp" }

// provide sees to it that there is an image.
func (b *box) provide(ctx context.Context) (err error) {
	if b.image != "" {
		return nil
	}
	name := b.spec.Image
	if b.spec.Build == nil {
		name, err = b.engine.fetch(ctx, name, b.stall)
	} else {
		name = self().image(b.id)
		out := b.log.open()
		defer out.Close()
		err = b.engine.build(ctx, *b.spec.Build, name, b.env.RunID, out)
	}
	if err != nil {
		return err
	}
	if b.digest, err = b.engine.digest(ctx, name); err != nil {
		return err
	}
	b.image = name
	return nil
}

// await waits until the container takes requests.
func (b *box) await(ctx context.Context, run *boxRun) (*waiter, time.Duration, error) {
	bases, err := b.addresses(ctx)
	if err != nil {
		return nil, 0, err
	}
	if len(bases) == 0 {
		// The ports go with the end, which may be known here a little later.
		select {
		case <-run.ended:
			return nil, 0, errEnded
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-time.After(2 * drainFor):
			return nil, 0, fmt.Errorf("its port %s is not published", b.port())
		}
	}
	w := newWaiter(b.spec.Ready, containerReady, bases...)
	w.proxied = true // by the engine
	url, waited, err := w.wait(ctx, run.ended)
	b.url.set(url)
	return w, waited, err
}

// hint adds to a receiver that never got ready that its image exposes other
// ports.
func (b *box) hint(ctx context.Context, err error) error {
	image, inspectErr := b.engine.api.ImageInspect(ctx, b.image)
	if inspectErr != nil || image.Config == nil || len(image.Config.ExposedPorts) == 0 {
		return err
	}
	var exposed []string
	for port := range image.Config.ExposedPorts {
		if port == b.port() {
			return err
		}
		exposed = append(exposed, port)
	}
	slices.Sort(exposed)
	return fmt.Errorf("%w; %s.port is %s, and the image exposes %s", err, b.key, b.port(), strings.Join(exposed, ", "))
}

const boxRemedy = "want a process 1 that handles SIGTERM: exec in the shell that starts it, " +
	"or init: true (tini), which passes the signal on"

func (b *box) Stop(ctx context.Context) error {
	gone, err := b.stop(ctx, b.patience.now())
	if err != nil || gone {
		return err
	}
	return b.patience.outlive(b.name, b.signal, boxRemedy)
}

// stop asks the container to end, and kills it where it has not ended in time.
func (b *box) stop(ctx context.Context, within time.Duration) (gone bool, err error) {
	run := b.run
	b.run = nil
	if run == nil || closed(run.ended) {
		return true, nil
	}
	if err := b.send(ctx, b.signal); err != nil && !closed(run.ended) {
		return false, errors.Join(fmt.Errorf("%s: %s: %w", b.name, b.signal, err), b.kill(run))
	}
	grace := time.NewTimer(within)
	defer grace.Stop()
	select {
	case <-run.ended:
		return true, nil
	case <-ctx.Done():
		return false, errors.Join(ctx.Err(), b.kill(run))
	case <-grace.C:
		return false, b.kill(run)
	}
}

// leave asks for an end shortly, at the very end.
func (b *box) leave(ctx context.Context) error {
	_, err := b.stop(ctx, b.patience.end())
	return err
}

func (b *box) Kill(context.Context) error {
	run := b.run
	b.run = nil
	if run == nil {
		return nil
	}
	return b.kill(run)
}

// kill is not to be broken off.
func (b *box) kill(run *boxRun) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeFor)
	defer cancel()
	if closed(run.ended) {
		return nil
	}
	err := b.send(ctx, "SIGKILL")
	select {
	case <-run.ended:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("%s: did not end within %s of SIGKILL", b.name, closeFor), err)
	}
}

// send sends a signal; that there is nobody to get it is no error.
func (b *box) send(ctx context.Context, signal string) error {
	_, err := b.engine.api.ContainerKill(ctx, b.ctr.GetContainerID(), client.ContainerKillOptions{Signal: signal})
	if errdefs.IsConflict(err) {
		return nil
	}
	return explain(err)
}

func (b *box) Exited() (string, bool) {
	if run := b.run; run != nil && closed(run.ended) {
		return run.how, true
	}
	return "", false
}

func (b *box) Close() error {
	if b.engine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeFor)
	defer cancel()
	var errs []error
	if b.ctr != nil {
		errs = append(errs, b.leave(ctx), b.ctr.Terminate(ctx, testcontainers.StopTimeout(0)))
	}
	// By label and name, for what was made and not learned of.
	err := b.engine.removeContainers(ctx, labelReceiver+"="+b.id, func(map[string]string) bool { return true })
	if b.spec.Build != nil {
		err = errors.Join(err, b.engine.removeImage(ctx, self().image(b.id)))
	}
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	// All is gone, so whatever went wrong before did no harm.
	b.ctr, b.engine, b.image = nil, nil, ""
	return nil
}

func (b *box) URL() string        { return b.url.get() }
func (b *box) Fixed() string      { return "" }
func (b *box) Log(n int) []string { return b.log.tail(n) }

func (b *box) Info() Info {
	image := b.spec.Image
	if image == "" {
		image = b.image
	}
	return Info{Kind: "container", Image: image, Digest: b.digest}
}
