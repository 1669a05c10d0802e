package load

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// maxEncoded bounds a histogram of a file, in bytes of base 64: far more than
// one of our own, whose buckets all hold something, ever takes.
const maxEncoded = 4 << 20

// latencies are the figures of a histogram of microseconds.
func latencies(h *hdrhistogram.Histogram) Latencies {
	if h == nil || h.TotalCount() == 0 {
		return Latencies{}
	}
	at := func(q float64) float64 { return float64(h.ValueAtPercentile(q)) / 1000 }
	return Latencies{
		P50: at(50), P90: at(90), P95: at(95), P99: at(99), P999: at(99.9),
		Max:   float64(h.Max()) / 1000,
		Mean:  math.Round(h.Mean()) / 1000,
		Count: uint64(h.TotalCount()),
	}
}

// encode is the histogram as HdrHistogram V2 in base 64, empty for nil.
func encode(h *hdrhistogram.Histogram) string {
	if h == nil {
		return ""
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "" // writes to memory don't fail
	}
	return string(b)
}

// decode reads a histogram of a file, which anyone may have written.
func decode(s string) (*hdrhistogram.Histogram, error) {
	if len(s) > maxEncoded {
		return nil, fmt.Errorf("is longer than %d bytes: want an HdrHistogram V2 in base 64", maxEncoded)
	}
	h, err := hdrhistogram.Decode([]byte(s))
	if err != nil {
		return nil, fmt.Errorf("can't be read: want an HdrHistogram V2 in base 64")
	}
	if h.TotalCount() > maxCount {
		return nil, fmt.Errorf("counts %d values: want at most %d", h.TotalCount(), int64(maxCount))
	}
	return h, nil
}

// sameGeometry says that histograms can be added without any loss.
func sameGeometry(a, b *hdrhistogram.Histogram) bool {
	return a.LowestTrackableValue() == b.LowestTrackableValue() &&
		a.HighestTrackableValue() == b.HighestTrackableValue() &&
		a.SignificantFigures() == b.SignificantFigures()
}
