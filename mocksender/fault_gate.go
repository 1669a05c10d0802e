package mocksender

import (
	"context"
	"sync"
)

// Gate aligns attempts: each sends its request but for the last byte, and when
// all have, or have failed to, each sends its last byte. A receiver thus has
// them complete at nearly the same moment, however long each took until there.
//
// One Gate is given to each of the attempts. It opens once and stays open: a
// later attempt passes through without waiting. The zero Gate is open.
type Gate struct {
	mu      sync.Mutex
	missing int
	open    chan struct{}
}

var _ Fault = (*Gate)(nil)

// NewGate makes a gate for that many attempts.
func NewGate(attempts int) *Gate {
	return &Gate{missing: attempts, open: make(chan struct{})}
}

// Name is held-last-byte.
func (*Gate) Name() string { return "held-last-byte" }

// Strike plays the attempt.
func (g *Gate) Strike(ctx context.Context, x *Exchange) (Answer, error) {
	err := x.SendPart(x.Size() - 1)
	open := g.arrive()
	if err == nil {
		select {
		case <-open:
		case <-ctx.Done():
			return Answer{}, ctx.Err()
		}
	}
	return x.Finish()
}

// arrive counts an attempt, and returns what is closed when all have come.
func (g *Gate) arrive() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = make(chan struct{})
	}
	if g.missing--; g.missing == 0 || g.missing < 0 && !isClosed(g.open) {
		close(g.open)
	}
	return g.open
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
