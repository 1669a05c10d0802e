package torture

import (
	"fmt"
	"time"
)

// Curve is one figure of a long run over time.
type Curve struct {
	Name string // such as resident memory
	Unit string // of its values; empty: they are counted
	// May is by how much it may rise, in its unit, and still be called flat: over
	// the second half as a straight line fits it best, and from the second tenth
	// to the last. The first tenth is where caches fill. 0 is a curve that is shown
	// and not judged: it goes with what is done at the moment.
	May    float64
	Points []CurvePoint
}

// CurvePoint is a figure at a moment.
type CurvePoint struct {
	At    time.Duration // since the start
	Value float64
}

// leastPoints is from how many on a curve is judged.
const leastPoints = 20

func (c *Curve) add(at time.Duration, value float64) {
	c.Points = append(c.Points, CurvePoint{at, value})
}

// Judged says whether the curve is to be flat, and has enough points to tell.
func (c Curve) Judged() bool { return c.May > 0 && len(c.Points) >= leastPoints }

// Tenth is the mean of the i-th tenth of the points, 0 to 9; 0 where there are
// fewer than ten.
func (c Curve) Tenth(i int) float64 {
	n := len(c.Points)
	part := c.Points[i*n/10 : (i+1)*n/10]
	sum := 0.0
	for _, p := range part {
		sum += p.Value
	}
	return sum / float64(max(1, len(part)))
}

// Peak is the highest value.
func (c Curve) Peak() float64 {
	peak := 0.0
	for _, p := range c.Points {
		peak = max(peak, p.Value)
	}
	return peak
}

// Drift is the slope of the straight line that fits the second half best, in
// units an hour; over is by how much that line rises there.
func (c Curve) Drift() (perHour, over float64) {
	half := c.Points[len(c.Points)/2:]
	if len(half) < 2 {
		return 0, 0
	}
	var x, y float64
	for _, p := range half {
		x += p.At.Hours()
		y += p.Value
	}
	x, y = x/float64(len(half)), y/float64(len(half))
	var xx, xy float64
	for _, p := range half {
		dx := p.At.Hours() - x
		xx += dx * dx
		xy += dx * (p.Value - y)
	}
	if xx == 0 {
		return 0, 0
	}
	perHour = xy / xx
	return perHour, perHour * (half[len(half)-1].At - half[0].At).Hours()
}

// Wrong is why the curve is not flat; empty where it is, or has too few points.
func (c Curve) Wrong() string {
	if !c.Judged() {
		return ""
	}
	unit := c.Unit
	if unit != "" {
		unit = " " + unit
	}
	perHour, over := c.Drift()
	if over > c.May {
		return fmt.Sprintf("%s rises by %.1f%s in the second half, %.1f an hour: want at most %g", c.Name, over, unit, perHour, c.May)
	}
	if early, late := c.Tenth(1), c.Tenth(9); late-early > c.May {
		return fmt.Sprintf("%s is %.1f%s in the last tenth and was %.1f in the second: want at most %g more", c.Name, late, unit, early, c.May)
	}
	return ""
}
