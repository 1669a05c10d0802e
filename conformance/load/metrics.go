package load

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	engine "github.com/ctxpush/ctxpush/mocksender/load"
)

// Metrics are a load's figures for Prometheus. The zero Metrics are a load that
// has not begun.
type Metrics struct {
	mu  sync.Mutex
	now Progress
	// before are the counts of a search's earlier loads: a counter never falls.
	before, last counters
}

var _ prometheus.Collector = (*Metrics)(nil)

// counters are what only grows.
type counters map[string]float64

const metricPrefix = "ctxpush_load_"

// The counters' names and what they count, and the label where they have one.
var counterDescs = map[string]*prometheus.Desc{}

// counterDocs are the counters, in the order in which they are described.
var counterDocs = []struct{ name, doc, label string }{
	{"requests_total", "Requests that were begun.", ""},
	{"entries_total", "Entries of the requests that were begun.", ""},
	{"sent_bytes_total", "Bytes that were sent, heads and retries included.", ""},
	{"attempts_total", "Attempts to send a request.", ""},
	{"retries_total", "Attempts that were not a request's first.", ""},
	{"acknowledged_total", "Requests that were acknowledged.", ""},
	{"dropped_total", "Requests that were dropped after their last retry.", ""},
	{"late_total", "Requests that were sent late because every connection was busy.", ""},
	{"errors_total", "Attempts that failed, by kind.", "kind"},
	{"faults_total", "Attempts that went wrong on purpose, by fault.", "fault"},
	{"verified_states_total", "Final states that were read, by result: right, wrong or missing.", "result"},
}

func init() {
	for _, c := range counterDocs {
		var labels []string
		if c.label != "" {
			labels = []string{c.label}
		}
		counterDescs[c.name] = prometheus.NewDesc(metricPrefix+c.name, c.doc, labels, nil)
	}
}

var (
	inFlightDesc = prometheus.NewDesc(metricPrefix+"in_flight", "Attempts that are under way.", nil, nil)
	waitingDesc  = prometheus.NewDesc(metricPrefix+"retries_waiting", "Requests that wait for a retry.", nil, nil)
	overdueDesc  = prometheus.NewDesc(metricPrefix+"overdue", "Requests that are due and not begun.", nil, nil)
	targetDesc   = prometheus.NewDesc(metricPrefix+"target_requests_per_second", "The rate that a search tries; 0: none.", nil, nil)
	latencyDesc  = prometheus.NewDesc(metricPrefix+"latency_seconds", "Latency of the last interval, from the moment a request was due.", []string{"quantile"}, nil)
	serviceDesc  = prometheus.NewDesc(metricPrefix+"service_seconds", "Latency of the last interval, from the moment a request was sent.", []string{"quantile"}, nil)
)

// histogramDescs are the histograms' names, behind which their counters stand.
var histogramDescs = map[string]*prometheus.Desc{
	"latency": prometheus.NewDesc(metricPrefix+"latency_histogram_seconds", "Latencies of all attempts, from the moment a request was due.", nil, nil),
	"service": prometheus.NewDesc(metricPrefix+"service_histogram_seconds", "Latencies of all attempts, from the moment a request was sent.", nil, nil),
}

// Observe takes in how the load goes.
func (m *Metrics) Observe(p Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := countersOf(p)
	if now["requests_total"] < m.last["requests_total"] || now["verified_states_total\x00right"] < m.last["verified_states_total\x00right"] {
		if m.before == nil {
			m.before = counters{}
		}
		for k, v := range m.last { // a search's next load begins at 0
			m.before[k] += v
		}
	}
	m.last, m.now = now, p
}

// countersOf are the counters, named with their label's value.
func countersOf(p Progress) counters {
	s := p.Load
	c := counters{
		"requests_total": float64(s.Requests), "entries_total": float64(s.Events), "sent_bytes_total": float64(s.Bytes),
		"attempts_total": float64(s.Attempts), "retries_total": float64(s.Retries), "acknowledged_total": float64(s.Acknowledged),
		"dropped_total": float64(s.Dropped), "late_total": float64(s.Late),
		"verified_states_total\x00right":   float64(p.Checked - min(p.Checked, p.Wrong+p.Missing)),
		"verified_states_total\x00wrong":   float64(p.Wrong),
		"verified_states_total\x00missing": float64(p.Missing),
	}
	c.histogram("latency", s.Latency)
	c.histogram("service", s.Service)
	for kind, n := range s.Errors {
		c["errors_total\x00"+kind] = float64(n)
	}
	for fault, n := range s.Struck {
		c["faults_total\x00"+fault] = float64(n)
	}
	return c
}

// What a histogram's counters are named with: the bucket's place, or one of these.
const (
	timesCount = "count"
	timesSum   = "sum"
)

func (c counters) histogram(name string, b engine.Buckets) {
	c[name+"\x00"+timesCount], c[name+"\x00"+timesSum] = float64(b.Count), b.Sum.Seconds()
	for i, n := range b.Upto {
		c[name+"\x00"+strconv.Itoa(i)] = float64(n)
	}
}

// takeHistogram is the histogram of that name, whose counters are taken out.
func (c counters) takeHistogram(name string) prometheus.Metric {
	take := func(label string) float64 {
		key := name + "\x00" + label
		defer delete(c, key)
		return c[key]
	}
	buckets := map[float64]uint64{}
	for i, bound := range engine.Bounds {
		buckets[bound.Seconds()] = uint64(take(strconv.Itoa(i)))
	}
	return prometheus.MustNewConstHistogram(histogramDescs[name], uint64(take(timesCount)), take(timesSum), buckets)
}

// Serve serves the figures, and those of this process's Go runtime, at /metrics
// of the address until stop is called. An address that can't be listened on is an error of one line.
func (m *Metrics) Serve(addr string) (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return "", nil, fmt.Errorf("--metrics %.100s: %w: want a free host:port such as 127.0.0.1:9464", addr, err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m, collectors.NewGoCollector())
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // it ends by stop
	}()
	return "http://" + listener.Addr().String() + "/metrics", func() {
		server.Close()
		<-ended
	}, nil
}
