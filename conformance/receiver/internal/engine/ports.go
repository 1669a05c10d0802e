package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/ctxpush/ctxpush/conformance/receiver"
)

// Ports knows where the ports of containers are reached that a probe wants.
type Ports struct {
	Wanted []int // of containers

	mu   sync.Mutex
	of   map[int]string // the container of each wanted port
	here map[int]int
}

func (p *Ports) Want(ports ...int) {
	for _, port := range ports {
		if !slices.Contains(p.Wanted, port) {
			p.Wanted = append(p.Wanted, port)
		}
	}
}

// At says whose the wanted ports are, all of them where none is named.
func (p *Ports) At(container string, ports ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(ports) == 0 {
		ports = p.Wanted
	}
	for _, port := range ports {
		put(&p.of, port, container)
	}
}

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

// Learn looks where the ports are now.
func (p *Ports) Learn(ctx context.Context, e *Engine) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.here = nil
	for _, port := range p.Wanted {
		info, err := e.API.ContainerInspect(ctx, p.of[port], client.ContainerInspectOptions{})
		if err != nil {
			return Explain(err)
		}
		here, err := strconv.Atoi(publishedAs(&info.Container, port))
		if err != nil {
			return fmt.Errorf("port %d, which the probe asks for, is not published", port)
		}
		put(&p.here, port, here)
	}
	return nil
}

// PortOf is receiver.Ports'.
func (p *Ports) PortOf(port int) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if here, ok := p.here[port]; ok {
		return here, nil
	}
	return 0, fmt.Errorf("port %d of the receiver's containers is not reached from here: they do not run", port)
}

// publishedAs is the port here of a container's port, empty where it has none.
func publishedAs(info *container.InspectResponse, port int) string {
	if info.HostConfig != nil && info.HostConfig.NetworkMode.IsHost() {
		return strconv.Itoa(port)
	}
	inside, err := network.ParsePort(strconv.Itoa(port) + "/tcp")
	if err != nil || info.NetworkSettings == nil {
		return ""
	}
	bindings := info.NetworkSettings.Ports[inside]
	if len(bindings) == 0 {
		return ""
	}
	// An engine may publish another port for IPv6.
	if i := slices.IndexFunc(bindings, func(p network.PortBinding) bool { return p.HostIP.Is4() }); i >= 0 {
		return bindings[i].HostPort
	}
	return bindings[0].HostPort
}

var _ receiver.Ports = (*Ports)(nil)
