package mocksender

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// endpoint is a webhook's URL, taken apart for the wire.
type endpoint struct {
	tls    bool
	addr   string // host:port, to dial
	name   string // the host alone, for the certificate
	host   string // the Host field
	target string // path and query, for the request line
}

// parseEndpoint takes the URL apart. Its errors show the URL without a
// password.
func parseEndpoint(raw string) (endpoint, error) {
	bad := func(shown, want string) (endpoint, error) {
		return endpoint{}, fmt.Errorf("url %q: %s", shown, want)
	}
	if raw == "" {
		return bad(raw, "is empty: want one like http://127.0.0.1:8080/webhook")
	}
	shown := shownURL(raw)
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
	e := endpoint{tls: u.Scheme == "https", name: u.Hostname(), host: u.Host, target: u.RequestURI()}
	port := u.Port()
	if port == "" {
		port = "80"
		if e.tls {
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
	e.addr = net.JoinHostPort(e.name, port)
	return e, nil
}

func quoteOrNone(s string) string {
	if s == "" {
		return "none"
	}
	return fmt.Sprintf("%q", s)
}

// key tells connections to different places apart.
func (e endpoint) key() string {
	if e.tls {
		return "https " + e.addr
	}
	return "http " + e.addr
}

// appendRequest appends the request's bytes to dst: the head and the body.
// head is the length of the head among them.
func (e endpoint) appendRequest(dst []byte, r Request) (wire []byte, head int) {
	begin := len(dst)
	dst = append(dst, "POST "...)
	dst = append(dst, e.target...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, e.host...)
	for _, f := range r.Fields {
		dst = append(dst, "\r\n"...)
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, f.Value...)
	}
	dst = append(dst, "\r\nContent-Length: "...)
	dst = fmt.Appendf(dst, "%d\r\n\r\n", len(r.Body))
	head = len(dst) - begin
	return append(dst, r.Body...), head
}

// shownURL is the URL without a password. One that can't be parsed can't be
// relieved of its password either, and is not shown.
func shownURL(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err == nil:
		return u.Redacted()
	case strings.Contains(raw, "@"):
		return "…"
	}
	return raw
}
