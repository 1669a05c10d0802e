package receiver

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// makeFor bounds the making of what a compose file describes, where images may
// have to be pulled and built, and then its start, where services may wait for
// each other's health. The receiver's own Ready counts from there.
const makeFor = 15 * time.Minute

// Labels that compose puts on containers.
const (
	labelService = "com.docker.compose.service"
	labelProject = "com.docker.compose.project"
)

// compose is a service of a compose file. Its first start starts the others too;
// from then on it is a container that is stopped, killed and started again,
// while the others go on.
type compose struct {
	box
	cfg     config.Config
	spec    config.Compose
	file    string
	project string

	tool      composeTool
	text      []byte // what the tool is given: it may hold the secret
	up        bool   // all services were started
	wasReady  bool   // and the receiver was ready once
	brokenOff bool   // the tool was: the engine may still do what it was asked
	others    map[string]*companion
}

func newCompose(cfg config.Config, env Env) (Receiver, error) {
	spec := *cfg.Receiver.Compose
	file := cfg.Abs(spec.File)
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return nil, cfg.Mistake("receiver.compose.file", "%s is no file", file)
	}
	c := &compose{cfg: cfg, spec: spec, file: file, others: map[string]*companion{}}
	c.box = box{
		name: "compose service " + spec.Service,
		id:   strings.ToLower(rand.Text()),
		spec: config.Container{Port: spec.Port, Ready: spec.Ready},
		env:  env, log: newLineLog(env.Secret), key: "receiver.compose", head: spec.Service + " | ",
		patience: patience{grace: env.Grace},
	}
	// One run may have several receivers.
	c.project = "ctxpush-" + strings.ToLower(strings.Map(projectRune, env.RunID)) + "-" + c.id[:6]
	c.make, c.begin = c.createAll, c.startAll
	if probe := cfg.Probe.SQL; probe != nil {
		c.reach.want(probe.Ports()...)
	}
	return c, nil
}

func projectRune(r rune) rune {
	if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' {
		return r
	}
	return -1
}

// Start starts all services the first time.
func (c *compose) Start(ctx context.Context) error {
	err := c.box.Start(ctx)
	if err == nil {
		c.wasReady = true
	} else if !c.wasReady {
		if left := c.clear(); left != nil {
			return errors.Join(err, left)
		}
	}
	return err
}

// createAll makes the services' containers, unless they are there already.
func (c *compose) createAll(ctx context.Context) error {
	if c.ctr != nil {
		return nil
	}
	if err := c.connect(ctx); err != nil {
		return err
	}
	var err error
	if c.tool == nil {
		if c.tool, err = findCompose(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, makeFor, fmt.Errorf("not made within %s", makeFor))
	defer cancel()
	var read bytes.Buffer
	if err := c.run(ctx, toolRun{args: []string{"-f", c.file, "config"}, out: &read}); err != nil {
		return fmt.Errorf("%s can't be read: %w", c.file, err)
	}
	file, err := parseComposition(read.Bytes())
	if err != nil {
		return fmt.Errorf("%s %w", c.file, err)
	}
	if names := file.names(); !slices.Contains(names, c.spec.Service) {
		return c.cfg.Mistake("receiver.compose.service", "%s is no service of %s; %s", c.spec.Service, c.spec.File, strictyaml.Suggest(c.spec.Service, names))
	}
	containers, err := c.createFrom(ctx, file)
	if err != nil {
		return err
	}
	return c.adopt(ctx, containers)
}

// createFrom makes the containers, a second time where only images tell whose
// the probe's ports are.
func (c *compose) createFrom(ctx context.Context, file composition) (map[string]container.Summary, error) {
	ports := map[string][]int{c.spec.Service: {c.spec.Port}}
	var open []int
	for _, port := range c.reach.wanted {
		if found := file.with(port); len(found) > 0 {
			if err := c.owned(ports, port, found); err != nil {
				return nil, err
			}
		} else {
			open = append(open, port)
		}
	}
	containers, err := c.createWith(ctx, file, ports)
	if err != nil || len(open) == 0 {
		return containers, err
	}
	for _, port := range open {
		var found []string
		for name, ctr := range containers {
			info, err := c.engine.api.ContainerInspect(ctx, ctr.ID, client.ContainerInspectOptions{})
			if err != nil {
				return nil, explain(err)
			}
			for exposed := range info.Container.Config.ExposedPorts {
				if exposed.Port() == strconv.Itoa(port) && exposed.Proto() == "tcp" {
					found = append(found, name)
				}
			}
		}
		slices.Sort(found)
		if err := c.owned(ports, port, found); err != nil {
			return nil, err
		}
	}
	return c.createWith(ctx, file, ports)
}

// owned notes the service that has a port which the probe asks for.
func (c *compose) owned(ports map[string][]int, port int, services []string) error {
	const key = "probe.sql.dsn"
	if len(services) == 0 {
		return c.cfg.Mistake(key, "no service of %s exposes port %d; name it under expose of the service that has it", c.spec.File, port)
	}
	if len(services) > 1 {
		return c.cfg.Mistake(key, "the services %s all have port %d: want it exposed by one", strings.Join(services, ", "), port)
	}
	if name := services[0]; !slices.Contains(ports[name], port) {
		ports[name] = append(ports[name], port)
	}
	return nil
}

// createWith makes the containers with ports published, and finds them.
func (c *compose) createWith(ctx context.Context, file composition, ports map[string][]int) (map[string]container.Summary, error) {
	var err error
	if c.text, err = file.adapt(c.spec.Service, ports, self().labels(c.env.RunID, c.id)); err != nil {
		return nil, err
	}
	if err := c.run(ctx, toolRun{args: []string{"-f", "-", "up", "--no-start"}, in: c.text}); err != nil {
		return nil, fmt.Errorf("can't be made: %w", err)
	}
	made, err := c.engine.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", labelReceiver+"="+c.id)})
	if err != nil {
		return nil, explain(err)
	}
	containers := map[string]container.Summary{}
	for _, ctr := range made.Items {
		name := ctr.Labels[labelService]
		if _, twice := containers[name]; twice && (name == c.spec.Service || len(ports[name]) > 0) {
			return nil, fmt.Errorf("the service %s has several containers: want one", name)
		}
		containers[name] = ctr
	}
	for name, own := range ports {
		c.reach.at(containers[name].ID, own...)
	}
	return containers, nil
}

// adopt takes the service's container for the box's, and follows the others.
func (c *compose) adopt(ctx context.Context, containers map[string]container.Summary) error {
	own, ok := containers[c.spec.Service]
	if !ok {
		return fmt.Errorf("%s made no container", c.tool[len(c.tool)-1])
	}
	ctr, err := c.engine.provider.ContainerFromType(ctx, own)
	if err != nil {
		return explain(err)
	}
	info, err := ctr.Inspect(ctx)
	if err != nil {
		return explain(err)
	}
	c.image = info.Config.Image
	if c.digest, err = c.engine.digest(ctx, info.Image); err != nil {
		return err
	}
	c.ctr, c.signal = ctr, cmp.Or(info.Config.StopSignal, "SIGTERM")
	for name, ctr := range containers {
		if name != c.spec.Service {
			c.others[name] = follow(c.engine.api, ctr.ID, c.log.openAs(name+" | "))
			put(&c.beside, name, ctr.ID)
		}
	}
	return nil
}

// startAll starts what was made: all services the first time, with what they
// wait for, and the receiver's own from then on.
func (c *compose) startAll(ctx context.Context) error {
	if c.up {
		return c.startOwn(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, makeFor, fmt.Errorf("not started within %s", makeFor))
	defer cancel()
	err := c.run(ctx, toolRun{args: []string{"-f", "-", "up", "-d", "--no-recreate", "--no-build"}, in: c.text})
	c.up = err == nil
	return err
}

// run runs the tool for the project. The secret goes by the environment.
func (c *compose) run(ctx context.Context, r toolRun) error {
	out := c.log.openAs("compose | ")
	defer out.Close()
	vars := map[string]string{config.VarPort: strconv.Itoa(c.spec.Port), config.VarSecret: c.env.Secret}
	r.dir, r.log = filepath.Dir(c.file), out
	if r.out != nil {
		r.log = io.Discard // the error tells it
	}
	r.env = append(os.Environ(), "DOCKER_HOST="+c.engine.api.DaemonHost(), config.VarSecret+"="+c.env.Secret)
	for name, value := range c.spec.Env {
		r.env = append(r.env, name+"="+config.Expand(value, vars))
	}
	r.args = slices.Concat([]string{"-p", c.project, "--project-directory", r.dir}, r.args)
	if r.out == nil {
		r.out = out
	}
	err := c.tool.run(ctx, r)
	c.brokenOff = c.brokenOff || ctx.Err() != nil
	return err
}

// Close removes the project, with its networks, volumes and the images that were
// built for it.
func (c *compose) Close() error {
	if c.engine == nil {
		return nil
	}
	err := c.clear()
	if err == nil {
		c.engine = nil
	}
	return err
}

// clear removes all that carries the receiver's label.
func (c *compose) clear() error {
	if c.engine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeFor)
	defer cancel()
	for _, other := range c.others {
		other.leave()
	}
	clear(c.others)
	clear(c.beside)
	mine := func(map[string]string) bool { return true }
	err := c.engine.removeProject(ctx, labelReceiver+"="+c.id, mine)
	if c.brokenOff && err == nil {
		// What the tool had asked for when it ended may be made only now.
		select {
		case <-time.After(lateFor):
		case <-ctx.Done():
		}
		err = c.engine.removeProject(ctx, labelReceiver+"="+c.id, mine)
	}
	if err != nil {
		return err
	}
	if run := c.box.run; run != nil {
		<-run.ended // its log is read, its container gone
	}
	c.box.run, c.ctr, c.up, c.brokenOff, c.wasReady = nil, nil, false, false, false
	return nil
}

// lateFor is how long an engine may take to make what it was asked for by a tool
// that has ended.
const lateFor = time.Second

// Info names the image of the receiver's service.
func (c *compose) Info() Info { return Info{Kind: "compose", Image: c.image, Digest: c.digest} }
