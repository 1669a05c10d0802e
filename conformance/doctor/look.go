package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// Sight is what a look at a running receiver has found. It sends no secret and
// no entry, so that the receiver's state stays as it is.
type Sight struct {
	Reached bool     // something answers HTTP there
	Webhook string   // a path that takes POST and refuses a request without a secret, or that takes it; empty: none found
	Status  int      // what the webhook answers to it
	State   string   // a path that answers as a probe does; empty: none found, or one that can't be told from a path that is not there
	Bulk    string   // a path that answers a bulk look-up; empty: none found
	Lines   []string // all of it, for people
}

const (
	lookFor     = 5 * time.Second // for one answer
	lookAtBytes = 64 << 10        // of one answer
)

// The paths that are tried, the likeliest first.
var (
	webhookPaths = []string{"/webhook", "/webhooks/contextpush", "/webhooks", "/contextpush"}
	statePaths   = []string{"/state"}
	bulkPaths    = []string{"/states"}
)

// Look looks at the receiver at c's URL: its webhook's path, its probe's paths,
// and those that are likely where c names none.
func Look(ctx context.Context, c config.Config) Sight {
	l := &looker{base: c.Receiver.URL, client: newClient()}
	var s Sight
	say := func(format string, args ...any) { s.Lines = append(s.Lines, fmt.Sprintf(format, args...)) }
	if _, _, err := l.ask(ctx, http.MethodGet, "/", nil); err != nil {
		say("%s does not answer: %s", l.base, reasonOf(err, http.MethodGet, "/"))
		return s
	}
	s.Reached = true
	say("%s answers", l.base)

	for _, path := range candidates(c.Path, webhookPaths) {
		code, _, err := l.ask(ctx, http.MethodPost, path, []byte("[]"))
		if err != nil {
			say("%s", reasonOf(err, http.MethodPost, path))
			continue
		}
		if code == http.StatusNotFound || code == http.StatusMethodNotAllowed {
			continue
		}
		s.Webhook, s.Status = path, code
		switch {
		case code < 300:
			say("POST %s answers %d without a secret: it must be 4xx", path, code)
		case code == http.StatusUnauthorized || code == http.StatusForbidden:
			say("POST %s answers %d without a secret, as it should", path, code)
		default:
			say("POST %s answers %d without a secret", path, code)
		}
		break
	}
	if s.Webhook == "" {
		say("no webhook at %s: set path", list(candidates(c.Path, webhookPaths)))
	}
	probe := config.HTTPProbe{}
	if c.Probe.HTTP != nil {
		probe = *c.Probe.HTTP
	}
	l.probe(ctx, probe, &s, say)
	return s
}

// probe looks for the paths of the probe.
func (l *looker) probe(ctx context.Context, p config.HTTPProbe, s *Sight, say func(string, ...any)) {
	key := url.Values{"campaign_id": {"ctxpush-init"}, "user_id": {"ctxpush-init"}, "idempotency_key": {"ctxpush-init"}, "device_token": {"ctxpush-init"}}
	for _, path := range candidates(p.Path, statePaths) {
		code, body, err := l.ask(ctx, http.MethodGet, path+"?"+key.Encode(), nil)
		// Servers have an answer of their own for a path that they lack.
		_, without, _ := l.ask(ctx, http.MethodGet, "/ctxpush-init-no-such-path?"+key.Encode(), nil)
		switch {
		case err != nil:
			say("%s", reasonOf(err, http.MethodGet, path))
		case code == http.StatusNotFound && !bytes.Equal(body, without):
			s.State = path
			say("GET %s answers 404 for a message that it does not know, as it should", path)
		case code == http.StatusNotFound:
			say("GET %s answers 404: a message that it does not know, or no such path", path)
		case code == http.StatusUnauthorized || code == http.StatusForbidden:
			s.State = path
			say("GET %s answers %d: give its login as probe.http.headers", path, code)
		default:
			say("GET %s answers %d for a message that it does not know: it must be 404", path, code)
		}
	}
	for _, path := range candidates(p.Bulk, bulkPaths) {
		ask, _ := json.Marshal([]map[string]string{{"campaign_id": "ctxpush-init", "user_id": "ctxpush-init", "idempotency_key": "ctxpush-init"}}) // strings can't fail
		code, body, err := l.ask(ctx, http.MethodPost, path, ask)
		var states []any
		if err == nil && code == http.StatusOK && json.Unmarshal(body, &states) == nil && len(states) == 1 && states[0] == nil {
			s.Bulk = path
			say("POST %s answers a bulk look-up", path)
		}
	}
}

// candidates are the path that was given, or those that are likely.
func candidates(given string, likely []string) []string {
	if given != "" {
		return []string{given}
	}
	return likely
}

func list(paths []string) string {
	text := paths[0]
	for i, p := range slices.All(paths[1:]) {
		if i == len(paths)-2 {
			return text + " or " + p
		}
		text += ", " + p
	}
	return text
}

func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       lookFor,
	}
}

type looker struct {
	base   string
	client *http.Client
}

func (l *looker) ask(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, l.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, lookAtBytes))
	return resp.StatusCode, text, err
}

// reasonOf is an error of the network in plain words, without the address, which
// is told already.
func reasonOf(err error, method, path string) string {
	var slow net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Sprintf("the receiver closed the connection at %s %s", method, path)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there"
	case errors.As(err, &slow) && slow.Timeout():
		return fmt.Sprintf("no answer to %s %s within %v", method, path, lookFor)
	}
	if inner, ok := err.(*url.Error); ok {
		err = inner.Err
	}
	return fmt.Sprintf("%s %s failed: %v", method, path, err)
}
