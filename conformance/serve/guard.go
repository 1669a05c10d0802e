package serve

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// cookie holds the API token in a browser that has shown it once.
const cookie = "ctxpush_api_token"

// guard refuses what a page of another origin has made a browser send, by its
// Origin or, where names were bent to this machine, by its Host.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if s.Loopback && !isLoopbackHost(strings.Trim(host, "[]")) {
			http.Error(w, "this name is not served: want localhost or 127.0.0.1", http.StatusForbidden)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
				http.Error(w, "a request of another origin is not served", http.StatusForbidden)
				return
			}
		}
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" && r.Method != http.MethodGet {
			http.Error(w, "a request of another site is not served", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
			"img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		next.ServeHTTP(w, r)
	})
}

func isLoopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// private wants the API token: as Authorization: Bearer, or in a browser's
// cookie, which the address with ?token= sets.
func (s *server) private(next http.Handler) http.Handler {
	if s.APIToken == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("token"); r.URL.Path == "/" && r.Method == http.MethodGet && s.isToken(token) {
			http.SetCookie(w, &http.Cookie{
				Name: cookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
			})
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			token = ""
			if c, err := r.Cookie(cookie); err == nil {
				token = c.Value
			}
		}
		if !s.isToken(token) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the API token is missing or wrong: want Authorization: Bearer TOKEN, or /?token=TOKEN in a browser",
				http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) isToken(token string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.TrimSpace(token)), []byte(s.APIToken)) == 1
}
