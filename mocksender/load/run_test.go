package load_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

func TestFirst(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(204)
	}))
	defer srv.Close()
	p, _ := load.ParseRate("500/s")
	for _, c := range []load.Config{
		{Source: newSource(0, 51000), Duration: 2 * time.Second},
		{Source: newSource(0, 51000), Pace: p, Duration: 2 * time.Second},
		{Source: newSource(5000, 51000), Faults: load.Faults{LostAck: .1, Slow: .01, Reset: .1}, TimeScale: 7200},
	} {
		c.URL = srv.URL
		c.Secret = "hello"
		r, err := load.Run(t.Context(), c)
		t.Logf("%v %+v %v %v", err, r.Counts, r.Duration, r.Begun)
		t.Log(load.QuantilesOf(r.Latency), load.QuantilesOf(r.Service))
		for _, p := range r.Series {
			t.Logf("%+v", p)
		}
	}
}
