package load

import (
	"bytes"
	"html/template"
	"image/color"
	"math"
	"strconv"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// curve is one line of a chart.
type curve struct {
	Name   string
	Class  string // of the page's colours
	points plotter.XYs
	dots   bool // the points themselves are drawn as well
}

// chart is a picture and what its lines are.
type chart struct {
	ID, Title, Note string
	Alt             string // what it shows, for those who don't see it
	Curves          []curve
	SVG             template.HTML
}

// inks are stand-ins for the colours of the page, which differ between light and
// dark: a picture is drawn in the one and says the other.
var inks = []struct {
	stand color.RGBA
	class string
}{
	{color.RGBA{1, 1, 1, 255}, "c1"},
	{color.RGBA{2, 2, 2, 255}, "c2"},
	{color.RGBA{3, 3, 3, 255}, "c3"},
	{color.RGBA{4, 4, 4, 255}, "bad"},
	{color.RGBA{5, 5, 5, 255}, "good"},
}

func inkOf(class string) color.Color {
	for _, i := range inks {
		if i.class == class {
			return i.stand
		}
	}
	return inks[0].stand
}

// pageColors puts the page's colours in place of the stand-ins and of the
// library's own black and grey.
var pageColors = strings.NewReplacer(
	"#010101", "var(--c1)", "#020202", "var(--c2)", "#030303", "var(--c3)", "#040404", "var(--bad)", "#050505", "var(--good)",
	"#000000", "var(--axis)", "#808080", "var(--grid)",
	"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", "",
)

// axis is how numbers of one axis are shown.
type axis struct {
	label string
	log   bool
	show  func(float64) string
	ticks []float64 // nil: of the library's choice
}

const chartWidth, chartHeight = 5.6 * vg.Inch, 2.4 * vg.Inch

// draw draws the curves; empty where there is nothing to see.
func (c *chart) draw(x, y axis) error {
	p := plot.New()
	p.BackgroundColor = nil
	small := font.Font{Typeface: "Liberation", Variant: "Sans", Size: 9}
	for _, a := range []struct {
		axis *plot.Axis
		of   axis
	}{{&p.X, x}, {&p.Y, y}} {
		a.axis.Label.Text, a.axis.Label.TextStyle.Font = a.of.label, small
		a.axis.Tick.Label.Font = small
		a.axis.Tick.Marker = ticker(a.of)
		a.axis.Padding = vg.Points(4)
	}
	p.Add(plotter.NewGrid())
	seen := false
	for _, cv := range c.Curves {
		if len(cv.points) == 0 {
			continue
		}
		seen = true
		line, err := plotter.NewLine(cv.points)
		if err != nil {
			return err
		}
		line.Color, line.Width = inkOf(cv.Class), vg.Points(1.6)
		if !cv.dots {
			p.Add(line)
			continue
		}
		dots, err := plotter.NewScatter(cv.points)
		if err != nil {
			return err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: inkOf(cv.Class), Radius: vg.Points(3.5), Shape: draw.CircleGlyph{}}
		p.Add(dots)
	}
	if !seen {
		return nil
	}
	if y.log {
		p.Y.Scale = plot.LogScale{}
	} else {
		p.Y.Min = 0
	}
	if p.Y.Max <= p.Y.Min {
		p.Y.Max = p.Y.Min + 1
	}
	if p.X.Max <= p.X.Min {
		p.X.Min, p.X.Max = p.X.Min-0.5, p.X.Max+0.5
	}
	canvas := vgsvg.New(chartWidth, chartHeight)
	// Half of the last tick's label stands beyond the axis.
	p.Draw(draw.Crop(draw.New(canvas), 0, -vg.Points(16), 0, -vg.Points(2)))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	c.SVG = template.HTML(pageColors.Replace(inline(b.String(), c.Alt)))
	return nil
}

// inline is the picture as an element of a page, as wide as its place.
func inline(svg, alt string) string {
	_, body, _ := strings.Cut(svg, "<g transform")
	w, h := strconv.Itoa(int(chartWidth.Points())), strconv.Itoa(int(chartHeight.Points()))
	return `<svg role="img" aria-label="` + template.HTMLEscapeString(alt) + `" viewBox="0 0 ` + w + ` ` + h + `"><g transform` + body
}

// ticker puts an axis's own words on its ticks.
func ticker(a axis) plot.Ticker {
	return plot.TickerFunc(func(low, high float64) []plot.Tick {
		var ticks []plot.Tick
		switch {
		case a.ticks != nil:
			for _, v := range a.ticks {
				if v >= low && v <= high {
					ticks = append(ticks, plot.Tick{Value: v, Label: a.show(v)})
				}
			}
			return ticks
		case a.log:
			for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
				for _, m := range []float64{1, 2, 5} {
					if v := m * math.Pow(10, e); v >= low && v <= high {
						ticks = append(ticks, plot.Tick{Value: v, Label: a.show(v)})
					}
				}
			}
			if len(ticks) > 8 {
				for i := range ticks {
					if m := ticks[i].Value / math.Pow(10, math.Floor(math.Log10(ticks[i].Value)+1e-9)); m > 1.5 {
						ticks[i].Label = ""
					}
				}
			}
			return ticks
		}
		for _, t := range (plot.DefaultTicks{}).Ticks(low, high) {
			if t.Label != "" {
				t.Label = a.show(t.Value)
			}
			ticks = append(ticks, t)
		}
		return ticks
	})
}

// msAxis is an axis of times in milliseconds, logarithmic where they differ
// much.
func msAxis(curves []curve) axis {
	low, high := math.Inf(1), 0.0
	for _, c := range curves {
		for _, p := range c.points {
			low, high = min(low, p.Y), max(high, p.Y)
		}
	}
	return axis{label: "latency", log: low > 0 && high > 30*low, show: ms}
}

// maxPoints is how many points a curve has: more than its picture has dots.
const maxPoints = 600

// thin keeps of each run of points the highest, so that no peak is lost.
func thin(all plotter.XYs) plotter.XYs {
	if len(all) <= maxPoints {
		return all
	}
	var kept plotter.XYs
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
func series(points []Point, of func(Point) float64) plotter.XYs {
	all := make(plotter.XYs, 0, len(points))
	for _, p := range points {
		all = append(all, plotter.XY{X: drawable(p.AtS), Y: drawable(of(p))})
	}
	return thin(all)
}

// drawable is a number that a picture has room for: a file may hold any.
func drawable(v float64) float64 { return min(max(0, finite(v)), 1e12) }

// percentiles is a histogram's latency over the share that is slower, of which
// each ten times fewer take as much room.
func percentiles(h *hdrhistogram.Histogram) plotter.XYs {
	if h == nil || h.TotalCount() == 0 {
		return nil
	}
	var all plotter.XYs
	const steps = 120
	end := min(math.Log10(float64(h.TotalCount())), lastNines)
	for i := range steps + 1 {
		nines := end * float64(i) / steps
		q := 100 * (1 - math.Pow(10, -nines))
		all = append(all, plotter.XY{X: nines, Y: max(leastMS, float64(h.ValueAtPercentile(q))/1000)})
	}
	return all
}

// lastNines is how far a percentile curve goes: to 99.9999 %.
const lastNines = 6.0

// ninesAxis is an axis of percentiles.
func ninesAxis() axis {
	names := []string{"0", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"}
	a := axis{label: "percentile", show: func(v float64) string { return names[int(v)] }}
	for i := range names {
		a.ticks = append(a.ticks, float64(i))
	}
	return a
}
