package outage

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	_ "github.com/Shopify/toxiproxy/v2/toxics" // registers what makes a network slow
)

// network is the way to a receiver, which can be cut or slow for a while. A
// sender takes it by Dial and names the receiver as ever, so that neither the
// Host field nor a certificate's name tells of it.
type network struct {
	mu    sync.Mutex
	link  *toxiproxy.Proxy // nil before the first connection, and while cut
	cut   bool
	slow  bool
	dials net.Dialer
}

// slowness is what makes a network slow: pieces that come late, few at a time.
var slowness = []string{
	`{"name": "late-up", "type": "latency", "stream": "upstream", "attributes": {"latency": 40, "jitter": 30}}`,
	`{"name": "late-down", "type": "latency", "stream": "downstream", "attributes": {"latency": 40, "jitter": 30}}`,
	`{"name": "pieces", "type": "slicer", "stream": "upstream", "attributes": {"average_size": 400, "size_variation": 300, "delay": 5000}}`,
}

// Dial connects to addr, through the link.
func (n *network) Dial(ctx context.Context, kind, addr string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		return nil, fmt.Errorf("dial %s %s: %w", kind, addr, syscall.ECONNREFUSED)
	}
	if n.link == nil {
		if err := n.connect(addr); err != nil {
			return nil, err
		}
	}
	return n.dials.DialContext(ctx, kind, n.link.Listen)
}

// connect makes the link to addr.
func (n *network) connect(addr string) error {
	link := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "receiver", "127.0.0.1:0", addr)
	if err := link.Start(); err != nil {
		return fmt.Errorf("no port for the network before the receiver: %w", err)
	}
	n.link = link
	return n.hinder()
}

// hinder makes the link slow, where it is to be.
func (n *network) hinder() error {
	if !n.slow || n.link == nil {
		return nil
	}
	for _, toxic := range slowness {
		if _, err := n.link.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			return fmt.Errorf("the network before the receiver can't be made slow: %w", err)
		}
	}
	return nil
}

// Cut closes all connections and refuses new ones.
func (n *network) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = true
	if n.link != nil {
		n.link.Stop()
		n.link = nil
	}
}

// Slow makes the network slow, for the connections that are open too.
func (n *network) Slow() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.slow = true
	return n.hinder()
}

// Mend lets everything through again.
func (n *network) Mend(ctx context.Context) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.slow && n.link != nil {
		n.link.Toxics.ResetToxics(ctx)
	}
	n.cut, n.slow = false, false
}

// Close ends the link and its connections.
func (n *network) Close() { n.Cut() }
