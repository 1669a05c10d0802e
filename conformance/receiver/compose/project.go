package compose

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	api "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/contained"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

const (
	// makeFor bounds the making of what a compose file describes, where images may
	// have to be pulled and built, and then its start, where services may wait for
	// each other's health. The receiver's own Ready counts from there.
	makeFor = 15 * time.Minute
	// lateFor is how long an engine may take to make what it was asked for by a tool
	// that has ended.
	lateFor = time.Second
)

// Labels that compose puts on containers.
const (
	labelService = "com.docker.compose.service"
	labelProject = "com.docker.compose.project"
)

// project is what a compose file describes, under a name of the run.
type project struct {
	cfg   config.Config
	env   receiver.Env
	id    string // its label
	name  string
	file  string
	log   *lines.Log
	ports engine.Ports

	engine    *engine.Engine
	tool      composeTool
	text      []byte // what the tool is given: it may hold the secret
	brokenOff bool   // the tool was: the engine may still do what it was asked
	made      *services
}

// services are the containers of a project.
type services struct {
	contained.Made
	digest     string
	companions []*companion
	up         bool // all of them were started
}

func (p *project) spec() *config.Compose { return p.cfg.Receiver.Compose }

// Make makes the services' containers, unless they are there already.
func (p *project) Make(ctx context.Context) (*contained.Made, error) {
	if p.made == nil {
		if err := p.create(ctx); err != nil {
			return nil, err
		}
	}
	return &p.made.Made, nil
}

func (p *project) create(ctx context.Context) (err error) {
	if p.engine == nil {
		if p.engine, err = engine.Connect(ctx); err != nil {
			return err
		}
		p.engine.RemoveStale(ctx)
	}
	if p.tool == nil {
		if p.tool, err = findCompose(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, makeFor, fmt.Errorf("not made within %s", makeFor))
	defer cancel()
	var read bytes.Buffer
	if err := p.run(ctx, toolRun{args: []string{"-f", p.file, "config"}, out: &read}); err != nil {
		return fmt.Errorf("%s can't be read: %w", p.file, err)
	}
	file, err := parseComposition(read.Bytes())
	if err != nil {
		return fmt.Errorf("%s %w", p.file, err)
	}
	if names := file.names(); !slices.Contains(names, p.spec().Service) {
		return p.cfg.Mistake(key+".service", "%s is no service of %s; %s", p.spec().Service, p.spec().File, strictyaml.Suggest(p.spec().Service, names))
	}
	containers, err := p.createFrom(ctx, file)
	if err != nil {
		return err
	}
	return p.adopt(ctx, containers)
}

// createFrom makes the containers, a second time where only images tell whose
// the probe's ports are.
func (p *project) createFrom(ctx context.Context, file composition) (map[string]api.Summary, error) {
	ports := map[string][]int{p.spec().Service: {p.spec().Port}}
	var open []int
	for _, port := range p.ports.Wanted {
		if found := file.with(port); len(found) > 0 {
			if err := p.assign(ports, port, found); err != nil {
				return nil, err
			}
		} else {
			open = append(open, port)
		}
	}
	containers, err := p.createWith(ctx, file, ports)
	if err != nil || len(open) == 0 {
		return containers, err
	}
	for _, port := range open {
		var found []string
		for name, ctr := range containers {
			info, err := p.engine.API.ContainerInspect(ctx, ctr.ID, client.ContainerInspectOptions{})
			if err != nil {
				return nil, engine.Explain(err)
			}
			for exposed := range info.Container.Config.ExposedPorts {
				if exposed.Port() == strconv.Itoa(port) && exposed.Proto() == "tcp" {
					found = append(found, name)
				}
			}
		}
		slices.Sort(found)
		if err := p.assign(ports, port, found); err != nil {
			return nil, err
		}
	}
	return p.createWith(ctx, file, ports)
}

// assign notes the service that has a port which the probe asks for.
func (p *project) assign(ports map[string][]int, port int, services []string) error {
	const key = "probe.sql.dsn"
	if len(services) == 0 {
		return p.cfg.Mistake(key, "no service of %s exposes port %d; name it under expose of the service that has it", p.spec().File, port)
	}
	if len(services) > 1 {
		return p.cfg.Mistake(key, "the services %s all have port %d: want it exposed by one", strings.Join(services, ", "), port)
	}
	if name := services[0]; !slices.Contains(ports[name], port) {
		ports[name] = append(ports[name], port)
	}
	return nil
}

// createWith makes the containers with ports published, and finds them.
func (p *project) createWith(ctx context.Context, file composition, ports map[string][]int) (map[string]api.Summary, error) {
	var err error
	if p.text, err = file.adapt(p.spec().Service, ports, engine.Labels(p.env.RunID, p.id)); err != nil {
		return nil, err
	}
	if err := p.run(ctx, toolRun{args: []string{"-f", "-", "up", "--no-start"}, in: p.text}); err != nil {
		return nil, fmt.Errorf("can't be made: %w", err)
	}
	made, err := p.engine.API.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", engine.LabelReceiver+"="+p.id)})
	if err != nil {
		return nil, engine.Explain(err)
	}
	containers := map[string]api.Summary{}
	for _, ctr := range made.Items {
		name := ctr.Labels[labelService]
		if _, twice := containers[name]; twice && (name == p.spec().Service || len(ports[name]) > 0) {
			return nil, fmt.Errorf("the service %s has several containers: want one", name)
		}
		containers[name] = ctr
	}
	for name, own := range ports {
		p.ports.At(containers[name].ID, own...)
	}
	return containers, nil
}

// adopt takes the service's container for the receiver's, and follows the others.
func (p *project) adopt(ctx context.Context, containers map[string]api.Summary) error {
	found, ok := containers[p.spec().Service]
	if !ok {
		return fmt.Errorf("%s made no container", p.tool[len(p.tool)-1])
	}
	own, err := p.engine.Adopt(ctx, found)
	if err != nil {
		return err
	}
	digest, err := p.engine.Digest(ctx, own.ImageID)
	if err != nil {
		return err
	}
	p.made = &services{Made: contained.Made{Container: own, Image: own.Image, Others: map[string]string{}}, digest: digest}
	for name, ctr := range containers {
		if name != p.spec().Service {
			p.made.Others[name] = ctr.ID
			p.made.companions = append(p.made.companions, follow(p.engine.API, ctr.ID, p.log.OpenAs(name+" | ")))
		}
	}
	return nil
}

// Begin starts what was made: all services the first time, with what they wait
// for, and the receiver's own from then on.
func (p *project) Begin(ctx context.Context) error {
	if p.made.up {
		return p.made.Start(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, makeFor, fmt.Errorf("not started within %s", makeFor))
	defer cancel()
	err := p.run(ctx, toolRun{args: []string{"-f", "-", "up", "-d", "--no-recreate", "--no-build"}, in: p.text})
	p.made.up = err == nil
	return err
}

// run runs the tool for the project. The secret goes by the environment.
func (p *project) run(ctx context.Context, r toolRun) error {
	out := p.log.OpenAs("compose | ")
	defer out.Close()
	vars := map[string]string{config.VarPort: strconv.Itoa(p.spec().Port), config.VarSecret: p.env.Secret}
	r.dir, r.log = filepath.Dir(p.file), out
	if r.out != nil {
		r.log = io.Discard // the error tells it
	}
	r.env = append(os.Environ(), "DOCKER_HOST="+p.engine.API.DaemonHost(), config.VarSecret+"="+p.env.Secret)
	for name, value := range p.spec().Env {
		r.env = append(r.env, name+"="+config.Expand(value, vars))
	}
	r.args = slices.Concat([]string{"-p", p.name, "--project-directory", r.dir}, r.args)
	if r.out == nil {
		r.out = out
	}
	err := p.tool.run(ctx, r)
	p.brokenOff = p.brokenOff || ctx.Err() != nil
	return err
}

// remove removes all that carries the receiver's label.
func (p *project) remove() error {
	if p.engine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), engine.CloseFor)
	defer cancel()
	if p.made != nil {
		for _, c := range p.made.companions {
			c.leave()
		}
		p.made.companions = nil
	}
	mine := func(map[string]string) bool { return true }
	err := p.engine.RemoveProject(ctx, engine.LabelReceiver+"="+p.id, mine)
	if p.brokenOff && err == nil {
		// What the tool had asked for when it ended may be made only now.
		select {
		case <-time.After(lateFor):
		case <-ctx.Done():
		}
		err = p.engine.RemoveProject(ctx, engine.LabelReceiver+"="+p.id, mine)
	}
	if err == nil {
		p.made, p.brokenOff = nil, false
	}
	return err
}
