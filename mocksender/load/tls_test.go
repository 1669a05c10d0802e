package load_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/load"
)

func TestTLS(t *testing.T) {
	noLeaks(t)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 1<<20 {
			w.WriteHeader(http.StatusRequestEntityTooLarge) // without reading
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	config := srv.Client().Transport.(*http.Transport).TLSClientConfig
	for size, want := range map[int]string{1000: "map[]", 300_000: "map[]", 8 << 20: "map[status_413:20]"} {
		r, err := run(t.Context(), t, load.Config{URL: srv.URL, TLS: config, Source: newSource(20, size), Connections: 4, Backoff: mocksender.Backoff{Retries: -1}})
		if err != nil || errorsOf(r) != want {
			t.Errorf("%d bytes: %v: %+v", size, err, r.Counts)
		}
	}
	faults := load.Faults{LostAck: .2, Slow: .2, Reset: .2}
	r, err := run(t.Context(), t, load.Config{URL: srv.URL, TLS: config, Source: newSource(100, 1000), Faults: faults, Backoff: mocksender.Backoff{Window: -1}})
	if err != nil || r.Acknowledged != 100 || len(r.Errors) > 0 || len(r.Struck) != 3 {
		t.Errorf("with faults: %v, %+v", err, r.Counts)
	}
	r, err = run(t.Context(), t, load.Config{URL: srv.URL, Source: newSource(1, 10), Backoff: mocksender.Backoff{Retries: -1}})
	if err != nil || errorsOf(r) != "map[tls:1]" {
		t.Errorf("without its certificate: %v, %+v", err, r.Counts)
	}
}
