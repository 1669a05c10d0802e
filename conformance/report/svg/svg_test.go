package svg_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/report/svg"
)

func html(t *testing.T, g svg.Graph) string {
	t.Helper()
	h, err := g.HTML()
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

func isXML(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestACurveReachesFromEndToEnd(t *testing.T) {
	got := html(t, svg.Graph{Alt: "a & b", Curves: []svg.Curve{{Class: "c2", Points: []svg.Point{{0, 0}, {5, 50}, {10, 100}}}}})
	isXML(t, got)
	for _, want := range []string{`aria-label="a &amp; b"`, `<path class="curve c2" d="M62.0 178.0L234.0 94.0L406.0 10.0"/>`, ">100</text>", ">10</text>"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestALogarithmicAxisGivesEachPowerTheSameRoom(t *testing.T) {
	got := html(t, svg.Graph{Y: svg.Axis{Log: true}, Curves: []svg.Curve{{Points: []svg.Point{{0, 1}, {1, 10}, {2, 100}}}}})
	if want := `d="M62.0 178.0L234.0 94.0L406.0 10.0"`; !strings.Contains(got, want) {
		t.Errorf("no %s in\n%s", want, got)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name      string
		axis      svg.Axis
		low, high float64
		want      string
	}{
		{"round steps", svg.Axis{}, 0, 29, "0 10 20"},
		{"from zero", svg.Axis{}, 90, 100, "0 20 40 60 80 100"},
		{"few decades", svg.Axis{Log: true}, 1, 60, "1 2 5 10 20 50"},
		{"many decades", svg.Axis{Log: true}, 0.001, 1000, "0.001 0.01 0.1 1 10 100 1000"},
		{"one number", svg.Axis{}, 0, 0, "0 0.2 0.4 0.6 0.8 1"},
		{"at least", svg.Axis{Min: 0, Max: 10}, 0, 1, "0 2 4 6 8 10"},
		{"given", svg.Axis{Ticks: []float64{0, 3, 99}}, 0, 5, "0 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seen []string
			c.axis.Show = func(v float64) string {
				s := strconv.FormatFloat(v, 'g', 6, 64)
				seen = append(seen, s)
				return s
			}
			html(t, svg.Graph{Y: c.axis, X: svg.Axis{Ticks: []float64{}}, Curves: []svg.Curve{{Points: []svg.Point{{0, c.low}, {1, c.high}}}}})
			if got := strings.Join(seen, " "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestNothingToDraw(t *testing.T) {
	if got := html(t, svg.Graph{Curves: []svg.Curve{{Name: "none"}}}); got != "" {
		t.Errorf("%s", got)
	}
}

func TestAnyNumbersCanBeDrawn(t *testing.T) {
	for _, v := range []float64{0, 1e-300, 1, math.Pi, 1e12, 1e300} {
		for _, log := range []bool{false, v > 0} {
			got := html(t, svg.Graph{Y: svg.Axis{Log: log}, Curves: []svg.Curve{{Points: []svg.Point{{0, v}, {1, v}}}, {Dots: true, Points: []svg.Point{{v, v}}}}})
			isXML(t, got)
			if strings.Contains(got, "NaN") || strings.Contains(got, "Inf") {
				t.Errorf("%g, logarithmic %t:\n%s", v, log, got)
			}
		}
	}
}

func TestASheetIsAFileOfItsOwn(t *testing.T) {
	one := svg.Graph{Title: "memory, <MiB>", Curves: []svg.Curve{{Class: "c1", Points: []svg.Point{{0, 1}, {1, 2}}}}}
	var b bytes.Buffer
	if err := svg.WriteSheet(&b, one, svg.Graph{}, one); err != nil {
		t.Fatal(err)
	}
	isXML(t, b.String())
	for _, want := range []string{`xmlns="http://www.w3.org/2000/svg"`, `height="488"`, "memory, &lt;MiB&gt;", "--c1: #1f5fa8"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}
