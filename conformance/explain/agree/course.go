package agree

import (
	"cmp"
	"slices"

	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
)

// course is what happens to each cell of a model.
type course struct {
	cells []history
	// order are the cells' places: first those with a look that fails, the
	// shortest history first.
	order   []int
	failing int // how many of them that are
}

// history is what happens to one cell, in order of time.
type history []moment

// moment is a meeting, a look or a restart.
type moment struct {
	at      float64
	meeting []part // of requests at once; nil: none
	look    int    // -1: none
	restart int    // -1: none
}

// part is what a request has for the cell, in each of the ways that its front
// may go.
type part struct {
	request int
	ways    [][]model.Entry
}

// courseOf is the course of a model with the fronts: that of all cells, or that of
// those alone in which one of the looks is taken.
func (x *Engine) courseOf(m *model.Model, f fronts, looks []int) *course {
	c := &course{}
	index := make(map[mocksender.Key]int, len(x.j.Looks))
	for _, i := range looks {
		index[m.Naming.Cell(x.j.Looks[i].Key)] = none
	}
	cell := func(k mocksender.Key) int {
		k = m.Naming.Cell(k)
		at, ok := index[k]
		switch {
		case !ok && looks != nil:
			return none
		case !ok || at == none:
			at = len(c.cells)
			index[k] = at
			c.cells = append(c.cells, nil)
		}
		return at
	}
	for _, i := range x.byBegin {
		x.addParts(c, i, f[i], cell)
	}
	for i := range x.j.Looks {
		l := &x.j.Looks[i]
		at := cell(l.Key)
		if at == none {
			continue
		}
		c.cells[at] = append(c.cells[at], moment{at: l.At, look: i, restart: -1})
	}
	for at := range c.cells {
		h := c.cells[at]
		for i := range x.j.Restarts {
			h = append(h, moment{at: x.j.Restarts[i].At, look: -1, restart: i})
		}
		slices.SortStableFunc(h, func(a, b moment) int { return compareTimes(a.at, b.at) })
		c.cells[at] = x.settled(h)
	}
	place := make([]int, len(c.cells))
	for at, h := range c.cells {
		c.order = append(c.order, at)
		place[at] = order(slices.ContainsFunc(h, func(mo moment) bool { return mo.look >= 0 && x.fails[mo.look] }))
		c.failing += 1 - place[at]
	}
	slices.SortStableFunc(c.order, func(a, b int) int {
		return cmp.Or(cmp.Compare(place[a], place[b]), cmp.Compare(len(c.cells[a]), len(c.cells[b])))
	})
	return c
}

// none is the place of a cell that is left out.
const none = -1

// addParts puts what a request has for each cell into its history: beside the
// requests there that it overlaps, or behind them.
func (x *Engine) addParts(c *course, request int, ways []front, cell func(mocksender.Key) int) {
	r := &x.j.Requests[request]
	for w := range ways {
		if !works(ways[w].outcome) && len(ways[w].entries) == 0 {
			continue
		}
		for _, e := range ways[w].entries {
			at := cell(e.Key)
			if at == none {
				continue
			}
			h := c.cells[at]
			if n := len(h); n == 0 || h[n-1].at <= r.Begin {
				h = append(h, moment{look: -1, restart: -1})
			}
			last := &h[len(h)-1]
			if n := len(last.meeting); n == 0 || last.meeting[n-1].request != request {
				last.meeting = append(last.meeting, part{request, make([][]model.Entry, len(ways))})
			}
			p := &last.meeting[len(last.meeting)-1]
			p.ways[w] = append(p.ways[w], e)
			last.at = max(last.at, r.End)
			c.cells[at] = h
		}
	}
}

func works(o model.Outcome) bool { return o == model.Taken || o == model.Exposed }

// settled is the history without the looks that were taken while a request was
// under way.
func (x *Engine) settled(h history) history {
	return slices.DeleteFunc(h, func(mo moment) bool {
		return mo.look >= 0 && slices.ContainsFunc(h, func(other moment) bool {
			return len(other.meeting) > 0 && other.at > mo.at && x.beginOf(&other) < mo.at
		})
	})
}

func (x *Engine) beginOf(mo *moment) float64 { return x.j.Requests[mo.meeting[0].request].Begin }
