package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
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

// question is one request that is about to be made.
type question struct {
	p      *httpProber
	method string
	url    *url.URL
	bad    error // an address that is none
	want   string
	limit  int64
}

func (p *httpProber) question(method, path, want string, limit int64) *question {
	q := &question{p: p, method: method, want: want, limit: limit}
	q.url, q.bad = url.Parse(strings.TrimRight(p.base(), "/") + path)
	if q.bad != nil {
		q.url = &url.URL{Path: path}
	}
	return q
}

// answer is what came back.
type answer struct {
	status int
	kind   string // the content type
	body   []byte
}

// ask makes the request. The answer's status is 200 or 404; all others are
// errors.
func (q *question) ask(ctx context.Context, body []byte) (answer, error) {
	if q.bad != nil {
		return answer{}, q.failf("the address is none: want a URL such as http://127.0.0.1:3000")
	}
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, q.url.String(), content)
	if err != nil {
		return answer{}, q.failf("can't be asked: %s", q.foreign(err))
	}
	req.Header = q.p.headers.Clone()
	req.Host = q.p.host
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		// Not sent, being empty; it tells net/http that a look-up may be sent
		// again where an idle connection turns out to be closed.
		req.Header["Idempotency-Key"] = []string{}
	}
	resp, err := q.p.do(req)
	if err != nil {
		return answer{}, q.unanswered(ctx, err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, kind: resp.Header.Get("Content-Type")}
	if a.status == http.StatusSwitchingProtocols {
		// What follows is the connection itself, which no context ends.
		return answer{}, q.refused(a, resp)
	}
	a.body, err = q.read(ctx, resp.Body, resp.ContentLength)
	if a.status != http.StatusOK && a.status != http.StatusNotFound {
		return answer{}, q.refused(a, resp)
	}
	switch {
	case err != nil:
		return answer{}, q.unanswered(ctx, err)
	case int64(len(a.body)) > q.limit:
		return answer{}, q.failf("answered more than %d MiB: %s", q.limit>>20, q.want)
	case resp.Header.Get("Content-Encoding") != "" && a.status == http.StatusOK:
		return answer{}, q.failf("answered in the encoding %s, which was not asked for: want gzip or none", q.p.redact.cut(resp.Header.Get("Content-Encoding"), 40))
	}
	if a.body, err = inUTF8(a.body, a.kind); err != nil {
		return answer{}, q.failf("%s", err)
	}
	return a, nil
}

// read reads a body, and a byte more than it may have. Only one long one is read
// at a time: together they would fill the memory. size is how long the body says
// it is, below 0 where it does not.
func (q *question) read(ctx context.Context, body io.Reader, size int64) ([]byte, error) {
	if 0 <= size && size <= min(q.limit, maxAnswer) {
		all := make([]byte, size)
		n, err := io.ReadFull(body, all)
		return all[:n], err
	}
	begin, err := io.ReadAll(io.LimitReader(body, min(q.limit, maxAnswer)+1))
	if err != nil || q.limit <= maxAnswer || len(begin) <= maxAnswer {
		return begin, err
	}
	select {
	case q.p.long <- struct{}{}:
		defer func() { <-q.p.long }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	all := bytes.NewBuffer(begin)
	_, err = io.Copy(all, io.LimitReader(body, q.limit-maxAnswer))
	return all.Bytes(), err
}

// do makes a request, once more on a fresh connection where one that was kept
// turns out to be closed: net/http itself gives up once a part of the body is
// written.
func (p *httpProber) do(req *http.Request) (*http.Response, error) {
	var kept bool
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { kept = c.Reused }}
	resp, err := p.client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err == nil || !kept || req.Context().Err() != nil {
		return resp, err
	}
	if req.GetBody != nil {
		if req.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	p.client.CloseIdleConnections()
	return p.client.Do(req)
}

// unanswered is a request without a whole answer.
func (q *question) unanswered(ctx context.Context, err error) *Error {
	var netErr net.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.As(err, &netErr) && netErr.Timeout():
		e := q.failf("no answer within %v: %s", q.p.wait, q.want)
		e.Err, e.Temporary = context.DeadlineExceeded, true
		return e
	case ctx.Err() != nil:
		e := q.failf("ended before it was answered")
		e.Err = ctx.Err()
		return e
	}
	e := q.failf("no answer: %s", q.foreign(err))
	e.Err, e.Temporary = err, true
	return e
}

// refused is an answer of neither 200 nor 404.
func (q *question) refused(a answer, resp *http.Response) *Error {
	e := q.got(a)
	switch {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		e.Msg += "; what the receiver asks for goes under probe.http.headers"
	case a.status >= 300 && a.status < 400:
		to := ""
		if location, err := resp.Location(); err == nil {
			to = " to " + q.p.redact.cut(bare(location), 80)
		}
		e.Msg = fmt.Sprintf("answered %d%s: redirects are not followed; %s", a.status, to, q.want)
	case a.status == http.StatusMethodNotAllowed:
		e.Msg += "; does the path take " + q.method + "?"
	case a.status == http.StatusTooManyRequests || a.status >= 500:
		e.Temporary = true
	}
	return e
}

// got is an answer that is not what was asked for.
func (q *question) got(a answer) *Error {
	var what strings.Builder
	fmt.Fprintf(&what, "answered %d", a.status)
	body := bytes.TrimSpace(a.body)
	if len(body) == 0 {
		what.WriteString(" with nothing")
	} else {
		if a.kind != "" {
			what.WriteString(" " + q.p.redact.cut(a.kind, 60))
		}
		what.WriteString(" " + q.p.redact.cut(string(body), 80))
	}
	return q.failf("%s: %s", what.String(), q.want)
}

func (q *question) failf(format string, args ...any) *Error {
	return &Error{
		Request: q.method + " " + q.p.redact.text(bare(q.url)),
		Msg:     q.p.redact.text(fmt.Sprintf(format, args...)),
	}
}

// foreign is net/http's message without the address, which the Error has
// already, and whose query is nobody's business.
func (q *question) foreign(err error) string {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	return q.p.redact.cut(err.Error(), 160)
}

// bare is an address without user, query and fragment.
func bare(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
