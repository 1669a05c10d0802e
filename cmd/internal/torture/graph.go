package torture

import (
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// graphWidth and graphHeight are those of one curve's picture.
const (
	graphWidth  = 8 * vg.Inch
	graphHeight = 2.2 * vg.Inch
)

var ink = color.RGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}

// Draw writes the run's curves as an SVG, one below the other, over one and the
// same time.
func (l LongRun) Draw(w io.Writer) error {
	canvas := vgsvg.New(graphWidth, graphHeight*vg.Length(max(1, len(l.Curves))))
	whole := draw.New(canvas)
	for i, c := range l.Curves {
		p := plot.New()
		p.Title.Text = l.Name + ": " + c.Name
		if c.Unit != "" {
			p.Title.Text += ", " + c.Unit
		}
		p.X.Label.Text = "seconds"
		p.Add(plotter.NewGrid())
		points := make(plotter.XYs, len(c.Points))
		for j, point := range c.Points {
			points[j] = plotter.XY{X: point.At.Seconds(), Y: point.Value}
		}
		if len(points) > 0 {
			line, err := plotter.NewLine(points)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			line.Color = ink
			p.Add(line)
		}
		p.X.Min, p.X.Max = 0, max(1, l.Took.Seconds())
		p.Y.Min = 0
		p.Y.Max = max(1, 1.1*c.Peak())
		top := graphHeight * vg.Length(i)
		p.Draw(draw.Crop(whole, vg.Points(4), -vg.Points(12), graphHeight*vg.Length(len(l.Curves)-1-i)+vg.Points(4), -top-vg.Points(4)))
	}
	_, err := canvas.WriteTo(w)
	return err
}
