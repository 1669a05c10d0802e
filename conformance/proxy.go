package conformance

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// failingProxy stands before a receiver and answers the first requests in its
// place, as a load balancer does whose backends are down. The others it passes
// on.
type failingProxy struct {
	server   *http.Server
	listener net.Listener
}

// newFailingProxy listens on the loopback. answers are the status codes of the
// first requests.
func newFailingProxy(target string, answers []int) (*failingProxy, error) {
	base, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("no port for the proxy before the receiver: %w", err)
	}
	pass := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	var mu sync.Mutex
	p := &failingProxy{listener: l}
	p.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := 0
		if len(answers) > 0 {
			answer, answers = answers[0], answers[1:]
		}
		mu.Unlock()
		if answer == 0 {
			pass.ServeHTTP(w, r)
			return
		}
		if answer < http.StatusBadRequest {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(answer)
	})}
	go p.server.Serve(l)
	return p, nil
}

// URL is the proxy's base address.
func (p *failingProxy) URL() string { return "http://" + p.listener.Addr().String() }

// Close ends the proxy.
func (p *failingProxy) Close() { p.server.Close() }
