package load

import (
	"strings"
	"testing"
	"time"
)

func TestRules(t *testing.T) {
	r := Report{
		Attempts: 1000, ErrorRate: 0.5, DurationS: 10, EventsPerS: 5000, RequestsPerS: 50, DroppedBatches: 2, Late: 3, Unsent: 4,
		LatencyMS: Latencies{P50: 10, P90: 20, P95: 25, P99: 250, P999: 900, Max: 1500, Count: 1000},
		ServiceMS: Latencies{P50: 0.8, P99: 30, Max: 40, Count: 1000},
		Verify:    Verify{Mode: "all", Checked: 100, Wrong: 1},
	}
	for rule, want := range map[string]bool{
		"p99<250ms": false, "p99<=250ms": true, "p99 < 0.3s": true, "p50>9ms": true, "p90>=20ms": true, "p95<25.1ms": true, "p999<1s": true, "max<1.5s": false,
		"service_p50<800µs": false, "service_p50<801us": true, "service_max<1m": true,
		"error_rate<0.1%": false, "error_rate<=0.5%": true, "error_rate < 100 %": true,
		"wrong==0": false, "wrong!=0": true, "missing==0": true, "dropped==2": true, "late<3": false, "unsent>3": true,
		"events_per_s>5000": false, "events_per_s>=5e3": true, "requests_per_s>49.5": true,
		"p99<1s:abort": true, "p99<1s:abort=10s": true,
	} {
		parsed, err := ParseRule(rule)
		if err != nil {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		if got := parsed.Judge(&r); got.OK != want || got.Value == nil || got.Show() == "" {
			t.Errorf("%s: %+v, want %v", rule, got, want)
		}
		again, err := ParseRule(parsed.Text)
		if err != nil || again.Text != parsed.Text || again.Value != parsed.Value {
			t.Errorf("%s: %q is not the same rule: %v", rule, parsed.Text, err)
		}
	}
	if r, err := ParseRule("p90<1s:abort=10s"); err != nil || !r.Abort || r.Grace != 10*time.Second {
		t.Errorf("%+v, %v", r, err)
	}
}

// What was not measured keeps no rule.
func TestRulesOfNothing(t *testing.T) {
	var r Report
	for _, m := range metrics {
		value := map[unit]string{plain: "0", duration: "0s", percent: "0%"}[m.unit]
		rule, err := ParseRule(m.name + ">=" + value)
		if err != nil {
			t.Fatal(err)
		}
		got := rule.Judge(&r)
		if counted := m.name == "dropped" || m.name == "late" || m.name == "unsent"; got.OK != counted || (got.Value != nil) != counted {
			t.Errorf("%s: %+v", m.name, got)
		}
	}
}

func TestMistakenRules(t *testing.T) {
	for rule, want := range map[string]string{
		"":                      "want a metric, an operator and a value",
		"p99":                   "want a metric, an operator and a value",
		"p98<1s":                `metric "p98" is not known; did you mean "p9`,
		"p99=1s":                "want one of the operators",
		"p99<1":                 "want a duration with a unit",
		"p99<-1s":               "want a duration with a unit",
		"p99<NaN":               "want a duration with a unit",
		"error_rate<0.1":        "want a percentage",
		"error_rate<101%":       "want a percentage",
		"error_rate<NaN%":       "want a percentage",
		"wrong==-1":             "want a number of 0 or more",
		"wrong==NaN":            "want a number of 0 or more",
		"wrong==inf":            "want a number of 0 or more",
		"wrong==0x10":           "want a number of 0 or more",
		"p99<1s:stop":           "want abort or abort=10s",
		"p99<1s:abort=soon":     "want a duration such as abort=10s",
		"wrong==0:abort":        "is known when the load is over",
		"service_p999<1s:abort": "is known when the load is over",
	} {
		if _, err := ParseRule(rule); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", rule, err, want)
		}
	}
}

func TestFaultTexts(t *testing.T) {
	f, err := ParseFaults("duplicate=5%, reorder=10%,drop=0.5%,lost-ack=1%,slow=100%,reset=0%")
	if want := (Faults{0.05, 0.1, 0.005, 0.01, 1, 0}); err != nil || f != want {
		t.Errorf("%+v, %v", f, err)
	}
	if again, err := ParseFaults(f.String()); err != nil || again != f {
		t.Errorf("%s is read as %+v, %v", f, again, err)
	}
	if f, err := ParseFaults(""); err != nil || f != (Faults{}) || f.String() != "" {
		t.Errorf("%+v, %v", f, err)
	}
	for text, want := range map[string]string{
		"duplicates=5%":   `fault "duplicates" is not known; did you mean "duplicate"?`,
		"quake=5%":        "want duplicate, reorder",
		"drop":            "has no share",
		"drop=5":          "want a percentage",
		"drop=101%":       "want a percentage",
		"drop=-1%":        "want a percentage",
		"drop=NaN%":       "want a percentage",
		"drop=1%,drop=2%": "named twice",
	} {
		if _, err := ParseFaults(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestShardAndVerificationTexts(t *testing.T) {
	if s, err := ParseShard("2/4"); err != nil || s != (Shard{2, 4}) || s.String() != "2/4" {
		t.Errorf("%v, %v", s, err)
	}
	for _, text := range []string{"5/4", "0/4", "1", "1/", "a/b", "-1/4", "1/0", "1/1000000", "1/2/3"} {
		if _, err := ParseShard(text); err == nil {
			t.Errorf("shard %q is taken", text)
		}
	}
	for _, text := range []string{"all", "none", "sample=10000"} {
		if v, err := ParseVerification(text); err != nil || v.String() != text {
			t.Errorf("%v, %v", v, err)
		}
	}
	for _, text := range []string{"", "some", "sample", "sample=0", "sample=-1", "sample=x"} {
		if _, err := ParseVerification(text); err == nil {
			t.Errorf("verification %q is taken", text)
		}
	}
}

// The highest rate is found to within a few percent, whatever it is.
func TestClimb(t *testing.T) {
	for _, holds := range []float64{3, 9, 10, 11, 100, 731, 54_321, 999_999} {
		var f FindMax
		best, tries := 0.0, 0
		err := climb(firstRate, func(target float64) (bool, error) {
			if tries++; target <= holds {
				best = max(best, target)
			}
			return target <= holds, nil
		}, &f)
		if err != nil || best < holds/1.08 && holds-best > 1 || tries > 35 || !f.Bounded {
			t.Errorf("%g is held: found %g in %d tries, %+v, %v", holds, best, tries, f, err)
		}
	}
	var f FindMax
	if err := climb(firstRate, func(float64) (bool, error) { return true, nil }, &f); err != nil || f.Bounded {
		t.Errorf("%+v, %v", f, err)
	}
	tries := 0
	if err := climb(firstRate, func(float64) (bool, error) { tries++; return false, nil }, &f); err != nil || tries > 5 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

func TestNothingAcknowledgedIsAFailure(t *testing.T) {
	for _, c := range []struct {
		acknowledged uint64
		interrupted  bool
		want         Result
	}{{0, false, Fail}, {1, false, Pass}, {0, true, Interrupted}} {
		r := &Report{Requests: 12, Acknowledged: c.acknowledged}
		if r.judge(nil, nil, c.interrupted); r.Result != c.want {
			t.Errorf("%d of 12 acknowledged, interrupted %v: %s, want %s", c.acknowledged, c.interrupted, r.Result, c.want)
		}
		if got := strings.Join(r.Failures(), "; "); c.want == Fail && got != "none of 12 requests was acknowledged" {
			t.Errorf("told as %q", got)
		}
	}
}
