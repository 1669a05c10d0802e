package contained

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Services are the receiver's container and those beside it.
type Services struct {
	spec Spec
	made *Made // nil where nothing is there
}

// Own is the receiver's service.
func (s *Services) Own() string { return cmp.Or(s.spec.Service, "receiver") }

// Others looks which of the containers beside the receiver's run.
func (s *Services) Others(ctx context.Context) ([]string, error) {
	if s.made == nil {
		return nil, nil
	}
	var run []string
	for _, name := range slices.Sorted(maps.Keys(s.made.Others)) {
		info, err := s.made.API.ContainerInspect(ctx, s.made.Others[name], client.ContainerInspectOptions{})
		if err != nil {
			return nil, fmt.Errorf("%s: service %s: %w", s.spec.Name, name, engine.Explain(err))
		}
		if state := info.Container.State; state != nil && state.Running {
			run = append(run, name)
		}
	}
	return run, nil
}

// Pause freezes the container.
func (s *Services) Pause(ctx context.Context, name string) error {
	return s.with(name, func(id string) error {
		_, err := s.made.API.ContainerPause(ctx, id, client.ContainerPauseOptions{})
		return err
	})
}

// Unpause lets it go on.
func (s *Services) Unpause(ctx context.Context, name string) error {
	return s.with(name, func(id string) error {
		_, err := s.made.API.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{})
		if err != nil {
			info, look := s.made.API.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
			if look == nil && info.Container.State != nil && !info.Container.State.Paused {
				return nil
			}
		}
		return err
	})
}

var errOwn = errors.New("is the receiver itself: Stop, Kill and Start are for it")

// KillService is for other services.
func (s *Services) KillService(ctx context.Context, name string) error {
	return s.with(name, func(id string) error {
		if name == s.Own() {
			return errOwn
		}
		_, err := s.made.API.ContainerKill(ctx, id, client.ContainerKillOptions{Signal: "SIGKILL"})
		if errdefs.IsConflict(err) { // it does not run
			return nil
		}
		return err
	})
}

// StartService is for other services.
func (s *Services) StartService(ctx context.Context, name string) error {
	return s.with(name, func(id string) error {
		if name == s.Own() {
			return errOwn
		}
		if _, err := s.made.API.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
			return err
		}
		if err := s.healthy(ctx, id); err != nil {
			return err
		}
		return s.spec.Ports.Learn(ctx, s.made.Engine)
	})
}

const (
	// healthyFor is how long a service may take until its health check, where it has
	// one, says that it is ready.
	healthyFor = 2 * time.Minute
	// healthEvery is the pause between two looks whether it does.
	healthEvery = 500 * time.Millisecond
)

// healthy waits for the health check of a container.
func (s *Services) healthy(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, healthyFor, fmt.Errorf("is not healthy within %s", healthyFor))
	defer cancel()
	again := time.NewTicker(healthEvery)
	defer again.Stop()
	for {
		info, err := s.made.API.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		switch state := info.Container.State; {
		case state == nil || state.Health == nil || state.Health.Status == container.Healthy || state.Health.Status == container.NoHealthcheck:
			return nil
		case !state.Running:
			return fmt.Errorf("ended with exit status %d", state.ExitCode)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// with calls do with the container of a service.
func (s *Services) with(name string, do func(id string) error) error {
	id, ok := s.containers()[name]
	if !ok {
		return fmt.Errorf("%s: no service %q; %s", s.spec.Name, name, strictyaml.Suggest(name, slices.Sorted(maps.Keys(s.containers()))))
	}
	if err := do(id); err != nil && !errdefs.IsNotModified(err) {
		return fmt.Errorf("%s: service %s: %w", s.spec.Name, name, engine.Explain(err))
	}
	return nil
}

// containers are those that were made.
func (s *Services) containers() map[string]string {
	if s.made == nil {
		return nil
	}
	all := map[string]string{s.Own(): s.made.ID}
	maps.Copy(all, s.made.Others)
	return all
}
