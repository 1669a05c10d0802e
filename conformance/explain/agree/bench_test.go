package agree_test

import (
	"context"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/explain/agree"
	"github.com/ctxpush/ctxpush/fixtures/model"
)

// All models with one mistake over some 2,000 schedules.
func BenchmarkExplain(b *testing.B) {
	for _, id := range []string{"last-arrival-wins", "later-second-wins", "key-cut-at-255"} {
		b.Run(id, func(b *testing.B) {
			journal := scriptOf(b, model.ByDevice, 3).play(model.RowPerDevice, model.MistakesOf(id)[0])
			b.ReportMetric(float64(len(journal.Requests)), "requests")
			for b.Loop() {
				if e := agree.New(journal).Explain(context.Background(), nil); e.Cause == nil {
					b.Fatal("no cause")
				}
			}
		})
	}
}
