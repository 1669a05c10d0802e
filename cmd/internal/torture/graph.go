package torture

import (
	"io"

	"github.com/ctxpush/ctxpush/conformance/report/svg"
)

// Draw writes the run's curves as an SVG, one below the other, over one and the
// same time.
func (l LongRun) Draw(w io.Writer) error {
	graphs := make([]svg.Graph, len(l.Curves))
	for i, c := range l.Curves {
		title := l.Name + ": " + c.Name
		if c.Unit != "" {
			title += ", " + c.Unit
		}
		points := make([]svg.Point, len(c.Points))
		for j, p := range c.Points {
			points[j] = svg.Point{X: p.At.Seconds(), Y: p.Value}
		}
		graphs[i] = svg.Graph{
			Title: title, X: svg.Axis{Label: "seconds", Max: max(1, l.Took.Seconds())}, Y: svg.Axis{Max: max(1, 1.1*c.Peak())},
			Curves: []svg.Curve{{Class: "c1", Points: points}},
		}
	}
	return svg.WriteSheet(w, graphs...)
}
