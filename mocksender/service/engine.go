package service

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// ErrClosed is what a service answers that has ended.
var ErrClosed = errors.New("the service has ended")

// maxGroup is how many commands one commit takes.
const maxGroup = 4000

// maxSteps is how much of what is due one commit takes, so that commands need
// not wait for a million messages.
const maxSteps = 1000

// storePause is the wait before what is due is tried again where the store can't
// keep it.
const storePause = time.Second

// Service is the mock ContextPush service. Its methods may be called at once.
type Service struct {
	config  Config
	sender  *mocksender.Sender
	waits   []time.Duration
	store   Store
	feed    *feed
	handler http.Handler

	commands chan command
	stop     chan struct{}
	done     chan struct{}
	end      sync.Once

	loop loop
}

// command is something that is done between two looks at the clock.
type command struct {
	do   func(*tx) error
	done chan error
}

// loop is what only the one goroutine knows that changes the store. All that
// wait when it looks go into one commit, so many share one sync of the disk.
type loop struct {
	settings Settings
	offset   time.Duration // of the service's time before the clock's
	due      dueHeap
	queue    []ref             // entries that wait for their request
	flush    time.Time         // when the queue is sent; zero where it is empty or held
	ready    []uint64          // deliveries that are due and wait for a connection
	chain    map[uint64]uint64 // deliveries that wait for another one's first attempt, by that one
	running  int
	attempts sync.WaitGroup
	stop     context.CancelFunc // of the attempts under way
	ctx      context.Context
	leap     *leap
	broken   error // of the store, the last time
}

// New starts a service. Its store's open messages and deliveries go on.
func New(c Config) (*Service, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &Service{
		config: c, store: c.Store, feed: newFeed(),
		sender:   &mocksender.Sender{URL: c.Webhook, Secret: c.Secret, Seed: c.Seed},
		commands: make(chan command), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if c.Setup != nil {
		c.Setup(s.sender)
	}
	if s.sender.MaxConns == 0 {
		s.sender.MaxConns = DefaultConnections
	}
	if err := s.sender.Validate(); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	s.waits = s.sender.Backoff.Waits()
	s.handler = s.newHandler()
	s.loop.chain = map[uint64]uint64{}
	s.loop.ctx, s.loop.stop = context.WithCancel(context.Background())
	if err := s.load(); err != nil {
		s.loop.stop()
		return nil, err
	}
	go s.run()
	return s, nil
}

// Handler takes the vendor's calls.
func (s *Service) Handler() http.Handler { return s.handler }

// Close ends the service and closes the store. Attempts under way are broken
// off.
func (s *Service) Close() error {
	s.end.Do(func() { close(s.stop) })
	<-s.done
	s.sender.Close()
	return s.store.Close()
}

// do has the loop do something, and returns when it is in the store. do must
// not change anything once it returns an error.
func (s *Service) do(ctx context.Context, do func(*tx) error) error {
	c := command{do, make(chan error, 1)}
	select {
	case s.commands <- c:
		return <-c.done
	case <-ctx.Done():
		return ctx.Err()
	case <-s.done:
		return ErrClosed
	}
}

func (l *loop) now(s *Service) time.Time { return s.config.Clock.Now().Add(l.offset) }

// load takes up what the store has.
func (s *Service) load() error {
	l := &s.loop
	old, err := s.store.Settings()
	if err != nil {
		return err
	}
	if old != nil {
		l.settings = *old
		l.offset = max(0, old.Now.Sub(s.config.Clock.Now()))
	}
	if s.config.Faults != nil {
		l.settings.Faults = *s.config.Faults
	}
	var lapsed []*Delivery
	now := l.now(s)
	err = s.store.Unfinished(Unfinished{
		Step: func(id uint64, at time.Time) { l.due = append(l.due, dueAt(at, stepDue, ref{message: id})) },
		Queued: func(m *Message) {
			for i, c := range m.History {
				for range c.Waiting {
					l.queue = append(l.queue, ref{m.ID, uint32(i), false})
				}
			}
		},
		Delivery: func(d *Delivery) {
			if changed := s.resume(d, now); changed != nil {
				d = changed
				lapsed = append(lapsed, d)
			}
			if d.Outcome == Waiting {
				l.due = append(l.due, dueAt(d.Due, attemptDue, ref{message: d.ID}))
			}
		},
	})
	if err != nil {
		return err
	}
	heap.Init(&l.due)
	if len(l.queue) > 0 && !l.settings.Held {
		l.flush = now.Add(s.config.Flush)
	}
	l.settings.Now = now
	return s.store.Commit(&Commit{Deliveries: lapsed, Settings: l.settings})
}

// resume is a delivery as it goes on after a start; nil where it goes on as it
// is. An attempt whose end nobody saw counts; a batch whose window has passed is
// dropped.
func (s *Service) resume(d *Delivery, now time.Time) *Delivery {
	if len(d.Attempts) == 0 {
		return nil
	}
	c := d.clone()
	running := d.isRunning()
	if running {
		c.end(mocksender.Attempt{Err: errors.New(interrupted)}, s.waits)
	}
	var window time.Duration
	for _, w := range s.waits {
		window += w
	}
	if c.Outcome == Waiting && now.After(d.Attempts[0].Start.Add(window)) {
		c.Outcome, c.Due = Dropped, time.Time{}
		return c
	}
	if running {
		return c
	}
	return nil
}

func (s *Service) run() {
	defer close(s.done)
	l := &s.loop
	for {
		group, stopped := s.await()
		if stopped {
			break
		}
		s.pass(group)
	}
	l.stop()
	over := make(chan struct{})
	go func() { l.attempts.Wait(); close(over) }()
	for {
		select {
		case c := <-s.commands: // the ends of attempts, and who came too late
			s.pass([]command{c})
		case <-over:
			if l.leap != nil {
				l.leap.done <- ErrClosed
			}
			return
		}
	}
}

// await waits for commands, or for what is due.
func (s *Service) await() (group []command, stopped bool) {
	l := &s.loop
	d, timed := l.wait(s)
	if !timed || d > 0 {
		ctx, cancel := context.WithCancel(context.Background())
		woken := make(chan struct{})
		if timed {
			go func() { _ = s.config.Clock.Sleep(ctx, d); close(woken) }()
		}
		select {
		case c := <-s.commands:
			group = append(group, c)
		case <-woken:
		case <-s.stop:
			stopped = true
		}
		cancel()
		if timed {
			<-woken
		}
	}
	select {
	case <-s.stop:
		stopped = true
	default:
	}
	// Who was just answered may be about to ask again: let them, before the disk
	// is waited for.
	for yields := 0; len(group) < maxGroup && !stopped; {
		select {
		case c := <-s.commands:
			group = append(group, c)
			yields = 0
		default:
			if yields++; len(group) == 0 || yields > 2 {
				return group, stopped
			}
			runtime.Gosched()
		}
	}
	if stopped {
		for _, c := range group {
			c.done <- ErrClosed
		}
	}
	return group, stopped
}

// wait is how long there is nothing to do, by the clock; not timed where
// nothing is due at all.
func (l *loop) wait(s *Service) (d time.Duration, timed bool) {
	if l.broken != nil {
		l.broken = nil
		return storePause, true
	}
	next := l.next()
	now := l.now(s)
	if l.leap != nil && l.running == 0 {
		return 0, true
	}
	if next.IsZero() {
		return 0, false
	}
	return max(0, next.Sub(now)), true
}

// next is when the earliest thing is due; zero where nothing is.
func (l *loop) next() time.Time {
	next := l.flush
	if len(l.due) > 0 && (next.IsZero() || l.due[0].at().Before(next)) {
		next = l.due[0].at()
	}
	return next
}

// pass does the commands and what is due, and commits.
func (s *Service) pass(group []command) {
	l := &s.loop
	l.jump(s)
	t := newTx(s)
	errs := make([]error, len(group))
	for i, c := range group {
		errs[i] = c.do(t)
	}
	popped := l.takeDue(t.now)
	err := t.steps(popped)
	if err == nil {
		err = t.commit()
	}
	if err != nil {
		for _, d := range popped {
			heap.Push(&l.due, d)
		}
		l.broken = err
		err = &StoreError{err}
	} else {
		t.apply()
	}
	for i, c := range group {
		if errs[i] == nil {
			errs[i] = err
		}
		c.done <- errs[i]
	}
	l.landed(s)
}

// StoreError is a change that could not be kept, and so has not happened.
type StoreError struct{ Err error }

// Error names the store and what it said.
func (e *StoreError) Error() string { return "store: " + e.Err.Error() }

// Unwrap is what the store said.
func (e *StoreError) Unwrap() error { return e.Err }

func (l *loop) takeDue(now time.Time) []due {
	var popped []due
	for len(l.due) > 0 && !l.due[0].at().After(now) && len(popped) < maxSteps {
		popped = append(popped, heap.Pop(&l.due).(due))
	}
	return popped
}

// leap is an advance of the clock under way: from one due time to the next, so
// that each thing happens at its own.
type leap struct {
	to   time.Time
	done chan error
}

// jump moves the clock to the next due time, while nothing else is going on.
func (l *loop) jump(s *Service) {
	if l.leap == nil || l.running > 0 {
		return
	}
	now, to := l.now(s), l.leap.to
	if next := l.next(); !next.IsZero() && next.Before(to) {
		to = next
	}
	l.offset += max(0, to.Sub(now))
}

// landed ends a leap whose time has come and in which nothing is left to do.
func (l *loop) landed(s *Service) {
	if l.leap == nil || l.running > 0 || l.broken != nil {
		return
	}
	now := l.now(s)
	if next := l.next(); now.Before(l.leap.to) || !next.IsZero() && !next.After(l.leap.to) {
		return
	}
	l.leap.done <- nil
	l.leap = nil
}
