package receiver

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// Ports is a receiver in containers, whose ports have other numbers here than
// inside, on the host of its URL.
type Ports interface {
	// PortOf is the number, here, of a port of the receiver's container or of a
	// service beside it. It may be another one after each start. It may be called
	// at any time, side by side.
	PortOf(port int) (int, error)
}

// reach knows where the ports of containers are reached that a probe wants.
type reach struct {
	wanted []int

	mu   sync.Mutex
	of   map[int]string // the container of each wanted port
	here map[int]int
}

func (r *reach) want(ports ...int) {
	for _, port := range ports {
		if !slices.Contains(r.wanted, port) {
			r.wanted = append(r.wanted, port)
		}
	}
}

// at says whose the wanted ports are, all of them where none is named.
func (r *reach) at(container string, ports ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(ports) == 0 {
		ports = r.wanted
	}
	for _, port := range ports {
		put(&r.of, port, container)
	}
}

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

// learn looks where the ports are now.
func (r *reach) learn(ctx context.Context, e *engine) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.here = nil
	for _, port := range r.wanted {
		info, err := e.api.ContainerInspect(ctx, r.of[port], client.ContainerInspectOptions{})
		if err != nil {
			return explain(err)
		}
		here, err := strconv.Atoi(publishedAs(&info.Container, port))
		if err != nil {
			return fmt.Errorf("port %d, which the probe asks for, is not published", port)
		}
		put(&r.here, port, here)
	}
	return nil
}

// PortOf is Ports'.
func (b *box) PortOf(port int) (int, error) {
	b.reach.mu.Lock()
	defer b.reach.mu.Unlock()
	if here, ok := b.reach.here[port]; ok {
		return here, nil
	}
	return 0, fmt.Errorf("port %d of the receiver's containers is not reached from here: they do not run", port)
}

// addresses are where the container's port may be reached now, none where it
// does not run: on the loopback,
// or where testcontainers-go believes the engine to be. The latter alone is
// wrong for a harness that runs in a container itself, beside the engine.
func (b *box) addresses(ctx context.Context) ([]string, error) {
	info, err := b.ctr.Inspect(ctx)
	if err != nil {
		return nil, explain(err)
	}
	published := publishedAs(info, b.spec.Port)
	if published == "" {
		return nil, nil
	}
	hosts := []string{"127.0.0.1"}
	if host, err := b.ctr.Host(ctx); err == nil && host != "localhost" && host != "127.0.0.1" {
		hosts = append(hosts, host)
	}
	var bases []string
	for _, host := range hosts {
		bases = append(bases, "http://"+net.JoinHostPort(host, published))
	}
	return bases, nil
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

var _ Ports = (*box)(nil)
