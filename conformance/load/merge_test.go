package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// shards are the parts of one small load.
func shards(t *testing.T, n int) []Part {
	var parts []Part
	for i := range n {
		c := small(t)
		c.Messages, c.Shard, c.Faults = 500, Shard{i + 1, n}, Faults{Duplicate: 0.1}
		c.Thresholds, _ = ParseRules([]string{"wrong==0"})
		parts = append(parts, Part{c.Shard.String(), run1(t, c)})
	}
	return parts
}

func TestMerge(t *testing.T) {
	parts := shards(t, 3)
	sum, err := Merge(parts, nil)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, sum)
	var requests, events, checked, values uint64
	for _, p := range parts {
		requests, events, checked = requests+p.Report.Requests, events+p.Report.Events, checked+p.Report.Verify.Checked
		values += p.Report.LatencyMS.Count
	}
	if sum.Requests != requests || sum.Events != events || sum.Verify.Checked != checked || sum.LatencyMS.Count != values || sum.Verify.Messages != 500 {
		t.Errorf("%+v", sum)
	}
	if sum.Result != Pass || len(sum.Merged) != 3 || len(sum.Notes) > 0 || len(sum.Thresholds) != 1 || !sum.Thresholds[0].OK {
		t.Errorf("%s, %v, %v, %+v", sum.Result, sum.Merged, sum.Notes, sum.Thresholds)
	}
	// Sums of sums are the same sum: the histograms are exact.
	two, err := Merge(parts[:2], nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(two.Notes) == 0 || !strings.Contains(two.Notes[0], "3/3") {
		t.Errorf("notes %v: want that shard 3/3 is missing", two.Notes)
	}
	again, err := Merge([]Part{{"two", two}, parts[2]}, nil)
	if err != nil || again.Histogram != sum.Histogram || again.LatencyMS != sum.LatencyMS || again.ServiceHistogram != sum.ServiceHistogram {
		t.Errorf("%+v is not %+v: %v", again.LatencyMS, sum.LatencyMS, err)
	}
	// The parts are the traffic of the whole.
	c := small(t)
	c.Messages, c.Faults = 500, Faults{Duplicate: 0.1}
	if whole := run1(t, c); whole.Events != sum.Events || whole.Verify.Checked != sum.Verify.Checked {
		t.Errorf("the whole has %d entries and %d states, its shards %d and %d", whole.Events, whole.Verify.Checked, sum.Events, sum.Verify.Checked)
	}
	strict, _ := ParseRules([]string{"requests_per_s>1000000"})
	if sum, err := Merge(parts, strict); err != nil || sum.Result != Fail || sum.ExitCode() != 1 {
		t.Errorf("%s, %v", sum.Result, err)
	}
}

func TestMergeRefuses(t *testing.T) {
	parts := shards(t, 2)
	for want, change := range map[string]func(*Report){
		"b: shard 1/2 is in a too":                func(r *Report) { r.Plan.Shard.I = 1 },
		"b: its seed is":                          func(r *Report) { r.Tool.Seed++ },
		"b: its mix is":                           func(r *Report) { r.Plan.Mix = "pending=100%" },
		"b: its faults is":                        func(r *Report) { r.Plan.Faults.Drop = 0.5 },
		"b: its number of shards is":              func(r *Report) { r.Plan.Shard.N = 3 },
		"b: histogram can't be read":              func(r *Report) { r.Histogram = "AAAA" },
		"b: histogram is missing":                 func(r *Report) { r.Histogram = "" },
		"b: service_histogram is longer":          func(r *Report) { r.ServiceHistogram = strings.Repeat("A", maxEncoded+1) },
		"b: the sum is beyond":                    func(r *Report) { r.Bytes = maxCount },
		`b: threshold "nonsense": want a metric,`: func(r *Report) { r.Thresholds = []Threshold{{Rule: "nonsense"}} },
	} {
		changed := parts[1].Report
		change(&changed)
		_, err := Merge([]Part{{"a", parts[0].Report}, {"b", changed}}, nil)
		var usage *UsageError
		if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := Merge(nil, nil); err == nil {
		t.Error("nothing is added up")
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "is empty",
		"[]":                    "is a JSON array",
		"{":                     "line 1 is not JSON",
		"{\n\n x":               "line 3 is not JSON",
		"{}":                    "schema is missing",
		`{"schema":"other/v1"}`: `schema is "other/v1"`,
		`{"schema":"ctxpush.load/v1","requests":-1}`:                                                "that does not fit there",
		`{"schema":"ctxpush.load/v1","requests":1e300}`:                                             "that does not fit there",
		`{"schema":"ctxpush.load/v1","result":"fine"}`:                                              `result is "fine"`,
		`{"schema":"ctxpush.load/v1","result":"pass","requests":99999999999999999}`:                 "requests is 99999999999999999",
		`{"schema":"ctxpush.load/v1","result":"pass","duration_s":-1}`:                              "duration_s is -1",
		`{"schema":"ctxpush.load/v1","result":"pass","plan":{"shard":{"i":5,"n":4}}}`:               "shard 5/4",
		`{"schema":"ctxpush.load/v1","result":"pass","merged":[{"i":0,"n":1}],"plan":{"shard":{}}}`: "merged: shard 0/1",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := Read(io.LimitReader(endless{}, maxFile+2)); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a file without end: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Whatever a file holds, it is read, added up and shown, or refused in one line.
func FuzzMerge(f *testing.F) {
	r := Report{Schema: Schema, Result: Pass, Histogram: encode(emptyHistogram()), ServiceHistogram: encode(emptyHistogram())}
	r.Plan.Shard = Shard{1, 2}
	r.tidy()
	whole, err := json.Marshal(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"schema":"ctxpush.load/v1","result":"fail","plan":{"shard":{"i":1,"n":1}},"histogram":"HISTFAAAAA==","series":[{"at_s":1e308}]}`))
	f.Add([]byte(`{"schema":"ctxpush.load/v1","result":"fail","plan":{"shard":{"i":1,"n":100000}},"verify":{"examples":[{"got":{"content":[1]}}]},"find_max":{"levels":[{"target":-1}]},"thresholds":[{"rule":"p99<1s"}],"errors":{"\u001b[31m":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(bytes.NewReader(data))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("%q is not one line", err)
			}
			return
		}
		if err := errors.Join(JSON(io.Discard, r), Terminal(io.Discard, r, Options{Color: true}), HTML(io.Discard, r)); err != nil {
			t.Fatalf("can't be shown: %v", err)
		}
		other := r
		if len(other.Merged) == 0 && other.Plan.Shard.N > 1 {
			other.Plan.Shard.I = other.Plan.Shard.I%other.Plan.Shard.N + 1
		}
		sum, err := Merge([]Part{{"a", r}, {"b", other}}, nil)
		if err == nil {
			err = errors.Join(JSON(io.Discard, sum), Terminal(io.Discard, sum, Options{}), HTML(io.Discard, sum))
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("%q is not one line", err)
		}
	})
}
