package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/files"
	"github.com/ctxpush/ctxpush/mocksender"
	"golang.org/x/sync/errgroup"
)

// Bounds of the HTTP probe, for a server that is no probe at all.
const (
	maxAnswer     = 1 << 20          // bytes of the answer to one key, unpacked
	maxBulkAnswer = 8 << 20          // bytes of the answer to a chunk of keys
	maxWait       = 10 * time.Second // per question, where the Config's time-out is not shorter

	// A chunk of keys is below 100 kB, the least limit of a body that common
	// frameworks set by themselves.
	chunk    = 200
	parallel = 8 // requests at once, where this process may open enough files

	keySize = 256 // bytes of most keys
)

// httpProber asks over HTTP, as the page on the HTTP probe in the manual says.
type httpProber struct {
	base    func() string
	path    string
	bulk    string
	headers http.Header
	host    string // the Host header, where the owner set one
	wait    time.Duration
	long    chan struct{} // held while a long answer is read
	client  *http.Client
	side    int // how many requests are made at once
	reader  reader
	redact  redactor
}

func newHTTP(cfg config.Config, base func() string, client *http.Client) (Prober, error) {
	spec := *cfg.Probe.HTTP
	code, err := spec.Program()
	if err != nil {
		return nil, cfg.Mistake("probe.http.jq", "%s", err)
	}
	if spec.URL != "" {
		base = func() string { return spec.URL }
	}
	p := &httpProber{
		base:    base,
		path:    spec.Path,
		bulk:    spec.Bulk,
		headers: http.Header{},
		wait:    min(cfg.Timeout, maxWait),
		long:    make(chan struct{}, 1),
		side:    sideBySide(),
	}
	secrets := cfg.Hidden()
	for name, template := range spec.Headers {
		text := config.Expand(template, map[string]string{config.VarSecret: string(cfg.Secret)})
		secrets = append(secrets, text)
		if http.CanonicalHeaderKey(name) == "Host" {
			p.host = text
			continue
		}
		p.headers.Set(name, text)
	}
	p.redact = newRedactor(secrets)
	p.reader = reader{jq: runnerOf(spec.JQ, code), src: spec.JQ, mend: "probe.http.jq", statuses: cfg.Statuses, redact: p.redact}
	p.client = ownClient(client)
	return p, nil
}

// sideBySide is how many requests are made at once: fewer where few files may be
// opened.
func sideBySide() int {
	const share = 32
	if _, left := files.Left(); left < files.Enough {
		return min(parallel, max(1, left/share))
	}
	return parallel
}

func ownClient(client *http.Client) *http.Client {
	var own http.Client
	if client != nil {
		own = *client
	} else {
		// No proxy of the environment's: it would be shown what the headers hold.
		own.Transport = &http.Transport{
			MaxIdleConnsPerHost: parallel,
			IdleConnTimeout:     30 * time.Second,
		}
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// Close ends the process of a program of the owner's own.
func (p *httpProber) Close() error {
	if p.reader.jq == nil {
		return nil
	}
	return p.reader.jq.close()
}

// States asks with one request a key, or with one a chunk of keys where there
// is a bulk look-up.
func (p *httpProber) States(ctx context.Context, keys []mocksender.Key) ([]*event.State, error) {
	states := make([]*event.State, len(keys))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(p.side)
	if p.bulk != "" {
		at := 0
		for part := range slices.Chunk(keys, chunk) {
			into := states[at : at+len(part)]
			at += len(part)
			group.Go(func() error { return p.askMany(inner, part, into) })
		}
		return probeError(states, group.Wait())
	}
	for i, key := range keys {
		group.Go(func() (err error) {
			if inner.Err() != nil {
				return inner.Err()
			}
			states[i], err = p.askOne(inner, key)
			return err
		})
	}
	return probeError(states, group.Wait())
}

// probeError is the answer, with its error as an *Error.
func probeError(states []*event.State, err error) ([]*event.State, error) {
	if err == nil {
		return states, nil
	}
	var own *Error
	if !errors.As(err, &own) {
		own = &Error{Msg: "ended before it was answered", Err: err}
	}
	return nil, own
}

func (p *httpProber) askOne(ctx context.Context, key mocksender.Key) (*event.State, error) {
	const want = "want 200 with a JSON object, or 404 for a message that is not known"
	q := p.question(http.MethodGet, p.path, want, maxAnswer)
	query := q.url.Query()
	query.Set("campaign_id", key.CampaignID)
	query.Set("user_id", key.UserID)
	query.Set("idempotency_key", key.IdempotencyKey)
	if key.DeviceToken != "" {
		query.Set("device_token", key.DeviceToken)
	}
	q.url.RawQuery = query.Encode()
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	a, err := q.ask(ctx, nil)
	if err != nil || a.status == http.StatusNotFound {
		return nil, err
	}
	if !json.Valid(a.body) {
		return nil, q.got(a)
	}
	s, err := p.reader.state(ctx, a.body)
	if err != nil {
		return nil, q.failf("%s", err)
	}
	return s, nil
}

func (p *httpProber) askMany(ctx context.Context, keys []mocksender.Key, into []*event.State) error {
	want := fmt.Sprintf("want 200 with a JSON array of %d, a state or null each", len(keys))
	q := p.question(http.MethodPost, p.bulk, want, maxBulkAnswer)
	body := make([]byte, 1, 2+keySize*len(keys))
	body[0] = '['
	for i := range keys {
		if i > 0 {
			body = append(body, ',')
		}
		body = mocksender.AppendKey(body, &keys[i])
	}
	body = append(body, ']')
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	a, err := q.ask(ctx, body)
	if err != nil {
		return err
	}
	if a.status == http.StatusNotFound {
		return q.got(a)
	}
	switch n, ok, err := p.reader.many(ctx, a.body, into); {
	case !ok:
		return q.got(a)
	case n != len(keys):
		return q.failf("answered an array of %d: %s", n, want)
	case err != nil:
		return q.failf("%s", err)
	}
	return nil
}
