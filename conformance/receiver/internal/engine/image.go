package engine

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
)

// PullStall is how long a pull may make no progress.
const PullStall = time.Minute

// Fetch sees to it that the engine has an image, and returns the name that
// the engine knows it by. An image that is there is not pulled again.
func (e *Engine) Fetch(ctx context.Context, name string, stall time.Duration) (string, error) {
	name = hubName(testcontainers.ReadConfig().Config.HubImageNamePrefix, name)
	looking, cancel := context.WithTimeout(ctx, answerFor)
	_, err := e.API.ImageInspect(looking, name)
	cancel()
	if err == nil {
		return name, nil
	}
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return "", noEngine(fmt.Errorf("no answer within %s", answerFor))
	}
	if !errdefs.IsNotFound(err) {
		return "", Explain(err)
	}
	if err := e.pull(ctx, name, stall); err != nil {
		return "", fmt.Errorf("the image %s is not on this engine and can't be pulled: %s", name, lines.One(err.Error()))
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

func (e *Engine) pull(ctx context.Context, name string, stall time.Duration) error {
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
	stream, err := e.API.ImagePull(ctx, name, opts)
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

// Digest names what the image holds: as its registry does, else as the engine
// does.
func (e *Engine) Digest(ctx context.Context, name string) (string, error) {
	image, err := e.API.ImageInspect(ctx, name)
	if err != nil {
		return "", Explain(err)
	}
	for _, d := range image.RepoDigests {
		if _, digest, ok := strings.Cut(d, "@"); ok {
			return digest, nil
		}
	}
	return image.ID, nil
}
