package load

import (
	"html/template"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/ctxpush/ctxpush/conformance/report/svg"
)

// chart is a picture and what its lines are.
type chart struct {
	ID, Title, Note string
	Graph           svg.Graph
}

// SVG is the picture; empty where there is nothing to see.
func (c chart) SVG() (template.HTML, error) { return c.Graph.HTML() }

// msAxis is an axis of times in milliseconds, logarithmic where they differ
// much.
func msAxis(curves []svg.Curve) svg.Axis {
	low, high := math.Inf(1), 0.0
	for _, c := range curves {
		for _, p := range c.Points {
			low, high = min(low, p.Y), max(high, p.Y)
		}
	}
	return svg.Axis{Log: low > 0 && high > 30*low, Show: ms}
}

// maxPoints is how many points a curve has: more than its picture has dots.
const maxPoints = 600

// thin keeps of each run of points the highest, so that no peak is lost.
func thin(all []svg.Point) []svg.Point {
	if len(all) <= maxPoints {
		return all
	}
	var kept []svg.Point
	for i := range maxPoints {
		run := all[i*len(all)/maxPoints : (i+1)*len(all)/maxPoints]
		top := run[0]
		for _, p := range run {
			if p.Y > top.Y {
				top = p
			}
		}
		kept = append(kept, top)
	}
	return kept
}

// leastMS is below what is measured: logarithms need something.
const leastMS = 0.001

// series is one figure of the intervals over time.
func series(points []Point, of func(Point) float64) []svg.Point {
	all := make([]svg.Point, 0, len(points))
	for _, p := range points {
		all = append(all, svg.Point{X: drawable(p.AtS), Y: drawable(of(p))})
	}
	return thin(all)
}

// drawable is a number that a picture has room for: a file may hold any.
func drawable(v float64) float64 { return min(max(0, finite(v)), 1e12) }

// percentiles is a histogram's latency over the share that is slower, of which
// each ten times fewer take as much room.
func percentiles(h *hdrhistogram.Histogram) []svg.Point {
	if h == nil || h.TotalCount() == 0 {
		return nil
	}
	var all []svg.Point
	const steps = 120
	end := min(math.Log10(float64(h.TotalCount())), lastNines)
	for i := range steps + 1 {
		nines := end * float64(i) / steps
		q := 100 * (1 - math.Pow(10, -nines))
		all = append(all, svg.Point{X: nines, Y: max(leastMS, float64(h.ValueAtPercentile(q))/1000)})
	}
	return all
}

// lastNines is how far a percentile curve goes: to 99.9999 %.
const lastNines = 6.0

// ninesAxis is an axis of percentiles.
func ninesAxis() svg.Axis {
	names := []string{"0", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"}
	a := svg.Axis{Label: "percentile", Show: func(v float64) string { return names[int(v)] }}
	for i := range names {
		a.Ticks = append(a.Ticks, float64(i))
	}
	return a
}
