package subject

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
	// watchEvery is the time between two looks whether it has ended.
	watchEvery = 50 * time.Millisecond
	// endsWithin is how long a process that ends is seen to run after its
	// connections are closed.
	endsWithin = 100 * time.Millisecond
	// lastWords is how many lines of its log are kept of the moment when it ended.
	lastWords = 20
)

// Supervisor starts a receiver again where it ends of its own: what was not
// acknowledged comes again, and what was must be there all the same. Its methods
// may be called side by side.
type Supervisor struct {
	Receiver receiver.Receiver
	// Ended is told how the receiver ended of its own, each time before it is
	// started again, and Noted what else happens to it, in a line; nil is nobody.
	// They are set before the receiver is started.
	Ended func(how string)
	Noted func(text string)
	// Restarted is told that the receiver is started again, and whether it was
	// killed or had ended of its own before that; nil is nobody.
	Restarted func(killed bool)

	base atomic.Pointer[string] // its address, another one after each start
	// quiet is set where the receiver is made to end: that is neither told nor
	// counted.
	quiet atomic.Bool

	mu       sync.Mutex
	whenLost func()
	revivals int
	endedAt  time.Time
	words    []string // the last lines of its log when it ended last
	lost     error
}

// Start starts the receiver, or starts it again.
func (s *Supervisor) Start(ctx context.Context) error {
	err := s.Receiver.Start(ctx)
	base := s.Receiver.URL()
	s.base.Store(&base)
	return err
}

// URL is the receiver's base address at its last start.
func (s *Supervisor) URL() string {
	if base := s.base.Load(); base != nil {
		return *base
	}
	return s.Receiver.URL()
}

// Watch looks after the receiver until it is stopped.
func (s *Supervisor) Watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				s.Revive(ctx)
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

// Revive starts a receiver again that has ended unasked, and says how it ended.
func (s *Supervisor) Revive(ctx context.Context) (how string, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil {
		return "is gone: " + s.lost.Error(), true
	}
	how, ended = s.Receiver.Exited()
	if !ended || ctx.Err() != nil {
		return how, ended
	}
	s.words, s.endedAt = s.Receiver.Log(lastWords), time.Now()
	if !s.quiet.Load() {
		if s.Ended != nil {
			s.Ended(how)
		}
		s.revivals++
	}
	if s.revivals > maxRevivals {
		s.lose(fmt.Errorf("it ended %d times of its own, the last time it %s", s.revivals, how))
	} else if err := s.restart(ctx, true); err != nil && ctx.Err() == nil {
		s.lose(fmt.Errorf("it %s, and could not be started again: %w", how, err))
	}
	return how, true
}

// ReviveSoon is Revive where a connection has broken: a process that ends is seen
// to have ended a moment later.
func (s *Supervisor) ReviveSoon(ctx context.Context) (how string, ended bool) {
	for begin := time.Now(); ; {
		how, ended = s.Revive(ctx)
		if ended || time.Since(begin) > endsWithin || Pause(ctx, endsWithin/10) != nil {
			return how, ended
		}
	}
}

// LastWords are the last lines of the receiver's log at the moment when it ended.
func (s *Supervisor) LastWords() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.words
}

// EndedAt is when the receiver ended of its own last; zero: it did not.
func (s *Supervisor) EndedAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endedAt
}

// Note tells what happens to the receiver.
func (s *Supervisor) Note(text string) {
	if s.Noted != nil {
		s.Noted(text)
	}
}

// Resume starts a receiver again, however often it has ended before; killed: it
// got no signal that it could heed.
func (s *Supervisor) Resume(ctx context.Context, killed bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restart(ctx, killed)
}

func (s *Supervisor) restart(ctx context.Context, killed bool) error {
	if s.Restarted != nil {
		s.Restarted(killed)
	}
	return s.Start(ctx)
}

// Expect says whether the receiver is made to end from now on: it is started
// again in silence then, however often it ends.
func (s *Supervisor) Expect(ends bool) { s.quiet.Store(ends) }

// Revivals is how often the receiver was started again after it had ended.
func (s *Supervisor) Revivals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revivals
}

// Lose says that the receiver is gone for good.
func (s *Supervisor) Lose(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose(why)
}

func (s *Supervisor) lose(why error) {
	s.lost = why
	if s.whenLost != nil {
		s.whenLost()
	}
}

// Gone is why the receiver is gone for good; nil where it is not.
func (s *Supervisor) Gone() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// WhenLost has f called once the receiver is gone for good; nil is nobody.
func (s *Supervisor) WhenLost(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whenLost = f
	if s.lost != nil && f != nil {
		f()
	}
}

// Dial connects to where the receiver is now, whatever the address that it had
// before: one that is started again may be reached at another port.
func (s *Supervisor) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if u, err := url.Parse(s.URL()); err == nil && u.Port() != "" {
		addr = u.Host
	}
	// An attempt's end is bounded by its time-out: probing would only cost calls.
	d := net.Dialer{KeepAlive: -1}
	return d.DialContext(ctx, network, addr)
}
