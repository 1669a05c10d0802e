// Package ready waits until a receiver takes requests.
package ready

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// PollEvery is the pause between two looks whether a receiver is ready, or has ended.
const PollEvery = 10 * time.Millisecond

const (
	askFor   = 2 * time.Second // at most, for one look
	quietFor = 100 * time.Millisecond
)

// Waiter waits until a receiver takes requests.
type Waiter struct {
	ready  config.Ready
	bases  []string // addresses that may be the right one, the best first
	client *http.Client

	// Proxied says that something before the receiver may accept its
	// connections while it does not listen yet. Such a connection is closed at
	// once, so one that stays open is the receiver's.
	Proxied bool
}

// New waits for a receiver at one of the addresses, the best first. Of ready, the
// Timeout must be set.
func New(ready config.Ready, bases ...string) *Waiter {
	return &Waiter{
		ready: ready,
		bases: bases,
		client: &http.Client{
			// No proxy and no kept connection: each look is at the receiver itself.
			Transport:     &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Tried says how readiness is looked for.
func (w *Waiter) Tried() string {
	if w.ready.HTTP == "" {
		return "to connect to " + strings.Join(w.bases, " and ")
	}
	var urls []string
	for _, base := range w.bases {
		urls = append(urls, w.target(base))
	}
	return "GET " + strings.Join(urls, " and ")
}

func (w *Waiter) target(base string) string {
	return base + "/" + strings.TrimPrefix(w.ready.HTTP, "/")
}

// Wait returns the address at which the receiver takes requests. It gives up
// when the time is over or when ended is closed. The other result is how long
// it took.
func (w *Waiter) Wait(ctx context.Context, ended <-chan struct{}) (string, time.Duration, error) {
	began := time.Now()
	looking, stop := context.WithTimeout(ctx, w.ready.Timeout)
	defer stop()
	ready := make(chan string, len(w.bases))
	lasts := make([]lastError, len(w.bases))
	var polls sync.WaitGroup
	// The others are asked only where nobody can be reached at the best one.
	unreached := make(chan struct{})
	for i, base := range w.bases {
		polls.Go(func() {
			if i > 0 {
				select {
				case <-unreached:
				case <-looking.Done():
					return
				}
			}
			found := w.poll(looking, base, &lasts[i], func() {
				if i == 0 && !Closed(unreached) {
					close(unreached)
				}
			})
			if found {
				ready <- base
			}
		})
	}
	var base string
	var err error
	select {
	case base = <-ready:
	case <-ended:
	case <-looking.Done():
	}
	stop()
	polls.Wait()
	switch {
	case Closed(ended):
		err = ErrEnded
	case base != "":
	case ctx.Err() != nil:
		err = ctx.Err()
	default:
		err = fmt.Errorf("was not ready within %s, the last try: %w%s", w.ready.Timeout, telling(lasts), w.advice(lasts))
	}
	return base, time.Since(began), err
}

// lastError is the outcome of the last look that was not broken off.
type lastError struct {
	err     error
	reached bool // somebody was there
}

// telling picks the address where somebody was reached, or else the best one.
func telling(lasts []lastError) error {
	for _, last := range lasts {
		if last.reached {
			return last.err
		}
	}
	if lasts[0].err == nil {
		return errors.New("no answer")
	}
	return lasts[0].err
}

// poll looks at one address until the receiver is ready there or ctx, which has
// a deadline, is done. It reports which of the two.
func (w *Waiter) poll(ctx context.Context, base string, last *lastError, unreached func()) bool {
	tick := time.NewTicker(PollEvery)
	defer tick.Stop()
	for {
		err := w.look(ctx, base)
		if err == nil {
			return true
		}
		// A look that the deadline breaks off tells nothing, and may end a
		// little before ctx does.
		if deadline, _ := ctx.Deadline(); ctx.Err() != nil || !time.Now().Before(deadline) {
			return false
		}
		var dial *net.OpError
		*last = lastError{err: Reason(err), reached: !errors.As(err, &dial) || dial.Op != "dial"}
		if !last.reached {
			unreached()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

// ErrEnded is a receiver that has ended before it was ready.
var ErrEnded = errors.New("ended before it was ready")

// Closed tells whether a channel is closed.
func Closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// look looks once.
func (w *Waiter) look(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	if w.ready.HTTP == "" {
		return w.connect(ctx, base)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.target(base), nil)
	if err != nil {
		return err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("answered %d, want 2xx", resp.StatusCode)
	}
	return nil
}

func (w *Waiter) connect(ctx context.Context, base string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return err
	}
	defer conn.Close()
	if !w.Proxied {
		return nil
	}
	if err := conn.SetReadDeadline(time.Now().Add(quietFor)); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	var timeout net.Error
	switch {
	case err == nil, errors.As(err, &timeout) && timeout.Timeout():
		return nil
	}
	return err
}

// Reason strips what an error of the network says about method and address,
// which the caller names itself.
func Reason(err error) error {
	if urlErr := (*url.Error)(nil); errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	if opErr := (*net.OpError)(nil); errors.As(err, &opErr) && opErr.Op == "dial" {
		err = opErr.Err
	}
	if sysErr := (*os.SyscallError)(nil); errors.As(err, &sysErr) {
		err = sysErr.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer")
	}
	if errors.Is(err, io.EOF) {
		return errors.New("connection closed")
	}
	return err
}
