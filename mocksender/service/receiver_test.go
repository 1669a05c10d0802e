package service_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/internal/strict"
	"github.com/ctxpush/ctxpush/mocksender/service"
)

const secret = "q7Zr-w0rd+42/x"

// receiver is a webhook on a network without sockets, which holds each request
// against the contract byte by byte.
type receiver struct {
	t *testing.T
	// answer is the status of the n-th request, from 0.
	answer func(n int) int
	// cuts takes requests that a fault cut.
	cuts bool

	mu        sync.Mutex
	requests  []strict.Request
	attempts  map[string][]strict.Attempt // by the request's bytes
	histories strict.Histories
	wg        sync.WaitGroup
}

func newReceiver(t *testing.T) *receiver {
	return &receiver{t: t, attempts: map[string][]strict.Attempt{}}
}

// setup has a sender dial the receiver.
func (r *receiver) setup(s *mocksender.Sender) {
	s.Dial = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		r.wg.Go(func() { r.serve(far, string(s.Profile)) })
		return near, nil
	}
}

func (r *receiver) serve(c net.Conn, profile string) {
	defer c.Close()
	if profile == "" {
		profile = strict.Protocol2025
	}
	rules := strict.Rules{Protocol: profile, Target: "/hook", Host: "app", Secret: secret}
	br := bufio.NewReader(c)
	for {
		q, err := rules.Read(br)
		if err == io.EOF {
			return
		}
		if err != nil {
			if !r.cuts || !strings.Contains(err.Error(), "the request ends") {
				r.t.Errorf("request: %v", err)
			}
			return
		}
		status := r.take(q)
		if _, err := fmt.Fprintf(c, "HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n", status); err != nil {
			return
		}
	}
}

func (r *receiver) take(q strict.Request) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	status := 204
	if r.answer != nil {
		status = r.answer(len(r.requests))
	}
	now := time.Now()
	r.requests = append(r.requests, q)
	r.attempts[string(q.Raw)] = append(r.attempts[string(q.Raw)], strict.Attempt{Raw: q.Raw, Start: now, End: now, Status: status})
	for _, e := range q.Entries {
		if err := r.histories.Add(e); err != nil {
			r.t.Errorf("entry: %v", err)
		}
	}
	return status
}

// entries are all that came, in their order.
func (r *receiver) entries() []strict.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []strict.Entry
	for _, q := range r.requests {
		all = append(all, q.Entries...)
	}
	return all
}

// final is the state of a message on a device that follows from what came, by
// rank; the empty device's is a cancelled one.
func (r *receiver) final() map[mocksender.Key]string {
	rank := map[string]int{"pending": 1, "delivered": 2, "failed": 3, "opened": 4, "cancelled": 5}
	states := map[mocksender.Key]string{}
	for _, e := range r.entries() {
		k := mocksender.Key{CampaignID: e.CampaignID, UserID: e.UserID, IdempotencyKey: e.IdempotencyKey, DeviceToken: e.DeviceToken}
		if rank[e.DeliveryStatus] > rank[states[k]] {
			states[k] = e.DeliveryStatus
		}
	}
	return states
}

// start is a service whose webhooks go to r.
func start(t *testing.T, r *receiver, c service.Config) *service.Service {
	t.Helper()
	c.Webhook, c.Secret = "http://app/hook", secret
	before := c.Setup
	c.Setup = func(s *mocksender.Sender) {
		r.setup(s)
		if before != nil {
			before(s)
		}
	}
	s, err := service.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stop ends the service and the receiver's connections.
func stop(t *testing.T, s *service.Service, r *receiver) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r.wg.Wait()
}

func request(i int) service.Request {
	return service.Request{
		BundleID: "com.acme.app", Platform: "ios", UserID: fmt.Sprintf("user-%d", i), DeliverWithinHours: 4,
		CampaignID: "spring", IdempotencyKey: fmt.Sprintf("key-%d", i),
		Content: []byte(`{"title":"James, it's time! 👑","body":"Start now!","userInfo":{"order":17}}`),
	}
}

// schedule takes a message, or ends the test.
func schedule(t *testing.T, s *service.Service, r service.Request) *service.Message {
	t.Helper()
	m, err := s.Schedule(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
