package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/jsonmessage"
	"github.com/testcontainers/testcontainers-go"
)

// pullStall is how long a pull may make no progress.
const pullStall = time.Minute

// fetch sees to it that the engine has an image, and returns the name that
// the engine knows it by. An image that is there is not pulled again.
func (e *engine) fetch(ctx context.Context, name string, stall time.Duration) (string, error) {
	name = hubName(testcontainers.ReadConfig().Config.HubImageNamePrefix, name)
	_, err := e.api.ImageInspect(ctx, name)
	if err == nil {
		return name, nil
	}
	if !errdefs.IsNotFound(err) {
		return "", explain(err)
	}
	if err := e.pull(ctx, name, stall); err != nil {
		return "", fmt.Errorf("the image %s is not on this engine and can't be pulled: %s", name, oneLine(err.Error()))
	}
	return name, nil
}

// hubName puts the prefix that testcontainers' settings give to images of the
// Docker Hub before a name without a registry.
func hubName(prefix, name string) string {
	first, _, found := strings.Cut(name, "/")
	if prefix == "" || found && (strings.ContainsAny(first, ".:") || first == "localhost") {
		return name
	}
	return path.Join(prefix, name)
}

func (e *engine) pull(ctx context.Context, name string, stall time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(stall, func() { cancel(fmt.Errorf("no progress for %s", stall)) })
	defer stalled.Stop()

	var opts client.ImagePullOptions
	// Without credentials the registry decides.
	if _, auth, err := testcontainers.DockerImageAuth(ctx, name); err == nil {
		if encoded, err := authconfig.Encode(auth); err == nil {
			opts.RegistryAuth = encoded
		}
	}
	stream, err := e.api.ImagePull(ctx, name, opts)
	if err == nil {
		for msg, broken := range stream.JSONMessages(ctx) {
			stalled.Reset(stall)
			if broken != nil {
				err = broken
				break
			}
			if msg.Error != nil {
				err = msg.Error
				break
			}
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// digest names what the image holds: as its registry does, else as the engine
// does.
func (e *engine) digest(ctx context.Context, name string) (string, error) {
	image, err := e.api.ImageInspect(ctx, name)
	if err != nil {
		return "", explain(err)
	}
	for _, d := range image.RepoDigests {
		if _, digest, ok := strings.Cut(d, "@"); ok {
			return digest, nil
		}
	}
	return image.ID, nil
}

// build makes an image and writes what the engine says to log. A Dockerfile
// that needs BuildKit gets it.
func (e *engine) build(ctx context.Context, req testcontainers.ContainerRequest, log io.Writer) error {
	err := e.buildBy(ctx, req, build.BuilderV1, log)
	if err != nil && strings.Contains(err.Error(), "requires BuildKit") {
		err = e.buildBy(ctx, req, build.BuilderBuildKit, log)
	}
	return err
}

func (e *engine) buildBy(ctx context.Context, req testcontainers.ContainerRequest, version build.BuilderVersion, log io.Writer) error {
	opts, err := req.BuildOptions()
	if err != nil {
		return err
	}
	if c, ok := opts.Context.(io.Closer); ok {
		defer c.Close()
	}
	opts.Version = version
	answer, err := e.api.ImageBuild(ctx, opts.Context, opts)
	if err != nil {
		return explain(err)
	}
	defer answer.Body.Close()
	var made layers
	err = jsonmessage.DisplayStream(answer.Body, io.MultiWriter(log, &made))
	if err != nil {
		e.forget(ctx, made.ids)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// forget removes the images of the steps before the one that failed: they have
// neither name nor label by which anybody would find them.
func (e *engine) forget(ctx context.Context, ids []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeFor)
	defer cancel()
	for _, id := range slices.Backward(ids) {
		image, err := e.api.ImageInspect(ctx, id)
		if err != nil || len(image.RepoTags) > 0 || len(image.RepoDigests) > 0 {
			continue
		}
		// One that something else is built on stays.
		_, _ = e.api.ImageRemove(ctx, id, client.ImageRemoveOptions{})
	}
}

// layers reads off a build's output which images its steps have made: not the
// one that it began with, and not what the engine had in its cache.
type layers struct {
	ids  []string
	rest []byte
	last string // line
	from bool
}

var layerLine = regexp.MustCompile(`^ ---> ([0-9a-f]{12,64})$`)

func (l *layers) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.line(strings.TrimRight(string(line), "\r"))
		l.rest = rest
	}
}

func (l *layers) line(s string) {
	if strings.HasPrefix(s, "Step ") {
		l.from = strings.Contains(s, " : FROM ")
	}
	if m := layerLine.FindStringSubmatch(s); m != nil && !l.from && l.last != " ---> Using cache" {
		l.ids = append(l.ids, m[1])
	}
	l.last = s
}

// remove removes an image of ours; that it is gone is no error.
func (e *engine) removeImage(ctx context.Context, id string) error {
	_, err := e.api.ImageRemove(ctx, id, client.ImageRemoveOptions{PruneChildren: true})
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("image %s is left over: %w", id, err)
}

// removeContainer removes a container of ours and its volumes; that it is gone
// is no error.
func (e *engine) removeContainer(ctx context.Context, id string) error {
	_, err := e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err == nil || errdefs.IsNotFound(err) || errdefs.IsConflict(err) && strings.Contains(err.Error(), "in progress") {
		return nil
	}
	return fmt.Errorf("container %s is left over: %w", id, err)
}

// removeAll removes the containers and images that carry a label and that
// pick picks.
func (e *engine) removeAll(ctx context.Context, label string, pick func(labels map[string]string) bool) error {
	filter := make(client.Filters).Add("label", label)
	var errs []error
	containers, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	errs = append(errs, err)
	for _, c := range containers.Items {
		if pick(c.Labels) {
			errs = append(errs, e.removeContainer(ctx, c.ID))
		}
	}
	images, err := e.api.ImageList(ctx, client.ImageListOptions{Filters: filter})
	errs = append(errs, err)
	for _, i := range images.Items {
		if pick(i.Labels) {
			// By its name: one without is an image that was replaced.
			id := i.ID
			if len(i.RepoTags) > 0 {
				id = i.RepoTags[0]
			}
			errs = append(errs, e.removeImage(ctx, id))
		}
	}
	return errors.Join(errs...)
}
