package load

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	engine "github.com/ctxpush/ctxpush/mocksender/load"
)

func emptyHistogram() *hdrhistogram.Histogram { return engine.NewHistogram() }

// sample is a report with something in every place.
func sample() Report {
	h := emptyHistogram()
	for i := range int64(5000) {
		h.RecordValue(1000 + i*i/40)
	}
	p99 := 612.5
	r := Report{
		Schema: Schema, Result: Fail, Command: "ctxpush load --seed 7", Started: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC),
		Tool:     event.Tool{Version: "v1", Seed: 7, Protocol: "2025", Epoch: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)},
		Receiver: event.Receiver{Name: "acme", Kind: "url", URL: "http://127.0.0.1:3000", Identity: "device"},
		Plan:     Plan{Rate: "500/s", DurationS: 30, Connections: 32, Batch: "100", Mix: "opened=100%", TimeScale: 3600, Shard: Shard{1, 1}, Verify: "all"},
		Requests: 15000, Events: 1500000, Bytes: 800 << 20, DurationS: 31.2, BegunS: 30, Attempts: 15400, Retries: 400, Acknowledged: 14990, DroppedBatches: 10,
		Errors:    map[string]uint64{"timeout": 12, "status_500": 388},
		Faults:    map[string]uint64{"lost-ack": 150},
		LatencyMS: latencies(h), ServiceMS: latencies(h), Histogram: encode(h), ServiceHistogram: encode(h),
		Thresholds: []Threshold{{Rule: "p99<250ms", Value: &p99}, {Rule: "dropped==0", OK: true, Value: new(float64)}},
		FindMax: &FindMax{Rule: "p99<250ms", RequestsPerS: 640, EventsPerS: 64000, Bounded: true, Levels: []Level{
			{Target: 320, RequestsPerS: 320, LatencyMS: Latencies{P99: 20}, Kept: true}, {Target: 640, LatencyMS: Latencies{P99: 90}, Kept: true},
			{Target: 1280, LatencyMS: Latencies{P99: 900}, Broken: []string{"p99<250ms"}}}},
		Verify: Verify{Mode: "all", Messages: 500000, Checked: 750000, Wrong: 3, Missing: 1, DurationS: 7, Examples: []Example{{
			Index: 4711, Kind: event.Stale, Detail: "delivery_status is delivered: want opened",
			Message:  mocksender.Key{CampaignID: "spring-sale-1", UserID: "usr_1", IdempotencyKey: "push-1", DeviceToken: "abc"},
			Expected: &event.State{DeliveryStatus: "opened"}, Got: &event.State{DeliveryStatus: "delivered"},
			Timeline: []string{"2026-11-24T10:00:00.000Z  pending", "2026-11-24T10:01:00.000Z  opened"}}}},
	}
	r.figures()
	for i := range 30 {
		f := float64(i)
		r.Series = append(r.Series, Point{AtS: f + 1, RequestsPerS: 500, EventsPerS: 50000 - f*100, ErrorsPerS: f / 3, Waiting: uint64(i % 7), P50: 8 + f/10, P99: 30 + f*f/2, Max: 80 + f*f})
	}
	return r
}

// What a receiver says is text, whatever it looks like.
func TestHostileStrings(t *testing.T) {
	const evil = "</script><script>alert(1)</script>\x1b[31m\u202e::error::\xff' onload='x"
	r := sample()
	r.Receiver.Name, r.Reason, r.Crashed, r.Command = evil, evil, evil, evil
	r.Errors = map[string]uint64{evil: 1}
	r.Notes = []string{evil}
	e := &r.Verify.Examples[0]
	e.Detail, e.Message.UserID, e.Timeline = evil, evil, []string{evil}
	e.Got = &event.State{DeliveryStatus: mocksender.DeliveryStatus(evil), DeliveryMethod: evil, Timestamp: evil, Content: json.RawMessage(`"` + evil)}
	var page, text, file bytes.Buffer
	if err := HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	if s := page.String(); strings.Contains(s, "<script") || strings.Contains(s, "onload='x'") || strings.Contains(s, "' onload") {
		t.Errorf("the page has what the receiver said as more than text:\n%s", s)
	}
	if s := page.String(); strings.Contains(s, "http://www") && !strings.Contains(s, "xmlns") || strings.Contains(s, "src=") || strings.Contains(s, "href=") {
		t.Error("the page asks for something outside")
	}
	if err := Terminal(&text, r, Options{}); err != nil {
		t.Fatal(err)
	}
	if s := text.String(); strings.ContainsAny(s, "\x1b\u202e") || strings.Contains(s, "\n::") {
		t.Errorf("the terminal gets more than text:\n%q", s)
	}
	if err := JSON(&file, r); err != nil || !json.Valid(file.Bytes()) {
		t.Errorf("no JSON: %v", err)
	}
}

func TestPageShowsAll(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, sample()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"failed", "p99&lt;250ms", "Latency over time", "Percentiles", "Throughput", "Errors and retries", "Rates that were tried",
		"status_500", "lost-ack", "delivery_status is delivered: want opened", "2026-11-24T10:01:00.000Z", "<svg role=\"img\"", "ctxpush load --seed 7"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	for _, c := range []string{"#010101", "#020202", "#000000", "NaN"} {
		if strings.Contains(b.String(), c) {
			t.Errorf("%s is in the page", c)
		}
	}
	valid(t, sample())
}

// A certification's report is not touched.
func TestReportDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 { // an earlier load's report is replaced
		if err := PrepareDir(dir); err != nil {
			t.Fatal(err)
		}
		if err := WriteDir(dir, sample()); err != nil {
			t.Fatal(err)
		}
	}
	names := func() string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return strings.Join(all, " ")
	}
	if got := names(); got != "load.json report.html" {
		t.Errorf("the directory has %s", got)
	}
	if err := PrepareDir(dir); err != nil || names() != "load.json report.html" {
		t.Errorf("%v, %s is left until another load has ended", err, names())
	}
	for _, name := range []string{"report.json", "report.html"} {
		other := t.TempDir()
		file := filepath.Join(other, name)
		if err := os.WriteFile(file, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := PrepareDir(other); err == nil || !strings.Contains(err.Error(), "another run") {
			t.Errorf("%s: %v", name, err)
		}
		if b, err := os.ReadFile(file); err != nil || string(b) != "x" {
			t.Errorf("%s was touched: %q, %v", name, b, err)
		}
		if err := PrepareDir(file); err == nil {
			t.Errorf("%s, a file, is taken for a directory", name)
		}
	}
}

func TestMetrics(t *testing.T) {
	var m Metrics
	url, stop, err := m.Serve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if _, _, err := m.Serve(strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/metrics")); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a taken address: %v", err)
	}
	scrape := func() string {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status, err)
		}
		return string(b)
	}
	scrape() // before anything was observed
	var s engine.Snapshot
	s.Requests, s.Events, s.Errors = 10, 1000, map[string]uint64{"timeout": 3, "\xff": 1}
	s.Latency = engine.Buckets{Upto: [len(engine.Bounds)]uint64{3: 6, 4: 8}, Count: 9, Sum: 1500 * time.Millisecond}
	s.Last = engine.Point{InFlight: 5, Latency: engine.Quantiles{P99: 250 * time.Millisecond}}
	m.Observe(Progress{Phase: Sending, Load: s})
	m.Observe(Progress{Phase: Verifying, Load: s, Checked: 7, Wrong: 2, Missing: 1})
	for _, want := range []string{"ctxpush_load_requests_total 10\n", "ctxpush_load_errors_total{kind=\"timeout\"} 3\n", "ctxpush_load_in_flight 5\n",
		"# TYPE ctxpush_load_latency_histogram_seconds histogram\n", "ctxpush_load_latency_histogram_seconds_bucket{le=\"0.01\"} 6\n",
		"ctxpush_load_latency_histogram_seconds_bucket{le=\"0.025\"} 8\n", "ctxpush_load_latency_histogram_seconds_bucket{le=\"+Inf\"} 9\n",
		"ctxpush_load_latency_histogram_seconds_sum 1.5\n", "ctxpush_load_service_histogram_seconds_count 0\n",
		"ctxpush_load_latency_seconds{quantile=\"0.99\"} 0.25\n", "ctxpush_load_verified_states_total{result=\"right\"} 4\n"} {
		if got := scrape(); !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	// The next load of a search begins at 0; its counters go on.
	m.Observe(Progress{Phase: Sending})
	s.Requests = 4
	m.Observe(Progress{Phase: Sending, Load: s})
	if got := scrape(); !strings.Contains(got, "ctxpush_load_requests_total 14\n") || !strings.Contains(got, "latency_histogram_seconds_count 18\n") || !strings.Contains(got, "{result=\"right\"} 4\n") {
		t.Errorf("counters fell:\n%s", got)
	}
}

func TestLive(t *testing.T) {
	var s engine.Snapshot
	s.Last = engine.Point{InFlight: 32, Waiting: 4, Requests: 500, Events: 50000, Length: time.Second}
	s.Errors = map[string]uint64{"timeout": 3}
	progress := []Progress{{Phase: Starting}, {Phase: Sending, Load: s}, {Phase: Sending, Load: s}, {Phase: Verifying, Checked: 1000, Wrong: 2}, {Phase: Done}}
	var plain, drawn bytes.Buffer
	a, b := Live{W: &plain, Every: time.Hour}, Live{W: &drawn, Terminal: true, Size: func() (int, int) { return 60, 24 }}
	for _, p := range progress {
		a.Observe(p)
		b.Observe(p)
	}
	if got := strings.Split(strings.TrimSpace(plain.String()), "\n"); len(got) != 3 || !strings.Contains(got[1], "500 req/s") ||
		!strings.Contains(got[1], "3 errors") || !strings.Contains(got[1], "4 waiting") || !strings.Contains(got[2], "2 wrong") {
		t.Errorf("%q", got)
	}
	if s := drawn.String(); strings.Contains(s, "\n") || !strings.HasSuffix(s, "\r"+eraseToEnd) {
		t.Errorf("%q", s)
	}
	for _, line := range strings.Split(drawn.String(), "\r") {
		if n := len([]rune(strings.TrimSuffix(line, eraseToEnd))); n >= 60 {
			t.Errorf("%q is as wide as the terminal", line)
		}
	}
}
