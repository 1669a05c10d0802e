// Package svg draws graphs from a template, in the colours of the page that they
// stand in.
package svg

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
)

// Style is what a page with graphs needs beside the variables c1, c2, c3, good,
// bad, axis and grid for its colours.
//
//go:embed graph.css
var Style string

//go:embed graph.svg.tmpl
var graphText string

var drawing = template.Must(template.New("graph").Parse(graphText))

// Graph is a picture of curves. Where no curve has a point, there is nothing to
// draw.
type Graph struct {
	Alt    string // what it shows, for those who don't see it
	Title  string // above it; empty is none
	X, Y   Axis
	Curves []Curve
}

// Curve is a line, or dots.
type Curve struct {
	Name   string
	Class  string // its colour: c1, c2, c3, good or bad
	Points []Point
	Dots   bool // the points alone
}

// Point is a place in a graph, both numbers at most 1e300.
type Point struct{ X, Y float64 }

// Axis is how the numbers of one direction are shown.
type Axis struct {
	Label string
	Log   bool // logarithmic: all numbers are above 0
	// Show is a number as a tick has it; nil is as short as it is exact.
	Show func(float64) string
	// Ticks are where ticks are; nil is wherever they look well.
	Ticks []float64
	// Min and Max are shown at least, where they differ.
	Min, Max float64
}

// The size of a graph and of what is around its curves, in its own units.
const (
	width, height            = 420, 220
	left, right, top, bottom = 62, 14, 10, 42
)

// HTML is g as an element of a page, as wide as its place; empty where there is
// nothing to draw.
func (g Graph) HTML() (template.HTML, error) {
	p, ok := g.plot()
	if !ok {
		return "", nil
	}
	var b strings.Builder
	err := drawing.ExecuteTemplate(&b, "graph", p)
	return template.HTML(strings.TrimSpace(b.String())), err
}

// WriteSheet writes graphs as a file of their own, one below the other.
func WriteSheet(w io.Writer, graphs ...Graph) error {
	s := sheet{Style: template.HTML("<style>\n" + sheetColors + Style + "</style>"), Width: width}
	for _, g := range graphs {
		p, ok := g.plot()
		if !ok {
			continue
		}
		p.Down = s.Height
		s.Height += height + titleHeight
		s.Plots = append(s.Plots, p)
	}
	return drawing.ExecuteTemplate(w, "sheet", s)
}

// titleHeight is the room for a title in a sheet.
const titleHeight = 24

// sheetColors are those of a file that stands in no page.
const sheetColors = "svg { background: #fff; --soft: #404854; --axis: #8a93a3; --grid: #dfe3e9; --c1: #1f5fa8; --c2: #c2410c; " +
	"--c3: #7c5cd6; --bad: #c81e1e; --good: #15803d; }\n"

type sheet struct {
	Style         template.HTML
	Width, Height int
	Plots         []plot
}

// plot is a graph in the units of its picture.
type plot struct {
	Graph
	Down                                            int // within a sheet
	Width, Height, Left, Right, Top, Bottom, Middle int
	XTicks, YTicks                                  []tick
	Lines                                           []line
}

type tick struct{ At, Label string }

type line struct {
	Class string
	Path  string
	Dots  []dot
}

type dot struct{ X, Y string }

func (g Graph) plot() (plot, bool) {
	x, y := g.X.scale(left, width-right), g.Y.scale(height-bottom, top)
	for _, c := range g.Curves {
		for _, p := range c.Points {
			x.see(p.X)
			y.see(p.Y)
		}
	}
	if x.low > x.high {
		return plot{}, false
	}
	if !g.Y.Log {
		y.see(0)
	}
	x.widen()
	y.widen()
	d := plot{
		Graph: g, Width: width, Height: height, Left: left, Right: width - right, Top: top, Bottom: height - bottom,
		Middle: (left + width - right) / 2, XTicks: x.ticks(), YTicks: y.ticks(),
	}
	for _, c := range g.Curves {
		d.Lines = append(d.Lines, c.line(x, y))
	}
	return d, true
}

func (c Curve) line(x, y *scale) line {
	l := line{Class: c.Class}
	var path strings.Builder
	for i, p := range c.Points {
		at := dot{coordinate(x.place(p.X)), coordinate(y.place(p.Y))}
		if c.Dots {
			l.Dots = append(l.Dots, at)
			continue
		}
		fmt.Fprintf(&path, "%c%s %s", "ML"[min(i, 1)], at.X, at.Y)
	}
	l.Path = path.String()
	return l
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// scale puts numbers on an axis, from one end of it to the other.
type scale struct {
	Axis
	from, to  float64 // of the picture
	low, high float64
}

func (a Axis) scale(from, to int) *scale {
	s := &scale{Axis: a, from: float64(from), to: float64(to), low: math.Inf(1), high: math.Inf(-1)}
	return s
}

func (s *scale) see(v float64) { s.low, s.high = min(s.low, v), max(s.high, v) }

// widen gives the axis a length where all numbers are one.
func (s *scale) widen() {
	if s.Min != s.Max {
		s.see(s.Min)
		s.see(s.Max)
	}
	switch {
	case s.high > s.low:
	case s.Log:
		s.low, s.high = s.low/2, s.high*2
	default:
		s.high = s.low + 1
	}
}

func (s *scale) place(v float64) float64 {
	low, high := s.low, s.high
	if s.Log {
		low, high, v = math.Log10(low), math.Log10(high), math.Log10(v)
	}
	return s.from + (s.to-s.from)*((v-low)/(high-low))
}

// maxTicks is how many ticks have room for a label.
const maxTicks = 6

func (s *scale) ticks() []tick {
	var all []tick
	for _, v := range s.values() {
		// What is rounded may lie a hair outside.
		if slack := 1e-9 * (s.high - s.low); v >= s.low-slack && v <= s.high+slack {
			all = append(all, tick{coordinate(s.place(v)), s.show(v)})
		}
	}
	return all
}

func (s *scale) show(v float64) string {
	if s.Show == nil {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return s.Show(v)
}

// values are where the ticks may be.
func (s *scale) values() []float64 {
	switch {
	case s.Ticks != nil:
		return s.Ticks
	case s.Log:
		return s.powers()
	}
	step := niceStep((s.high - s.low) / (maxTicks - 1))
	var all []float64
	for i := math.Ceil(s.low / step); i*step <= s.high*(1+1e-9); i++ {
		all = append(all, i*step)
	}
	return all
}

// powers are 1, 2 and 5 times the powers of ten, or fewer where there are many.
func (s *scale) powers() []float64 {
	first, last := int(math.Floor(math.Log10(s.low))), int(math.Ceil(math.Log10(s.high)))
	factors, every := []float64{1, 2, 5}, 1
	if last-first > maxTicks/2 {
		factors, every = factors[:1], 1+(last-first)/(maxTicks+1)
	}
	var all []float64
	for e := first; e <= last; e += every {
		for _, f := range factors {
			all = append(all, f*math.Pow10(e))
		}
	}
	return all
}

// niceStep is the least of 1, 2 and 5 times a power of ten that is not below v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, f := range []float64{1, 2, 5} {
		if f*power >= v*(1-1e-9) {
			return f * power
		}
	}
	return 10 * power
}
