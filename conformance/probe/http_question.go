package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
)

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
