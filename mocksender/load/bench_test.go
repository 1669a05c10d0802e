package load_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

// BenchmarkRun sends bodies of 51 KB to a handler on loopback that reads them;
// the handler's work, and its allocations, are part of what is measured.
func BenchmarkRun(b *testing.B) {
	for name, c := range map[string]load.Config{
		"plain":  {},
		"faults": {Faults: load.Faults{LostAck: .01, Slow: .01, Reset: .01}, TimeScale: 7200},
	} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusNoContent)
			}))
			defer server.Close()
			c.URL, c.Source = server.URL, &source{n: uint64(b.N), size: 51_000}
			b.ReportAllocs()
			b.ResetTimer()
			r, err := load.Run(b.Context(), c)
			if err != nil || r.Acknowledged != uint64(b.N) {
				b.Fatalf("%v: %+v", err, r.Counts)
			}
			b.SetBytes(int64(r.Bytes) / int64(b.N))
			b.ReportMetric(float64(r.Requests)/r.Begun.Seconds(), "requests/s")
		})
	}
}
