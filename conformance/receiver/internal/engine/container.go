package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// Container is one that was made, whether it runs or not.
type Container struct {
	*Engine
	ID      string
	Image   string // as it was asked for
	ImageID string

	signal string // what asks it to end
	made   testcontainers.Container
}

// Plan is what a container is made from.
type Plan struct {
	Image  string
	Env    map[string]string
	Labels map[string]string
	Ports  []int // that are published
}

// Create makes a container. It is not broken off by ctx: the engine might finish
// what nobody knows of.
func (e *Engine) Create(ctx context.Context, p Plan) (*Container, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callFor)
	defer cancel()
	exposed := make([]string, len(p.Ports))
	for i, port := range p.Ports {
		exposed[i] = tcp(port)
	}
	made, err := e.provider.CreateContainer(ctx, testcontainers.ContainerRequest{
		Image: p.Image, Env: p.Env, Labels: p.Labels, ExposedPorts: exposed,
	})
	if err != nil {
		if made != nil {
			err = errors.Join(err, e.removeContainer(ctx, made.GetContainerID()))
		}
		return nil, fmt.Errorf("can't be created: %w", Explain(err))
	}
	c, err := e.inspect(ctx, made)
	if err != nil {
		return nil, errors.Join(err, e.removeContainer(ctx, made.GetContainerID()))
	}
	return c, nil
}

// Adopt takes a container that others have made.
func (e *Engine) Adopt(ctx context.Context, found container.Summary) (*Container, error) {
	made, err := e.provider.ContainerFromType(ctx, found)
	if err != nil {
		return nil, Explain(err)
	}
	return e.inspect(ctx, made)
}

func (e *Engine) inspect(ctx context.Context, made testcontainers.Container) (*Container, error) {
	info, err := made.Inspect(ctx)
	if err != nil {
		return nil, Explain(err)
	}
	return &Container{Engine: e, ID: made.GetContainerID(), Image: info.Config.Image, ImageID: info.Image,
		signal: cmp.Or(info.Config.StopSignal, "SIGTERM"), made: made}, nil
}

func tcp(port int) string { return strconv.Itoa(port) + "/tcp" }

// Start starts it. It is not broken off by ctx.
func (c *Container) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callFor)
	defer cancel()
	return c.made.Start(ctx)
}

// Remove removes it with its disk.
func (c *Container) Remove(ctx context.Context) error {
	return c.made.Terminate(ctx, testcontainers.StopTimeout(0))
}

// send sends a signal; that there is nobody to get it is no error.
func (c *Container) send(ctx context.Context, signal string) error {
	_, err := c.API.ContainerKill(ctx, c.ID, client.ContainerKillOptions{Signal: signal})
	if errdefs.IsConflict(err) {
		return nil
	}
	return Explain(err)
}

// Addresses are where a port of the container may be reached now, none where it
// does not run: on the loopback, or where testcontainers-go believes the engine to
// be. The latter alone is wrong for a harness that runs in a container itself,
// beside the engine.
func (c *Container) Addresses(ctx context.Context, port int) ([]string, error) {
	info, err := c.made.Inspect(ctx)
	if err != nil {
		return nil, Explain(err)
	}
	published := publishedAs(info, port)
	if published == "" {
		return nil, nil
	}
	hosts := []string{"127.0.0.1"}
	if host, err := c.made.Host(ctx); err == nil && host != "localhost" && host != "127.0.0.1" {
		hosts = append(hosts, host)
	}
	var bases []string
	for _, host := range hosts {
		bases = append(bases, "http://"+net.JoinHostPort(host, published))
	}
	return bases, nil
}

func closeAll(all ...io.Closer) {
	for _, c := range all {
		c.Close()
	}
}
