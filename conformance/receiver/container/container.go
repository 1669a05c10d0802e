// Package container is the kind of receiver that runs in a container of an image,
// or of a build.
package container

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

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/contained"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/process"
)

const (
	kind = "container"
	key  = "receiver." + kind
)

func init() {
	receiver.Register(receiver.Kind{Name: kind, New: newContainer,
		StartAdvice: func(r config.Receiver, tried bool) []string {
			if !tried {
				return []string{"see that docker run starts the image by itself; docker images lists those on this engine"}
			}
			return receiver.ReadyAdvice(key, r.Container.Ready, fmt.Sprintf("port %d on all addresses, not on 127.0.0.1 alone", r.Container.Port))
		},
		SecretAdvice: func(r config.Receiver) []string { return receiver.EnvSecretAdvice(key+".env", r.Container.Env) }})
}

// container is a receiver of an image.
type container struct {
	*contained.Receiver
	source *source
}

func newContainer(cfg config.Config, env receiver.Env) (receiver.Receiver, error) {
	spec := *cfg.Receiver.Container
	s := &source{id: strings.ToLower(rand.Text()), spec: spec, env: env, log: lines.New(env.Secret), stall: engine.PullStall}
	if probe := cfg.Probe.SQL; probe != nil {
		s.ports.Want(probe.Ports()...)
	}
	name := "container " + spec.Image
	if spec.Build != nil {
		name = "container built from " + cmp.Or(spec.Build.Context, ".")
		build, err := buildOf(cfg, *spec.Build)
		if err != nil {
			return nil, err
		}
		s.spec.Build = &build
	}
	return &container{contained.New(contained.Spec{
		Name: name, Key: key, Port: spec.Port, Ready: spec.Ready, Grace: env.Grace, Log: s.log, Ports: &s.ports,
	}, s), s}, nil
}

// buildOf is b, a part of cfg, with its defaults and an absolute context.
func buildOf(cfg config.Config, b config.Build) (config.Build, error) {
	mistake := func(label string, err error) error {
		return &config.Error{Key: key + ".build." + label, Msg: err.Error()}
	}
	b.Dockerfile = cmp.Or(b.Dockerfile, "Dockerfile")
	b.Context = cfg.Abs(b.Context)
	if abs, err := filepath.Abs(b.Context); err == nil {
		b.Context = abs
	}
	if err := process.CheckFolder(b.Context); err != nil {
		return b, mistake("context", err)
	}
	if !filepath.IsLocal(b.Dockerfile) {
		return b, mistake("dockerfile", fmt.Errorf("%s is not in the build's context: want a path in it", b.Dockerfile))
	}
	file := filepath.Join(b.Context, b.Dockerfile)
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return b, mistake("dockerfile", fmt.Errorf("%s is no file", file))
	}
	return b, nil
}

// Close is receiver.Receiver's.
func (c *container) Close() error {
	if c.source.engine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), engine.CloseFor)
	defer cancel()
	if err := c.source.remove(ctx, c.Leave(ctx)); err != nil {
		return err
	}
	c.AwaitEnd()
	return nil
}

// Info is receiver.Receiver's.
func (c *container) Info() receiver.Info {
	return receiver.Info{Kind: kind, Image: cmp.Or(c.source.spec.Image, c.source.image), Digest: c.source.digest}
}

// source makes the container of an image that is fetched or built.
type source struct {
	id    string // its label
	spec  config.Container
	env   receiver.Env
	log   *lines.Log
	stall time.Duration // engine.PullStall
	ports engine.Ports

	engine *engine.Engine
	image  string // as the engine knows it
	digest string
	made   *engine.Container
}

// Make makes the container, unless it is there already.
func (s *source) Make(ctx context.Context) (*contained.Made, error) {
	if s.made == nil {
		if err := s.create(ctx); err != nil {
			return nil, err
		}
	}
	return &contained.Made{Container: s.made, Image: s.image}, nil
}

func (s *source) create(ctx context.Context) (err error) {
	if s.engine == nil {
		if s.engine, err = engine.Connect(ctx); err != nil {
			return err
		}
		s.engine.RemoveStale(ctx)
	}
	if err := s.provide(ctx); err != nil {
		return err
	}
	vars := map[string]string{config.VarPort: strconv.Itoa(s.spec.Port), config.VarSecret: s.env.Secret}
	env := make(map[string]string, len(s.spec.Env))
	for name, value := range s.spec.Env {
		env[name] = config.Expand(value, vars)
	}
	published := []int{s.spec.Port}
	for _, port := range s.ports.Wanted {
		if !slices.Contains(published, port) {
			published = append(published, port)
		}
	}
	made, err := s.engine.Create(ctx, engine.Plan{Image: s.image, Env: env, Labels: engine.Labels(s.env.RunID, s.id), Ports: published})
	if err != nil {
		return err
	}
	s.made = made
	s.ports.At(made.ID)
	return ctx.Err()
}

// provide sees to it that there is an image.
func (s *source) provide(ctx context.Context) (err error) {
	if s.image != "" {
		return nil
	}
	name := s.spec.Image
	if s.spec.Build == nil {
		name, err = s.engine.Fetch(ctx, name, s.stall)
	} else {
		name = engine.ImageName(s.id)
		out := s.log.Open()
		defer out.Close()
		err = s.engine.Build(ctx, *s.spec.Build, name, s.env.RunID, out)
	}
	if err != nil {
		return err
	}
	if s.digest, err = s.engine.Digest(ctx, name); err != nil {
		return err
	}
	s.image = name
	return nil
}

// Begin starts the container.
func (s *source) Begin(ctx context.Context) error { return s.made.Start(ctx) }

// remove removes what was made. Where all of it is gone, what went wrong before,
// such as left, did no harm.
func (s *source) remove(ctx context.Context, left error) error {
	errs := []error{left}
	if s.made != nil {
		errs = append(errs, s.made.Remove(ctx))
	}
	// By label and name, for what was made and not learned of.
	err := s.engine.RemoveContainers(ctx, engine.LabelReceiver+"="+s.id, func(map[string]string) bool { return true })
	if s.spec.Build != nil {
		err = errors.Join(err, s.engine.RemoveImage(ctx, engine.ImageName(s.id)))
	}
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	s.made, s.engine, s.image = nil, nil, ""
	return nil
}
