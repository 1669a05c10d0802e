package load

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Rule is a threshold that a load must keep, such as p99<250ms. It is read by
// ParseRule.
type Rule struct {
	// Text is the rule as it is shown: metric, operator and value.
	Text   string
	Metric string
	// Op is <, <=, >, >=, == or !=.
	Op string
	// Value is in the metric's unit: milliseconds, percent, or none.
	Value float64
	// Abort ends the run as soon as the rule is broken; Grace is how long after
	// its start that is not looked at.
	Abort bool
	Grace time.Duration
}

// unit is what a metric is measured in.
type unit int

const (
	plain unit = iota // a number
	duration
	percent
)

// metric is a figure that a rule can name.
type metric struct {
	name string
	unit unit
	// doc says what it is, for --help.
	doc string
	// live says that the figure is known while the load runs.
	live bool
	of   func(*Report) (float64, bool)
}

// metrics are all figures that a rule can name.
var metrics = func() []metric {
	var all []metric
	for _, q := range quantiles {
		// Of the last interval the engine tells four of them.
		live := q.name != "p95" && q.name != "p999"
		all = append(all,
			metric{q.name, duration, "", live, func(r *Report) (float64, bool) { return q.of(r.LatencyMS), r.LatencyMS.Count > 0 }},
			metric{"service_" + q.name, duration, "", live, func(r *Report) (float64, bool) { return q.of(r.ServiceMS), r.ServiceMS.Count > 0 }})
	}
	count := func(name, doc string, of func(*Report) uint64) metric {
		return metric{name, plain, doc, true, func(r *Report) (float64, bool) { return float64(of(r)), true }}
	}
	verified := func(name, doc string, of func(Verify) uint64) metric {
		return metric{name, plain, doc, false, func(r *Report) (float64, bool) { return float64(of(r.Verify)), r.Verify.Done() }}
	}
	return append(all,
		metric{"error_rate", percent, "attempts that failed", true, func(r *Report) (float64, bool) { return r.ErrorRate, r.Attempts > 0 }},
		verified("wrong", "final states that are not right", func(v Verify) uint64 { return v.Wrong }),
		verified("missing", "messages that are not known", func(v Verify) uint64 { return v.Missing }),
		count("dropped", "batches dropped after their last retry", func(r *Report) uint64 { return r.DroppedBatches }),
		count("late", "requests sent late because every connection was busy", func(r *Report) uint64 { return r.Late }),
		count("unsent", "requests that were due and never sent", func(r *Report) uint64 { return r.Unsent }),
		metric{"events_per_s", plain, "", true, func(r *Report) (float64, bool) { return r.EventsPerS, r.DurationS > 0 }},
		metric{"requests_per_s", plain, "", true, func(r *Report) (float64, bool) { return r.RequestsPerS, r.DurationS > 0 }},
	)
}()

// quantiles are the figures of a distribution of latencies.
var quantiles = []struct {
	name string
	of   func(Latencies) float64
}{
	{"p50", func(l Latencies) float64 { return l.P50 }},
	{"p90", func(l Latencies) float64 { return l.P90 }},
	{"p95", func(l Latencies) float64 { return l.P95 }},
	{"p99", func(l Latencies) float64 { return l.P99 }},
	{"p999", func(l Latencies) float64 { return l.P999 }},
	{"max", func(l Latencies) float64 { return l.Max }},
}

func metricNamed(name string) (metric, bool) {
	for _, m := range metrics {
		if m.name == name {
			return m, true
		}
	}
	return metric{}, false
}

// MetricNames are the figures that a rule can name.
func MetricNames() []string {
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = m.name
	}
	return names
}

// operators, a longer one before its beginning.
var operators = []struct {
	sign  string
	holds func(a, b float64) bool
}{
	{"<=", func(a, b float64) bool { return a <= b }},
	{">=", func(a, b float64) bool { return a >= b }},
	{"==", func(a, b float64) bool { return a == b }},
	{"!=", func(a, b float64) bool { return a != b }},
	{"<", func(a, b float64) bool { return a < b }},
	{">", func(a, b float64) bool { return a > b }},
}

// ParseRule reads METRIC OP VALUE, such as p99<250ms, error_rate<0.1%, wrong==0
// or events_per_s>5000, and after it :abort, or :abort=10s, which ends the run
// when the rule is broken, 10 s after its start at the soonest. The error is
// one line that says what would be right.
func ParseRule(s string) (Rule, error) {
	fail := func(format string, args ...any) (Rule, error) {
		return Rule{}, fmt.Errorf("%.100q: %s", s, fmt.Sprintf(format, args...))
	}
	var r Rule
	rule, ending, ends := strings.Cut(strings.TrimSpace(s), ":")
	if ends {
		word, grace, timed := strings.Cut(strings.TrimSpace(ending), "=")
		if word != "abort" {
			return fail("after the colon: want abort or abort=10s")
		}
		r.Abort = true
		if timed {
			d, err := time.ParseDuration(grace)
			if err != nil || d < 0 {
				return fail("abort=%s: want a duration such as abort=10s", text.Shown(grace, 40))
			}
			r.Grace = d
		}
	}
	at := strings.IndexAny(rule, "<>=!")
	if at < 0 {
		return fail("want a metric, an operator and a value, such as p99<250ms")
	}
	r.Metric = strings.TrimSpace(rule[:at])
	for _, o := range operators {
		if strings.HasPrefix(rule[at:], o.sign) {
			r.Op = o.sign
			break
		}
	}
	if r.Op == "" {
		return fail("want one of the operators <, <=, >, >=, == and !=")
	}
	m, ok := metricNamed(r.Metric)
	if !ok {
		return fail("metric %.40q is not known; %s", r.Metric, strictyaml.Suggest(r.Metric, MetricNames()))
	}
	if r.Abort && !m.live {
		return fail("%s is known when the load is over: it can't abort it", m.name)
	}
	text := strings.TrimSpace(rule[at+len(r.Op):])
	value, err := m.unit.parse(text)
	if err != nil {
		return fail("%s", err)
	}
	r.Value = value
	r.Text = r.Metric + r.Op + text
	return r, nil
}

// parse reads a value of the unit.
func (u unit) parse(s string) (float64, error) {
	switch u {
	case duration:
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return 0, fmt.Errorf("value %.40q: want a duration with a unit, such as 250ms, 1.5s or 800µs", s)
		}
		return float64(d) / float64(time.Millisecond), nil
	case percent:
		digits, ok := strings.CutSuffix(s, "%")
		f, err := number(strings.TrimSpace(digits))
		if !ok || err != nil || f > 100 {
			return 0, fmt.Errorf("value %.40q: want a percentage from 0%% to 100%%, such as 0.1%%", s)
		}
		return f, nil
	}
	f, err := number(s)
	if err != nil {
		return 0, fmt.Errorf("value %.40q: want a number of 0 or more", s)
	}
	return f, nil
}

// number is a plain decimal of 0 or more.
func number(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err == nil && (!(f >= 0) || math.IsInf(f, 0) || strings.ContainsAny(s, "xX_")) {
		err = strconv.ErrRange
	}
	return f, err
}

// ParseRules reads several rules.
func ParseRules(all []string) ([]Rule, error) {
	var rules []Rule
	for _, s := range all {
		r, err := ParseRule(s)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// Judge says whether the report keeps the rule. A figure that was not measured
// is not judged, and does not keep it.
func (r Rule) Judge(rep *Report) Threshold {
	t := Threshold{Rule: r.Text, Abort: r.Abort}
	m, ok := metricNamed(r.Metric)
	if !ok {
		return t
	}
	value, known := m.of(rep)
	if !known {
		return t
	}
	t.Value = &value
	for _, o := range operators {
		if o.sign == r.Op {
			t.OK = o.holds(value, r.Value)
		}
	}
	return t
}

// verifies says that the rule needs the final states.
func (r Rule) verifies() bool { return r.Metric == "wrong" || r.Metric == "missing" }

// Show is a figure of a rule's metric for people, such as 251.3 ms.
func (t Threshold) Show() string {
	if t.Value == nil {
		return "not measured"
	}
	name := t.Rule
	if i := strings.IndexAny(name, "<>=!"); i >= 0 {
		name = name[:i]
	}
	m, _ := metricNamed(name)
	v := *t.Value
	switch m.unit {
	case duration:
		return ms(v)
	case percent:
		return strconv.FormatFloat(v, 'g', 4, 64) + " %"
	}
	if v == math.Trunc(v) {
		return cmp.Or(grouped(uint64(v)), "0")
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}
