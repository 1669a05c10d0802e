package probe_test

import (
	"testing"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
)

// Ten thousand states a turn.
func BenchmarkSQL(b *testing.B) {
	b.Cleanup(func() { _ = servers.Close() })
	for _, driver := range sqltext.Dialects {
		b.Run(string(driver), func(b *testing.B) {
			db := newDatabase(b, driver)
			const n = 10_000
			keys, _ := fill(b, db, n)
			p := db.prober(b, "SELECT status AS delivery_status, method AS delivery_method FROM many"+byKey)
			for b.Loop() {
				if _, err := p.States(b.Context(), keys); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "states/s")
		})
	}
}
