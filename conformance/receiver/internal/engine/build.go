package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/jsonmessage"
	"github.com/testcontainers/testcontainers-go"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// Build makes an image of that name and writes what the engine says to log. A Dockerfile
// that needs BuildKit gets it.
func (e *Engine) Build(ctx context.Context, from config.Build, name, run string, log io.Writer) error {
	repo, tag, _ := strings.Cut(name, ":")
	req := testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		Context:    from.Context,
		Dockerfile: from.Dockerfile,
		Repo:       repo,
		Tag:        tag,
	}}
	labels := map[string]string{LabelRun: run}
	err := e.buildBy(ctx, req, labels, build.BuilderV1, log)
	if err != nil && strings.Contains(err.Error(), "requires BuildKit") {
		err = e.buildBy(ctx, req, labels, build.BuilderBuildKit, log)
	}
	return err
}

func (e *Engine) buildBy(ctx context.Context, req testcontainers.ContainerRequest, labels map[string]string, version build.BuilderVersion, log io.Writer) error {
	opts, err := req.BuildOptions()
	if err != nil {
		return fmt.Errorf("the image can't be built: %w", err)
	}
	if c, ok := opts.Context.(io.Closer); ok {
		defer c.Close()
	}
	// Each label is a step of the build: testcontainers' own are left out.
	opts.Version, opts.Labels = version, labels
	answer, err := e.API.ImageBuild(ctx, opts.Context, opts)
	if err != nil {
		return fmt.Errorf("the image can't be built: %w", Explain(err))
	}
	defer answer.Body.Close()
	var made Layers
	err = jsonmessage.DisplayStream(answer.Body, io.MultiWriter(log, &made))
	if err == nil {
		return nil
	}
	e.forget(ctx, made.IDs)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("the image can't be built: %w", err)
}

// forget removes the images of the steps before the one that failed: they have
// neither name nor label by which anybody would find them.
func (e *Engine) forget(ctx context.Context, ids []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), CloseFor)
	defer cancel()
	for _, id := range slices.Backward(ids) {
		image, err := e.API.ImageInspect(ctx, id)
		if err != nil || len(image.RepoTags) > 0 || len(image.RepoDigests) > 0 {
			continue
		}
		// One that something else is built on stays.
		_, _ = e.API.ImageRemove(ctx, id, client.ImageRemoveOptions{})
	}
}

// Layers reads off a build's output which images its steps have made: not the
// one that it began with, and not what the engine had in its cache.
type Layers struct {
	IDs  []string
	rest []byte
	last string // line
	from bool
}

var layerLine = regexp.MustCompile(`^ ---> ([0-9a-f]{12,64})$`)

// Write never fails.
func (l *Layers) Write(p []byte) (int, error) {
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

func (l *Layers) line(s string) {
	if strings.HasPrefix(s, "Step ") {
		l.from = strings.Contains(s, " : FROM ")
	}
	if m := layerLine.FindStringSubmatch(s); m != nil && !l.from && l.last != " ---> Using cache" {
		l.IDs = append(l.IDs, m[1])
	}
	l.last = s
}
