package ready

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
)

func TestWaitFollowsNoRedirect(t *testing.T) {
	g := NewWithT(t)
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/elsewhere":
			t.Error("was followed")
		case asked.Add(1) < 3:
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	w := New(config.Ready{HTTP: "healthz", Timeout: time.Minute}, server.URL)
	base, _, err := w.Wait(t.Context(), nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(base).To(Equal(server.URL))
	g.Expect(asked.Load()).To(BeEquivalentTo(3))
}

func TestWaitTriesTheNextAddressWhereNobodyIs(t *testing.T) {
	g := NewWithT(t)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	nobody := httptest.NewServer(nil)
	nobody.Close()
	w := New(config.Ready{HTTP: "/", Timeout: time.Minute}, nobody.URL, server.URL)
	base, _, err := w.Wait(t.Context(), nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(base).To(Equal(server.URL))
	g.Expect(w.Tried()).To(Equal("GET " + nobody.URL + "/ and " + server.URL + "/"))
}

func TestWaitStaysWhereSomebodyIs(t *testing.T) {
	g := NewWithT(t)
	sick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
	defer sick.Close()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("was asked") }))
	defer other.Close()
	w := New(config.Ready{HTTP: "/", Timeout: 300 * time.Millisecond}, sick.URL, other.URL)
	_, _, err := w.Wait(t.Context(), nil)
	// On a slow machine no look may have come to its end.
	g.Expect(err).To(MatchError(MatchRegexp("^was not ready within 300ms, the last try: (answered 500, want 2xx|no answer)$")))
}

func TestWaitEndsWithTheReceiver(t *testing.T) {
	g := NewWithT(t)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	ended := make(chan struct{})
	close(ended)
	_, _, err := New(config.Ready{HTTP: "/", Timeout: time.Hour}, silent.URL).Wait(t.Context(), ended)
	g.Expect(err).To(Equal(ErrEnded))
}
