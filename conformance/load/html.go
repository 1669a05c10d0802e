package load

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"time"

	"gonum.org/v1/plot/plotter"

	"github.com/ctxpush/ctxpush/conformance/event"
)

//go:embed report.html.tmpl
var pageText string

var page = template.Must(template.New("load").Funcs(template.FuncMap{
	"ms": ms, "rate": rate, "grouped": grouped, "seconds": seconds, "size": size, "plural": plural,
	"errors": sortedErrors, "state": stateText, "percent": percentText, "date": func(t time.Time) string { return t.Format("2006-01-02 15:04:05 UTC") },
}).Parse(pageText))

// HTML writes r as one page that needs nothing else.
func HTML(w io.Writer, r Report) error {
	r.tidy()
	charts, err := r.charts()
	if err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	return page.Execute(w, struct {
		*Report
		Verdict  string
		Failures []string
		Charts   []chart
	}{&r, r.verdict(), r.Failures(), charts})
}

// verdict is the result in a word or two.
func (r *Report) verdict() string {
	switch r.Result {
	case Pass:
		return "passed"
	case Fail:
		return "failed"
	case Interrupted:
		return "interrupted"
	}
	return "not judged"
}

func percentText(v float64) string {
	if v > 0 && v < 0.01 {
		return "< 0.01 %"
	}
	return fmt.Sprintf("%.2f %%", v)
}

// stateText is a state on one line.
func stateText(s *event.State) string {
	if s == nil {
		return "not known"
	}
	b, err := json.Marshal(s)
	if err != nil {
		return string(s.DeliveryStatus)
	}
	const most = 600
	text := string(b)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// charts are the pictures of what was measured.
func (r *Report) charts() ([]chart, error) {
	var all []chart
	add := func(c chart, x, y axis) error {
		if err := c.draw(x, y); err != nil {
			return err
		}
		if c.SVG != "" {
			all = append(all, c)
		}
		return nil
	}
	over := axis{label: "seconds", show: func(v float64) string { return trimmed(v) }}
	if r.FindMax != nil {
		if err := add(r.FindMax.chart(), axis{label: "requests a second", show: trimmed}, axis{label: "p99", show: ms}); err != nil {
			return nil, err
		}
	}
	if len(r.Series) > 0 {
		latency := chart{ID: "latency", Title: "Latency over time", Note: "from the moment a request was due",
			Alt: "p50, p99 and the maximum of each interval over time",
			Curves: []curve{
				{Name: "max", Class: "c3", points: positive(series(r.Series, func(p Point) float64 { return p.Max }))},
				{Name: "p99", Class: "c2", points: positive(series(r.Series, func(p Point) float64 { return p.P99 }))},
				{Name: "p50", Class: "c1", points: positive(series(r.Series, func(p Point) float64 { return p.P50 }))},
			}}
		if err := add(latency, over, msAxis(latency.Curves)); err != nil {
			return nil, err
		}
	}
	var due, sent curve
	if h, err := decode(r.Histogram); err == nil {
		due = curve{Name: "from due", Class: "c2", points: percentiles(h)}
	}
	if h, err := decode(r.ServiceHistogram); err == nil {
		sent = curve{Name: "from sent", Class: "c1", points: percentiles(h)}
	}
	curves := []curve{due, sent}
	if err := add(chart{ID: "percentiles", Title: "Percentiles", Note: "how slow the slowest share was", Curves: curves,
		Alt: "latency by percentile, from the moment a request was due and from the moment it was sent"}, ninesAxis(), msAxis(curves)); err != nil {
		return nil, err
	}
	if len(r.Series) > 0 {
		for _, c := range []chart{
			{ID: "throughput", Title: "Throughput", Note: "entries a second", Alt: "entries a second over time",
				Curves: []curve{{Name: "entries", Class: "c1", points: series(r.Series, func(p Point) float64 { return p.EventsPerS })}}},
			{ID: "errors", Title: "Errors and retries", Note: "failed attempts a second, and batches that wait for a retry",
				Alt: "failed attempts a second and batches waiting for a retry over time",
				Curves: []curve{
					{Name: "waiting", Class: "c2", points: series(r.Series, func(p Point) float64 { return float64(p.Waiting) })},
					{Name: "errors a second", Class: "bad", points: series(r.Series, func(p Point) float64 { return p.ErrorsPerS })},
				}},
		} {
			if err := add(c, over, axis{show: trimmed}); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// chart shows the rates that were tried.
func (f *FindMax) chart() chart {
	kept, broken := curve{Name: "kept", Class: "good", dots: true}, curve{Name: "not kept", Class: "bad", dots: true}
	for _, l := range f.Levels {
		into := &kept
		if !l.Kept {
			into = &broken
		}
		into.points = append(into.points, plotter.XY{X: drawable(l.Target), Y: drawable(l.LatencyMS.P99)})
	}
	return chart{ID: "levels", Title: "Rates that were tried", Note: f.Rule, Curves: []curve{kept, broken},
		Alt: "p99 of each rate that was tried, and whether it was kept"}
}

// positive lifts what is 0, which a logarithmic axis has no place for.
func positive(all plotter.XYs) plotter.XYs {
	for i := range all {
		all[i].Y = max(all[i].Y, leastMS)
	}
	return all
}

// trimmed is a number of an axis.
func trimmed(v float64) string {
	if v == math.Trunc(v) && v >= 0 && v < maxCount {
		return grouped(uint64(v))
	}
	return fmt.Sprintf("%.4g", v)
}
