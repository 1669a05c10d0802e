package receiver

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/ready"
)

// reachTimeout bounds the look whether a receiver that runs already answers.
const reachTimeout = 10 * time.Second

// remote is a receiver that runs already, and that others run.
type remote struct {
	base    string
	address string // host:port
}

const fixedURL = "a url is not ours to restart"

func init() {
	Register(Kind{Name: "url", New: newRemote,
		StartAdvice: func(config.Receiver, bool) []string {
			return []string{"start the receiver, and see that receiver.url names the host and port on which it listens;",
				"from within a container, the host's loopback is another one: use --network host"}
		}})
}

func newRemote(cfg config.Config, _ Env) (Receiver, error) {
	raw := cfg.Receiver.URL
	u, err := url.Parse(raw)
	if err != nil {
		return nil, mistake("receiver.url", "%q is no URL: want one such as http://127.0.0.1:3000", lines.Cut(raw, 100))
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return &remote{
		base:    strings.TrimRight(u.String(), "/"),
		address: net.JoinHostPort(u.Hostname(), port),
	}, nil
}

func (r *remote) Start(ctx context.Context) error {
	began := time.Now()
	d := net.Dialer{Timeout: reachTimeout}
	conn, err := d.DialContext(ctx, "tcp", r.address)
	if err != nil {
		return &StartError{Receiver: "url " + r.base, Tried: "to connect to " + r.address, Waited: time.Since(began), Err: ready.Reason(err)}
	}
	return conn.Close()
}

func (r *remote) URL() string                { return r.base }
func (r *remote) Stop(context.Context) error { return fixedError("stop "+r.base, fixedURL) }
func (r *remote) Kill(context.Context) error { return fixedError("kill "+r.base, fixedURL) }
func (r *remote) Fixed() string              { return fixedURL }
func (r *remote) Log(int) []string           { return nil }
func (r *remote) Info() Info                 { return Info{Kind: "url"} }
func (r *remote) Close() error               { return nil }

// Exited is never known: its end can't be seen from outside.
func (r *remote) Exited() (string, bool) { return "", false }
