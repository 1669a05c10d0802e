package subject

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/receiver"
)

// mortal is a receiver that has always ended.
type mortal struct {
	receiver.Receiver
	starts int
	fails  error
}

func (m *mortal) Start(context.Context) error {
	m.starts++
	return m.fails
}
func (m *mortal) URL() string            { return fmt.Sprintf("http://127.0.0.1:%d", m.starts) }
func (m *mortal) Log(int) []string       { return []string{"log"} }
func (m *mortal) Exited() (string, bool) { return "ended with exit status 7", true }

func TestReceiverIsNotStartedForEver(t *testing.T) {
	under := &mortal{}
	var ends []string
	lost := 0
	s := &Supervisor{Receiver: under, Ended: func(how string) { ends = append(ends, how) }}
	s.WhenLost(func() { lost++ })
	for range maxRevivals {
		if how, ended := s.Revive(t.Context()); !ended || how != "ended with exit status 7" || s.Gone() != nil || lost > 0 {
			t.Fatal(how, ended, s.Gone())
		}
	}
	if want := fmt.Sprintf("http://127.0.0.1:%d", maxRevivals); s.URL() != want {
		t.Errorf("its address is %s: want %s", s.URL(), want)
	}
	for range 2 {
		s.Revive(t.Context())
		if err := s.Gone(); err == nil || !strings.Contains(err.Error(), "exit status 7") {
			t.Errorf("error %v", err)
		}
	}
	if under.starts != maxRevivals || lost != 1 || len(ends) != maxRevivals+1 {
		t.Errorf("%d starts, told %d times; %q", under.starts, lost, ends)
	}
}

func TestReceiverThatDoesNotStartAgain(t *testing.T) {
	dead := &Supervisor{Receiver: &mortal{fails: errors.New("no such program")}}
	dead.Revive(t.Context())
	if err := dead.Gone(); err == nil || !strings.Contains(err.Error(), "no such program") {
		t.Errorf("error %v", err)
	}
	told := 0
	dead.WhenLost(func() { told++ })
	if told != 1 {
		t.Error("who asks later is not told that it is gone")
	}
}

func TestExpectedEndsAreNotCounted(t *testing.T) {
	told := 0
	s := &Supervisor{Receiver: &mortal{}, Ended: func(string) { told++ }}
	s.Expect(true)
	for range 2 * maxRevivals {
		s.Revive(t.Context())
	}
	s.Expect(false)
	if told > 0 || s.Revivals() > 0 || s.Gone() != nil {
		t.Errorf("told %d times, %d revivals, %v", told, s.Revivals(), s.Gone())
	}
}

func TestInterruptedIsNotLost(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	under := &mortal{}
	s := &Supervisor{Receiver: under}
	if _, ended := s.Revive(ctx); !ended || under.starts > 0 || s.Gone() != nil {
		t.Errorf("ended %t, %d starts, %v", ended, under.starts, s.Gone())
	}
}
