package load

import (
	"maps"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	engine "github.com/ctxpush/ctxpush/mocksender/load"
)

// Describe names the figures.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range counterDescs {
		ch <- d
	}
	for _, d := range histogramDescs {
		ch <- d
	}
	for _, d := range []*prometheus.Desc{inFlightDesc, waitingDesc, overdueDesc, targetDesc, latencyDesc, serviceDesc} {
		ch <- d
	}
}

// Collect tells the figures as they are.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	now, total := m.now, maps.Clone(m.last)
	if total == nil {
		total = countersOf(now)
	}
	for k, v := range m.before {
		total[k] += v
	}
	m.mu.Unlock()
	for name := range histogramDescs {
		ch <- total.takeHistogram(name)
	}
	for k, v := range total {
		name, label, labelled := strings.Cut(k, "\x00")
		var labels []string
		if labelled {
			labels = []string{strings.ToValidUTF8(label, "\uFFFD")}
		}
		ch <- prometheus.MustNewConstMetric(counterDescs[name], prometheus.CounterValue, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	last := now.Load.Last
	gauge(inFlightDesc, float64(last.InFlight))
	gauge(waitingDesc, float64(last.Waiting))
	gauge(overdueDesc, float64(last.Overdue))
	gauge(targetDesc, now.Target)
	for _, d := range []struct {
		desc *prometheus.Desc
		of   engine.Quantiles
	}{{latencyDesc, last.Latency}, {serviceDesc, last.Service}} {
		for _, q := range []struct {
			name string
			at   time.Duration
		}{{"0.5", d.of.P50}, {"0.9", d.of.P90}, {"0.99", d.of.P99}, {"1", d.of.Max}} {
			gauge(d.desc, q.at.Seconds(), q.name)
		}
	}
}
