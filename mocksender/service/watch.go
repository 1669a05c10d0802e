package service

import (
	"context"
	"sync"
)

// The kinds of events.
const (
	MessageChanged  = "message"
	DeliveryChanged = "delivery"
	SettingsChanged = "settings" // faults, hold, clock
	ResetDone       = "reset"
)

// Event tells that something has changed, and is in the store.
type Event struct {
	// Seq counts the events of this process, from 1.
	Seq  uint64 `json:"seq"`
	Kind string `json:"kind" enum:"message,delivery,settings,reset"`
	// ID is the message's or the delivery's.
	ID uint64 `json:"id,omitempty"`
}

// kept is how many events a reader may be behind.
const kept = 4096

// feed keeps the last events for readers, each of which knows how far it is: a
// slow one costs nothing.
type feed struct {
	mu      sync.Mutex
	events  [kept]Event
	last    uint64
	changed chan struct{} // closed at the next event
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

func (f *feed) add(events []Event) {
	if len(events) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		f.last++
		e.Seq = f.last
		f.events[f.last%kept] = e
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// Events are those after seq, and what is closed at the next one. gap tells that
// some are forgotten: what the reader knows must be read anew.
func (s *Service) Events(seq uint64) (events []Event, gap bool, changed <-chan struct{}) {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if seq > f.last {
		return nil, true, f.changed // of a process before this one
	}
	if f.last-seq > kept {
		seq, gap = f.last-kept, true
	}
	for i := seq + 1; i <= f.last; i++ {
		events = append(events, f.events[i%kept])
	}
	return events, gap, f.changed
}

// LastEvent is the number of the newest event.
func (s *Service) LastEvent() uint64 {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	return s.feed.last
}

// Wait returns when is does not say false, and what it says: it is asked at
// once, and again after each change. It ends with ctx's error, too.
func (s *Service) Wait(ctx context.Context, is func() (bool, error)) error {
	for {
		s.feed.mu.Lock()
		changed := s.feed.changed
		s.feed.mu.Unlock()
		if ok, err := is(); ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-s.done:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
