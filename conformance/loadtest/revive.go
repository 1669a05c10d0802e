package loadtest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/conformance/receiver"
)

const (
	// maxRevivals is how often a receiver that ends of its own is started again.
	maxRevivals = 10
	// lookEvery is the time between two looks whether it has ended.
	lookEvery = 50 * time.Millisecond
)

// survivor is a receiver that is started again where it ends of its own: what
// was not acknowledged comes again, and what was must be there all the same.
type survivor struct {
	receiver receiver.Receiver
	base     atomic.Pointer[string] // its address, another one after each start
	lost     func()                 // told once that it is gone for good

	mu      sync.Mutex
	ends    []string // how it ended, since taken
	revived int
	gone    error
}

func (s *survivor) start(ctx context.Context) error {
	err := s.receiver.Start(ctx)
	base := s.receiver.URL()
	s.base.Store(&base)
	return err
}

// url is the receiver's base address.
func (s *survivor) url() string {
	if base := s.base.Load(); base != nil {
		return *base
	}
	return ""
}

// watch looks after the receiver until it is stopped.
func (s *survivor) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				s.look(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// look starts the receiver again if it has ended. The error says why it is gone
// for good, nil where it is not.
func (s *survivor) look(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	how, ended := s.receiver.Exited()
	if s.gone != nil || !ended || ctx.Err() != nil {
		return s.gone
	}
	s.ends = append(s.ends, how)
	if s.revived++; s.revived > maxRevivals {
		s.gone = fmt.Errorf("the receiver ended %d times of its own: the last time it %s", s.revived, how)
	} else if err := s.start(ctx); err != nil && ctx.Err() == nil {
		s.gone = fmt.Errorf("the receiver %s, and could not be started again: %w", how, err)
	}
	if s.gone != nil && s.lost != nil {
		s.lost()
	}
	return s.gone
}

// tell takes over into the report how the receiver ended.
func (s *survivor) tell(rep *Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, how := range s.ends {
		rep.Crashed = how
		rep.Notes = append(rep.Notes, fmt.Sprintf("the receiver %s, and was started again", how))
	}
	if n := len(s.ends); n > 0 && s.gone != nil {
		rep.Notes = rep.Notes[:len(rep.Notes)-1] // which was not
	}
	s.ends = nil
}

// whenLost has f called once the receiver is gone for good; nil is nobody.
func (s *survivor) whenLost(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = f
	if s.gone != nil && f != nil {
		f()
	}
}

// dial connects to where the receiver is now, whatever the address that it had
// when the load began. Nil is for one that stays where it is.
func (s *survivor) dial() func(context.Context, string, string) (net.Conn, error) {
	if s.receiver.Fixed() != "" {
		return nil
	}
	// An attempt's end is bounded by its time-out: probing would only cost calls.
	d := &net.Dialer{KeepAlive: -1}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if u, err := url.Parse(s.url()); err == nil && u.Port() != "" {
			addr = u.Host
		}
		return d.DialContext(ctx, network, addr)
	}
}
