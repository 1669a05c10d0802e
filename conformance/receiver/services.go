package receiver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Services are the containers of a receiver, each by the name of its service:
// what it stands on can be taken away from under it, and given back. The calls
// are not made side by side, nor beside those of Receiver.
type Services interface {
	// Own is the receiver's own service.
	Own() string
	// Others are the services beside it that run now, in their order; one that has
	// done its work and ended is not among them.
	Others(ctx context.Context) ([]string, error)
	// Pause freezes a service's processes; its connections stay open and nobody
	// answers. Unpause lets them go on; one that is not frozen is no error.
	Pause(ctx context.Context, name string) error
	Unpause(ctx context.Context, name string) error
	// KillService ends a service as SIGKILL does. StartService starts it again with
	// the disk that it had; it returns when it runs and, where it has a health
	// check, is healthy. They are for services other than Own, which Kill and Start
	// are for.
	KillService(ctx context.Context, name string) error
	StartService(ctx context.Context, name string) error
}

// Own is the receiver's service.
func (b *box) Own() string { return cmp.Or(strings.TrimSuffix(b.head, " | "), "receiver") }

// Others looks which of the containers beside the receiver's run.
func (b *box) Others(ctx context.Context) ([]string, error) {
	var run []string
	for _, name := range slices.Sorted(maps.Keys(b.beside)) {
		info, err := b.engine.api.ContainerInspect(ctx, b.beside[name], client.ContainerInspectOptions{})
		if err != nil {
			return nil, fmt.Errorf("%s: service %s: %w", b.name, name, explain(err))
		}
		if state := info.Container.State; state != nil && state.Running {
			run = append(run, name)
		}
	}
	return run, nil
}

// Pause freezes the container.
func (b *box) Pause(ctx context.Context, name string) error {
	return b.with(name, func(id string) error {
		_, err := b.engine.api.ContainerPause(ctx, id, client.ContainerPauseOptions{})
		return err
	})
}

// Unpause lets it go on.
func (b *box) Unpause(ctx context.Context, name string) error {
	return b.with(name, func(id string) error {
		_, err := b.engine.api.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{})
		if err != nil {
			info, look := b.engine.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
			if look == nil && info.Container.State != nil && !info.Container.State.Paused {
				return nil
			}
		}
		return err
	})
}

var errOwn = errors.New("is the receiver itself: Stop, Kill and Start are for it")

// KillService is for other services.
func (b *box) KillService(ctx context.Context, name string) error {
	return b.with(name, func(id string) error {
		if name == b.Own() {
			return errOwn
		}
		_, err := b.engine.api.ContainerKill(ctx, id, client.ContainerKillOptions{Signal: "SIGKILL"})
		if errdefs.IsConflict(err) { // it does not run
			return nil
		}
		return err
	})
}

// StartService is for other services.
func (b *box) StartService(ctx context.Context, name string) error {
	return b.with(name, func(id string) error {
		if name == b.Own() {
			return errOwn
		}
		if _, err := b.engine.api.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
			return err
		}
		if err := b.healthy(ctx, id); err != nil {
			return err
		}
		return b.reach.learn(ctx, b.engine)
	})
}

// healthyFor is how long a service may take until its health check, where it has
// one, says that it is ready.
const healthyFor = 2 * time.Minute

// healthy waits for the health check of a container.
func (b *box) healthy(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, healthyFor, fmt.Errorf("is not healthy within %s", healthyFor))
	defer cancel()
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		info, err := b.engine.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
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
func (b *box) with(name string, do func(id string) error) error {
	id, ok := b.containers()[name]
	if !ok {
		return fmt.Errorf("%s: no service %q; %s", b.name, name, strictyaml.Suggest(name, slices.Sorted(maps.Keys(b.containers()))))
	}
	if err := do(id); err != nil && !errdefs.IsNotModified(err) {
		return fmt.Errorf("%s: service %s: %w", b.name, name, explain(err))
	}
	return nil
}

// containers are those that were made.
func (b *box) containers() map[string]string {
	all := maps.Clone(b.beside)
	if all == nil {
		all = map[string]string{}
	}
	if b.ctr != nil {
		all[b.Own()] = b.ctr.GetContainerID()
	}
	return all
}

var (
	_ Services = (*box)(nil)
	_ Services = (*compose)(nil)
)
