package service

import (
	"net/http/httptest"
)

// TB is what Start needs of a *testing.T.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Server is a service that listens on loopback.
type Server struct {
	*Service
	// URL is where the vendor's calls go: URL + SchedulePath.
	URL string
}

// Start starts a service for a test, and ends it with it. A config that is of
// no use ends the test.
func Start(t TB, c Config) *Server {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatalf("mock service: %v", err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Fatalf("mock service: %v", err)
		}
	})
	return &Server{s, h.URL}
}
