package html

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
)

// orders is what an explored check played, as a picture: a row for each true
// history, a column for each manner in which its entries arrived.
type orders struct {
	Check, Title      string
	Schedules, Failed string
	Bad               bool
	Manners           []string
	Rows              []orderRow
	More              int // histories that are not shown
}

type orderRow struct {
	History string
	Cells   []cell
}

// cell is the schedules of one shape. Its bar is a hundred wide.
type cell struct {
	Played, Failed int
	// Width is the bar's length, FailedWidth the part of it that failed.
	Width, FailedWidth float64
}

// maxHistories is how many histories of a check are drawn.
const maxHistories = 48

func newOrders(r report.Report) []orders {
	var all []orders
	for _, c := range r.Checks {
		if len(c.Orders) > 0 && len(all) < maxHistories {
			all = append(all, draw(c))
		}
	}
	return all
}

func draw(c report.Check) orders {
	o := orders{Check: shown(c.ID), Title: shown(c.Title)}
	manners := make([]event.Manner, 0, len(event.Manners))
	for _, m := range event.Manners {
		if slices.ContainsFunc(c.Orders, func(s event.Orders) bool { return s.Manner == m }) {
			manners = append(manners, m)
			o.Manners = append(o.Manners, string(m)) // one of ours
		}
	}
	played, failed, most := 0, 0, 1
	var histories []string
	at := map[string]int{}
	for _, s := range c.Orders {
		played += s.Schedules
		failed += s.Failed
		most = max(most, s.Schedules)
		i, known := at[s.History]
		if !known {
			i = len(histories)
			at[s.History] = i
			histories = append(histories, s.History)
			o.Rows = append(o.Rows, orderRow{History: shown(s.History), Cells: make([]cell, len(manners))})
		}
		if j := slices.Index(manners, s.Manner); j >= 0 {
			o.Rows[i].Cells[j].Played += s.Schedules
			o.Rows[i].Cells[j].Failed += s.Failed
		}
	}
	for _, row := range o.Rows {
		for j := range row.Cells {
			if v := &row.Cells[j]; v.Played > 0 {
				v.Width = max(6, 100*float64(v.Played)/float64(most))
				v.FailedWidth = v.Width * float64(min(v.Failed, v.Played)) / float64(v.Played)
			}
		}
	}
	o.Schedules, o.Failed, o.Bad = text.Thousands(played), text.Thousands(failed), failed > 0
	if o.More = len(o.Rows) - maxHistories; o.More > 0 {
		o.Rows = o.Rows[:maxHistories]
	}
	o.More = max(0, o.More)
	return o
}

// timing is one of the slowest checks.
type timing struct {
	Check   string
	Row     string // of the table, to go to
	Seconds string
	Width   float64 // of a bar, the slowest being 100 wide
}

// maxTimings is how many checks are timed.
const maxTimings = 12

func slowest(r report.Report) []timing {
	type timed struct {
		check report.Check
		place int
	}
	var all []timed
	for i, c := range r.Checks {
		if c.DurationMS > 0 {
			all = append(all, timed{c, i})
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Compare(b.check.DurationMS, a.check.DurationMS) })
	all = all[:min(len(all), maxTimings)]
	timings := make([]timing, len(all))
	for i, t := range all {
		timings[i] = timing{Check: shown(t.check.ID), Row: fmt.Sprintf("check-%d", t.place+1), Seconds: tableTime(t.check.DurationMS),
			Width: 100 * float64(t.check.DurationMS) / float64(all[0].check.DurationMS)}
	}
	return timings
}
