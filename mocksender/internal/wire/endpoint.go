// Package wire is what every way of sending a webhook request shares: where it
// goes, how its head is written, and whether a connection is still of use.
package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Endpoint is a webhook's URL, taken apart for the wire.
type Endpoint struct {
	TLS    bool
	Addr   string // host:port, to dial
	name   string // the host alone, for the certificate
	host   string // the Host field
	target string // path and query, for the request line
}

// ParseEndpoint takes the URL apart. Its errors show the URL without a
// password.
func ParseEndpoint(raw string) (Endpoint, error) {
	bad := func(shown, want string) (Endpoint, error) {
		return Endpoint{}, fmt.Errorf("url %q: %s", shown, want)
	}
	if raw == "" {
		return bad(raw, "is empty: want one like http://127.0.0.1:8080/webhook")
	}
	shown := ShownURL(raw)
	u, err := url.Parse(raw)
	if err != nil {
		return bad(shown, "can't be parsed: want one like http://127.0.0.1:8080/webhook")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return bad(shown, "has the scheme "+quoteOrNone(u.Scheme)+": want http or https")
	case u.Hostname() == "":
		return bad(shown, "has no host: want one like http://127.0.0.1:8080/webhook")
	case u.User != nil:
		return bad(shown, "has a user name: ContextPush sends none, want it without")
	}
	for i := range len(u.Host) {
		if u.Host[i] >= utf8.RuneSelf {
			return bad(shown, "has a host that is not ASCII: want its xn-- form")
		}
	}
	e := Endpoint{TLS: u.Scheme == "https", name: u.Hostname(), host: u.Host, target: u.RequestURI()}
	port := u.Port()
	if port == "" {
		port = "80"
		if e.TLS {
			port = "443"
		}
		e.host = strings.TrimSuffix(u.Host, ":")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return bad(shown, "has the port "+port+": want 1 to 65535")
	}
	if strings.Contains(e.name, ":") { // IPv6: a zone is this machine's matter
		literal, _, _ := strings.Cut(e.name, "%")
		e.host = "[" + literal + "]"
		if p := u.Port(); p != "" {
			e.host += ":" + p
		}
	}
	e.Addr = net.JoinHostPort(e.name, port)
	return e, nil
}

func quoteOrNone(s string) string {
	if s == "" {
		return "none"
	}
	return fmt.Sprintf("%q", s)
}

// Key tells connections to different places apart.
func (e Endpoint) Key() string {
	if e.TLS {
		return "https " + e.Addr
	}
	return "http " + e.Addr
}

// AppendStart appends the request line and the Host field to dst. The head goes
// on with fields, and ends with AppendEnd.
func (e Endpoint) AppendStart(dst []byte) []byte {
	dst = append(dst, "POST "...)
	dst = append(dst, e.target...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, e.host...)
	return append(dst, "\r\n"...)
}

// AppendField appends one field of the head.
func AppendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// AppendEnd appends the length of the body and the end of the head.
func AppendEnd(dst []byte, body int) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(body), 10)
	return append(dst, "\r\n\r\n"...)
}

// Dial opens a connection to the endpoint, with TLS where its URL says so. A
// nil dial is net.Dialer's, a nil config the system's certificates.
func (e Endpoint) Dial(ctx context.Context, dial DialFunc, config *tls.Config) (net.Conn, error) {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	nc, err := dial(ctx, "tcp", e.Addr)
	if err != nil || !e.TLS {
		return nc, err
	}
	config = config.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName = e.name
	}
	config.NextProtos = []string{"http/1.1"}
	tc := tls.Client(nc, config)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("TLS with %s: %w", e.Addr, err)
	}
	return tc, nil
}

// DialFunc opens a connection; it heeds its context.
type DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// ShownURL is the URL without a password. One that can't be parsed can't be
// relieved of its password either, and is not shown.
func ShownURL(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err == nil:
		return u.Redacted()
	case strings.Contains(raw, "@"):
		return "…"
	}
	return raw
}
