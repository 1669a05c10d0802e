package mocksender_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ctxpush/ctxpush/mocksender"
)

// BenchmarkDeliver sends batches to a handler on loopback that reads them; the
// handler's work is part of what is measured.
func BenchmarkDeliver(b *testing.B) {
	for name, n := range map[string]int{"1": 1, "100": mocksender.MaxBatch} {
		b.Run("entries="+name, func(b *testing.B) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusNoContent)
			}))
			defer server.Close()
			s := &mocksender.Sender{URL: server.URL, Secret: secret}
			defer s.Close()
			one := batch(n)
			b.SetBytes(int64(len(one.Body())))
			b.ReportAllocs()
			b.SetParallelism(4)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if d := s.Deliver(b.Context(), one); !d.Acknowledged() {
						b.Error(d.Last().Line())
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "batches/s")
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
