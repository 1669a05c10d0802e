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

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report/svg"
)

//go:embed report.html.tmpl
var pageText string

var page = template.Must(template.New("load").Funcs(template.FuncMap{
	"graphStyle": func() template.CSS { return template.CSS(svg.Style) },
	"ms":         ms, "rate": rate, "grouped": grouped, "seconds": seconds, "size": size, "plural": plural,
	"errors": sortedErrors, "state": stateText, "percent": percentText, "date": func(t time.Time) string { return t.Format("2006-01-02 15:04:05 UTC") },
}).Parse(pageText))

// HTML writes r as one page that needs nothing else.
func HTML(w io.Writer, r Report) error {
	r.tidy()
	return page.Execute(w, struct {
		*Report
		Verdict   string
		Failures  []string
		Charts    []chart
		Quantiles []quantile
	}{&r, r.verdict(), r.Failures(), r.charts(), r.quantiles()})
}

// quantile is a row of the table of latencies, in milliseconds.
type quantile struct {
	Name      string
	Due, Sent float64
}

func (r *Report) quantiles() []quantile {
	due, sent := r.LatencyMS, r.ServiceMS
	return []quantile{{"p50", due.P50, sent.P50}, {"p90", due.P90, sent.P90}, {"p95", due.P95, sent.P95}, {"p99", due.P99, sent.P99},
		{"p99.9", due.P999, sent.P999}, {"max", due.Max, sent.Max}, {"mean", due.Mean, sent.Mean}}
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
func (r *Report) charts() []chart {
	var all []chart
	if r.FindMax != nil {
		all = append(all, r.FindMax.chart())
	}
	if len(r.Series) == 0 {
		return append(all, r.percentilesChart())
	}
	over := svg.Axis{Label: "seconds", Show: trimmed}
	latency := []svg.Curve{
		{Name: "max", Class: "c3", Points: positive(series(r.Series, func(p Point) float64 { return p.Max }))},
		{Name: "p99", Class: "c2", Points: positive(series(r.Series, func(p Point) float64 { return p.P99 }))},
		{Name: "p50", Class: "c1", Points: positive(series(r.Series, func(p Point) float64 { return p.P50 }))},
	}
	return append(all,
		chart{"latency", "Latency over time", "from the moment a request was due", svg.Graph{
			Alt: "p50, p99 and the maximum of each interval over time", X: over, Y: msAxis(latency), Curves: latency}},
		r.percentilesChart(),
		chart{"throughput", "Throughput", "entries a second", svg.Graph{
			Alt: "entries a second over time", X: over, Y: svg.Axis{Show: trimmed}, Curves: []svg.Curve{
				{Name: "entries", Class: "c1", Points: series(r.Series, func(p Point) float64 { return p.EventsPerS })},
			}}},
		chart{"errors", "Errors and retries", "failed attempts a second, and batches that wait for a retry", svg.Graph{
			Alt: "failed attempts a second and batches waiting for a retry over time", X: over, Y: svg.Axis{Show: trimmed}, Curves: []svg.Curve{
				{Name: "waiting", Class: "c1", Points: series(r.Series, func(p Point) float64 { return float64(p.Waiting) })},
				{Name: "errors a second", Class: "bad", Points: series(r.Series, func(p Point) float64 { return p.ErrorsPerS })},
			}}})
}

// percentilesChart shows how slow the slowest share was.
func (r *Report) percentilesChart() chart {
	var curves []svg.Curve
	for _, of := range []struct{ name, class, histogram string }{
		{"from due", "c2", r.Histogram}, {"from sent", "c1", r.ServiceHistogram},
	} {
		if h, err := decode(of.histogram); err == nil {
			curves = append(curves, svg.Curve{Name: of.name, Class: of.class, Points: percentiles(h)})
		}
	}
	return chart{"percentiles", "Percentiles", "how slow the slowest share was", svg.Graph{
		Alt: "latency by percentile, from the moment a request was due and from the moment it was sent",
		X:   ninesAxis(), Y: msAxis(curves), Curves: curves}}
}

// chart shows the rates that were tried.
func (f *FindMax) chart() chart {
	kept, broken := svg.Curve{Name: "kept", Class: "good", Dots: true}, svg.Curve{Name: "not kept", Class: "bad", Dots: true}
	for _, l := range f.Levels {
		into := &kept
		if !l.Kept {
			into = &broken
		}
		into.Points = append(into.Points, svg.Point{X: drawable(l.Target), Y: drawable(l.LatencyMS.P99)})
	}
	return chart{"levels", "Rates that were tried", f.Rule, svg.Graph{
		Alt: "p99 of each rate that was tried, and whether it was kept",
		X:   svg.Axis{Label: "requests a second", Show: trimmed}, Y: svg.Axis{Show: ms}, Curves: []svg.Curve{kept, broken}}}
}

// positive lifts what is 0, which a logarithmic axis has no place for.
func positive(all []svg.Point) []svg.Point {
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
