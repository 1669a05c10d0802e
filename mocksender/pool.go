package mocksender

import (
	"context"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/internal/wire"
)

// pool keeps connections alive between requests, and bounds their number.
type pool struct {
	mu    sync.Mutex
	idle  []*conn // the one used last at the end
	open  int     // idle ones and those in use
	busy  int     // requests under way
	most  int     // of these, ever
	slots chan struct{}
}

// acquire waits until fewer than limit requests are under way; 0 is no limit.
// The limit of the first call stays.
func (p *pool) acquire(ctx context.Context, limit int) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if limit == 0 {
		return p.begin(), nil
	}
	p.mu.Lock()
	if p.slots == nil {
		p.slots = make(chan struct{}, limit)
	}
	slots := p.slots
	p.mu.Unlock()
	select {
	case slots <- struct{}{}:
		end := p.begin()
		return func() { end(); <-slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// begin counts a request that is under way until end is called.
func (p *pool) begin() (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy++
	p.most = max(p.most, p.busy)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy--
	}
}

// take is an idle connection to the wire.Endpoint that is still open, nil if there
// is none.
func (p *pool) take(key string) *conn {
	for {
		c := p.pop(key)
		if c == nil || wire.Alive(c.Conn) {
			return c
		}
		p.close(c)
	}
}

func (p *pool) pop(key string) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if c := p.idle[i]; c.key == key {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return c
		}
	}
	return nil
}

// put keeps the connection of a request that is under way for later. It is closed
// where more than limit are open, or more than were ever needed at once:
// each fault makes a fresh one.
func (p *pool) put(c *conn, limit int) {
	p.mu.Lock()
	if (limit == 0 || p.open <= limit) && p.open <= p.most {
		p.idle = append(p.idle, c)
		c = nil
	}
	p.mu.Unlock()
	if c != nil {
		p.close(c)
	}
}

func (p *pool) close(c *conn) {
	_ = c.Close()
	p.mu.Lock()
	p.open--
	p.mu.Unlock()
}

// closeIdle closes the idle connections, all of them or only the oldest.
func (p *pool) closeIdle(all bool) {
	p.mu.Lock()
	n := min(1, len(p.idle))
	if all {
		n = len(p.idle)
	}
	closing := append([]*conn(nil), p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	p.mu.Unlock()
	for _, c := range closing {
		p.close(c)
	}
}

// What this machine lacks for a connection others may free: so long is that waited
// for, in real time, with such a pause.
const (
	lackFor   = 2 * time.Second
	lackPause = 20 * time.Millisecond
)

// dial opens a connection to the sender's endpoint. An idle one makes room
// where the limit is reached, or this machine has no more.
func (s *Sender) dial(ctx context.Context, e wire.Endpoint) (*conn, error) {
	p := &s.pool
	p.mu.Lock()
	p.open++
	full := s.MaxConns > 0 && p.open > s.MaxConns
	p.mu.Unlock()
	if full {
		p.closeIdle(false)
	}
	nc, err := e.Dial(ctx, s.Dial, s.TLS)
	for end := time.Now().Add(lackFor); isPassing(err) && time.Now().Before(end); {
		p.closeIdle(true)
		if sleepUntil(ctx, time.Now().Add(lackPause)) != nil {
			break
		}
		nc, err = e.Dial(ctx, s.Dial, s.TLS)
	}
	if err != nil {
		p.mu.Lock()
		p.open--
		p.mu.Unlock()
		return nil, err
	}
	return newConn(nc, e.Key()), nil
}

// isPassing tells whether an error is of a lack that may be over in a moment.
func isPassing(err error) bool {
	lack := LackOf(err)
	return lack != "" && lack != NoAccess
}
