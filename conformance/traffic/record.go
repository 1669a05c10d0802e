package traffic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/redact"
)

// The bounds of what is kept of a request. A body that is longer is passed on, but
// not kept; of an answer the beginning is.
const (
	MaxBody   = 16 << 20
	maxAnswer = 64 << 10
)

// blank stands where a recording had a secret.
const blank = "[secret]"

// hiddenHeaders are those whose values are secrets, beside the shared secret's.
var hiddenHeaders = []string{
	"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key",
	mocksender.Profile2025.SecretHeader(),
}

// Recorder passes requests on to the receiver, and keeps the webhooks among them:
// what is sent by POST. It is an http.Handler.
type Recorder struct {
	// Forward is the receiver's address; the path is the request's.
	Forward *url.URL
	// Keep keeps a webhook; it is called by several goroutines. Its error is told
	// to Failed, and the webhook is passed on all the same.
	Keep func(*Line) error
	// Hide are further headers whose values are kept from the file.
	Hide []string
	// Failed is told what could not be kept, and which requests the receiver did
	// not answer; nil is nobody.
	Failed func(error)
	// Transport makes the requests to the receiver; nil is http.DefaultTransport.
	Transport http.RoundTripper

	kept, lost atomic.Int64
}

// Kept is how many webhooks were kept, Lost how many could not be.
func (r *Recorder) Kept() (kept, lost int64) { return r.kept.Load(), r.lost.Load() }

// ServeHTTP passes one request on.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodPost {
		r.pass(w, q, nil)
		return
	}
	body, err := io.ReadAll(io.LimitReader(q.Body, MaxBody+1))
	if err != nil {
		http.Error(w, "the body did not arrive", http.StatusBadRequest)
		return
	}
	line := &Line{Time: time.Now().UTC(), Method: q.Method, Path: q.URL.RequestURI(),
		Headers: maps.Clone(q.Header), Body: body, Answer: &Answer{}}
	q.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), q.Body))
	r.pass(w, q, line.Answer)
	line.Answer.DurationMS = float64(time.Since(line.Time).Microseconds()) / 1000
	if len(body) > MaxBody {
		r.fail(fmt.Errorf("a webhook of more than %d bytes is passed on and not kept", MaxBody))
		return
	}
	if err := r.Keep(r.clean(line)); err != nil {
		r.fail(fmt.Errorf("a webhook is passed on and not kept: %w", err))
		return
	}
	r.kept.Add(1)
}

func (r *Recorder) fail(err error) {
	r.lost.Add(1)
	r.tell(err)
}

func (r *Recorder) tell(err error) {
	if r.Failed != nil {
		r.Failed(err)
	}
}

// pass has the receiver answer, and writes down what it answers unless a is nil.
func (r *Recorder) pass(w http.ResponseWriter, q *http.Request, a *Answer) {
	proxy := httputil.ReverseProxy{
		Transport: r.Transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = r.Forward.Scheme, r.Forward.Host
			p.Out.URL.Path, p.Out.URL.RawPath = join(r.Forward, p.In.URL)
			p.Out.Host = r.Forward.Host
		},
		ErrorHandler: func(w http.ResponseWriter, q *http.Request, err error) {
			var reason *url.Error
			if errors.As(err, &reason) {
				err = reason.Err
			}
			if a != nil {
				a.Error = err.Error()
			}
			if !errors.Is(err, context.Canceled) {
				r.tell(fmt.Errorf("%s does not answer: %w", r.Forward.Redacted(), err))
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	if a != nil {
		proxy.ModifyResponse = func(answer *http.Response) error {
			a.Status, a.Headers = answer.StatusCode, maps.Clone(map[string][]string(answer.Header))
			answer.Body = &tee{answer.Body, &a.Body}
			return nil
		}
	}
	proxy.ServeHTTP(w, q)
}

// join is the path of a request below the receiver's address.
func join(base, in *url.URL) (path, raw string) {
	prefix := strings.TrimSuffix(base.EscapedPath(), "/")
	if prefix == "" {
		return in.Path, in.RawPath
	}
	raw = prefix + in.EscapedPath()
	path, err := url.PathUnescape(raw)
	if err != nil {
		return in.Path, in.RawPath
	}
	return path, raw
}

// tee keeps the beginning of what is read.
type tee struct {
	io.ReadCloser
	to *Text
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	*t.to = append(*t.to, p[:min(n, maxAnswer-len(*t.to))]...)
	return n, err
}

// clean is the line without secrets: without the headers that carry them, and
// without their values wherever else they stand.
func (r *Recorder) clean(l *Line) *Line {
	var secrets []string
	l.Headers, secrets = r.without(l.Headers)
	headers, more := r.without(l.Answer.Headers)
	l.Answer.Headers = headers
	hide := redact.New(blank, append(secrets, more...)...)
	if len(secrets)+len(more) > 0 {
		l.Path, l.Answer.Error = hide.Text(l.Path), hide.Text(l.Answer.Error)
		l.Body, l.Answer.Body = Text(hide.Text(string(l.Body))), Text(hide.Text(string(l.Answer.Body)))
		l.Headers, l.Answer.Headers = redact.Deep(hide, l.Headers), redact.Deep(hide, l.Answer.Headers)
	}
	return l
}

// shortest is how long a value must be to be looked for elsewhere: a shorter one
// stands in many texts by chance.
const shortest = 4

// without are the headers without those that carry secrets, whose values are
// returned beside them.
func (r *Recorder) without(headers map[string][]string) (_ map[string][]string, secrets []string) {
	left := map[string][]string{}
	hidden := slices.Concat(hiddenHeaders, r.Hide)
	for name, values := range headers {
		if !slices.ContainsFunc(hidden, func(h string) bool { return strings.EqualFold(h, name) }) {
			left[name] = values
			continue
		}
		for _, v := range values {
			if _, credentials, ok := strings.Cut(v, " "); ok && strings.HasSuffix(strings.ToLower(name), "authorization") {
				v = credentials
			}
			if len(v) >= shortest {
				secrets = append(secrets, v)
			}
		}
	}
	return left, secrets
}

// append appends the line's JSON to dst, with its newline.
func (l *Line) append(dst *bytes.Buffer) error {
	e := json.NewEncoder(dst)
	e.SetEscapeHTML(false)
	return e.Encode(l)
}
