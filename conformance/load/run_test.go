package load

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/scenarios"
)

const testSecret = "ctx-Secret-of-the-test"

// small is a load that is over soon, with everything that can go wrong.
func small(t *testing.T) Config {
	faults, err := ParseFaults("duplicate=20%,reorder=30%,drop=20%,lost-ack=5%,slow=2%,reset=5%")
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Target: config.Config{Secret: testSecret, Settle: 10 * time.Millisecond},
		Seed:   7, Epoch: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		Messages: 400, Batch: "1..40", Duration: time.Hour, Connections: 8, Faults: faults, TimeScale: 100_000,
		Verify: Verification{All: true}, Interval: 10 * time.Millisecond,
	}
}

// compiled is the schema of reports.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("load.schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("load.schema.json")
})

// valid sees that a report is written as its schema has it, and without the
// secret.
func valid(t *testing.T, r Report) {
	t.Helper()
	var b, page, text bytes.Buffer
	if err := errors.Join(JSON(&b, r), HTML(&page, r), Terminal(&text, r, Options{})); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{b.String(), page.String(), text.String()} {
		if strings.Contains(out, testSecret) {
			t.Errorf("the secret shows:\n%s", out)
		}
	}
	s, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("the report is not as its schema has it: %v\n%s", err, b.String())
	}
	again, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if again.Histogram != r.Histogram || again.Requests != r.Requests || again.Result != r.Result {
		t.Error("what was written is not what is read")
	}
}

func run1(t *testing.T, c Config) Report {
	t.Helper()
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, r)
	if sum := r.Acknowledged + r.DroppedBatches + r.Unsettled; sum != r.Requests {
		t.Errorf("%d requests: %d acknowledged, %d dropped, %d unsettled", r.Requests, r.Acknowledged, r.DroppedBatches, r.Unsettled)
	}
	return r
}

func TestRightReceiverKeepsAllStatesWhateverGoesWrong(t *testing.T) {
	for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		c := small(t)
		c.Target.Identity = id
		r := run1(t, c)
		if r.Result != Pass || r.ExitCode() != 0 || r.Verify.Wrong+r.Verify.Missing > 0 {
			t.Errorf("identity %s: %s: %+v", id, r.Result, r.Verify)
		}
		if r.Verify.Messages != c.Messages || r.Verify.Checked == 0 || id == scenarios.ByUser && r.Verify.Checked+r.Verify.NotJudged != c.Messages {
			t.Errorf("identity %s: looked at %d states of %d messages: want those of %d", id, r.Verify.Checked, r.Verify.Messages, c.Messages)
		}
		if r.Faults["lost-ack"] == 0 || r.Faults["reset"] == 0 || r.Retries == 0 {
			t.Errorf("identity %s: nothing went wrong: %v, %d retries", id, r.Faults, r.Retries)
		}
	}
}

func TestCountsAreTheReceivers(t *testing.T) {
	var requests, entries, bytes atomic.Uint64
	var begun atomic.Bool
	c := small(t)
	c.Faults = Faults{}
	c.BuiltIn = builtin.With(reference.Options{Rules: reference.Rules{Parse: func(body []byte) ([]reference.Entry, error) {
		all, err := reference.Parse(body)
		if !begun.Swap(true) { // the doctor's, before the load
			return all, err
		}
		requests.Add(1)
		entries.Add(uint64(len(all)))
		bytes.Add(uint64(len(body)))
		return all, err
	}}})
	r := run1(t, c)
	if r.Requests != requests.Load() || r.Attempts != requests.Load() || r.Acknowledged != requests.Load() || r.Events != entries.Load() {
		t.Errorf("%d requests, %d attempts, %d acknowledged, %d entries: the receiver got %d requests, %d entries", r.Requests, r.Attempts, r.Acknowledged, r.Events, requests.Load(), entries.Load())
	}
	if r.Bytes <= bytes.Load() {
		t.Errorf("%d bytes were sent: the receiver got bodies of %d", r.Bytes, bytes.Load())
	}
}

func TestWrongReceiversFail(t *testing.T) {
	for name, kinds := range map[string][]event.Kind{
		"last-arrival-wins":  {event.Stale},
		"first-arrival-wins": {event.Stale},
		"check-then-act":     {event.Stale, event.Lost},
	} {
		t.Run(name, func(t *testing.T) {
			c := small(t)
			c.Messages = 700
			opts, err := mutants.New(name, reference.Options{})
			if err != nil {
				t.Fatal(err)
			}
			c.BuiltIn = builtin.With(opts)
			r := run1(t, c)
			if r.Result != Fail || r.ExitCode() != 1 || r.Verify.Wrong+r.Verify.Missing == 0 || len(r.Verify.Examples) == 0 {
				t.Fatalf("%s: %+v", r.Result, r.Verify)
			}
			for _, e := range r.Verify.Examples {
				known := false
				for _, k := range kinds {
					known = known || e.Kind == k
				}
				if !known || e.Expected == nil || len(e.Timeline) == 0 || e.Detail == "" {
					t.Errorf("example %+v: want one of kind %v", e, kinds)
				}
			}
		})
	}
}

// A receiver that is killed once in the middle of a load keeps what it has
// acknowledged; one that acknowledges before it stores does not.
func TestKilledReceiver(t *testing.T) {
	for name, want := range map[string]Result{"": Pass, "ack-before-store": Fail} {
		t.Run("mutant "+name, func(t *testing.T) {
			options := func(listen string) reference.Options {
				o := reference.Options{Listen: listen, Secret: testSecret, Store: filepath.Join(t.TempDir(), "states.db")}
				if name == "" {
					return o
				}
				o, err := mutants.New(name, o)
				if err != nil {
					t.Fatal(err)
				}
				return o
			}
			o := options("")
			server, err := reference.Start(o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { server.Shutdown(context.Background()) })
			c := small(t)
			c.Messages = 800
			c.Target.Settle = 400 * time.Millisecond // the mutant stores 300 ms later
			c.Target.Receiver.URL = server.URL()
			c.Target.Probe.HTTP = &config.HTTPProbe{Bulk: "/states"}
			killed := false
			c.Observe = func(p Progress) {
				if killed || p.Load.Acknowledged == 0 {
					return
				}
				killed = true
				if err := server.Kill(); err != nil {
					t.Error(err)
				}
				o.Listen = strings.TrimPrefix(server.URL(), "http://")
				if name != "" {
					fresh, err := mutants.New(name, o)
					if err != nil {
						t.Error(err)
					}
					o.Rules = fresh.Rules
				}
				again, err := reference.Start(o)
				if err != nil {
					t.Error(err)
					return
				}
				server = again
			}
			r := run1(t, c)
			if !killed || r.Result != want {
				t.Errorf("killed: %v; result %s, want %s: %+v", killed, r.Result, want, r.Verify)
			}
			if want == Fail && r.Verify.Missing == 0 {
				t.Errorf("nothing is missing: %+v", r.Verify)
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := small(t)
	c.Messages = 0
	c.Observe = func(p Progress) {
		if p.Load.Requests > 0 {
			cancel()
		}
	}
	r, err := Run(ctx, c)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v: want the context's", err)
	}
	valid(t, r)
	if r.Result != Interrupted || r.Verify.Skipped == "" || r.Requests == 0 || r.ExitCode() == 0 {
		t.Errorf("%s, %d requests, %+v", r.Result, r.Requests, r.Verify)
	}
}

func TestInterruptedBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := Run(ctx, small(t))
	if err == nil || r.Result != Interrupted {
		t.Errorf("%s, error %v", r.Result, err)
	}
	valid(t, r)
}

func TestThresholdEndsTheLoad(t *testing.T) {
	c := small(t)
	c.Messages = 0
	var err error
	if c.Thresholds, err = ParseRules([]string{"requests_per_s>1000000:abort", "wrong==0"}); err != nil {
		t.Fatal(err)
	}
	r := run1(t, c)
	if r.Result != Fail || !r.Thresholds[0].Aborted || r.Thresholds[0].OK || !r.Thresholds[1].OK || len(r.Notes) == 0 {
		t.Errorf("%s: %+v, notes %v", r.Result, r.Thresholds, r.Notes)
	}
}

// The surroundings are to blame for a probe that breaks, unless the receiver is
// for something else.
func TestProbeThatBreaks(t *testing.T) {
	asked := atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const pending = `{"delivery_status":"pending"}`
		switch n := asked.Add(1); {
		case r.URL.Path != "/states":
			asked.Add(-1)
		case n <= 2:
			w.Write([]byte("[" + pending + "]"))
		case n == 3: // the last look before the load, at their order
			w.Write([]byte("[null," + pending + ",null,null]"))
		default:
			w.Write([]byte(`{"secret":"` + testSecret + `"}`))
		}
	}))
	defer server.Close()
	c := small(t)
	c.Target.Receiver.URL = server.URL
	c.Target.Probe.HTTP = &config.HTTPProbe{Bulk: "/states"}
	for rule, want := range map[string]int{"dropped==0": 3, "requests_per_s>1000000": 1} {
		asked.Store(0)
		c.Thresholds, _ = ParseRules([]string{rule})
		r, err := Run(t.Context(), c)
		if err == nil || r.ExitCode() != want || r.Verify.Skipped == "" {
			t.Errorf("%s: exit code %d, error %v, %+v: want %d", rule, r.ExitCode(), err, r.Verify, want)
		}
		valid(t, r)
	}
}

func TestSample(t *testing.T) {
	c := small(t)
	c.Verify = Verification{Sample: 50}
	if r := run1(t, c); r.Verify.Messages < 49 || r.Verify.Messages > 50 {
		t.Errorf("looked at %d messages: want 50", r.Verify.Messages)
	}
}

// Statuses that the receiver does not keep are not judged.
func TestIgnoredStatuses(t *testing.T) {
	c := small(t)
	c.Target.Ignores = append(c.Target.Ignores, "pending")
	c.BuiltIn = builtin.With(reference.Options{Rules: reference.Rules{
		Combine: func(id reference.Identity, device string, rows []reference.Row) (reference.State, bool) {
			st, ok := reference.Combine(id, device, rows)
			return st, ok && st.Status != reference.Pending
		}}})
	if r := run1(t, c); r.Result != Pass || r.Verify.NotJudged == 0 {
		t.Errorf("%s: %+v", r.Result, r.Verify)
	}
	c.Target.Ignores = nil
	if r := run1(t, c); r.Result != Fail || r.Verify.Missing == 0 || r.Verify.Examples[0].Kind != event.Lost {
		t.Errorf("%s: %+v", r.Result, r.Verify)
	}
}

func TestSearch(t *testing.T) {
	c := small(t)
	c.Messages, c.Faults = 0, Faults{}
	c.Rate, c.Batch, c.Level, c.Verify = "50/s", "", 200*time.Millisecond, Verification{Sample: 50}
	rule, err := ParseRule("requests_per_s<180")
	if err != nil {
		t.Fatal(err)
	}
	c.FindMax = &rule
	r := run1(t, c)
	if f := r.FindMax; f == nil || !f.Bounded || len(f.Levels) < 3 || f.RequestsPerS >= 200 {
		t.Errorf("%+v", f)
	}
}

func TestMistakesOfTheCaller(t *testing.T) {
	rules := func(s string) []Rule {
		r, err := ParseRule(s)
		if err != nil {
			t.Fatal(err)
		}
		return []Rule{r}
	}
	for want, change := range map[string]func(*Config){
		`--rate: rate "fast": not a number`:         func(c *Config) { c.Rate = "fast" },
		`--ramp beside --rate: want one of the two`: func(c *Config) { c.Rate, c.Ramp = "5/s", "0..1/s:1s" },
		`--ramp: `:                                     func(c *Config) { c.Ramp = "up" },
		`--mix: `:                                      func(c *Config) { c.Mix = "opened=200%" },
		`--batch: `:                                    func(c *Config) { c.Batch = "0..101" },
		`--connections -1: want 1 or more`:             func(c *Config) { c.Connections = -1 },
		`--time-scale 0.5: want 1`:                     func(c *Config) { c.TimeScale = 0.5 },
		`--shard 5/4: want I/N`:                        func(c *Config) { c.Shard = Shard{5, 4} },
		`--duration -1s: want a time`:                  func(c *Config) { c.Duration = -time.Second },
		`threshold wrong==0 needs the final states`:    func(c *Config) { c.Verify, c.Thresholds = Verification{}, rules("wrong==0") },
		`--find-max beside --messages`:                 func(c *Config) { c.FindMax = &rules("p99<1s")[0] },
		`--faults: faults: lost-ack, slow and reset s`: func(c *Config) { c.Faults.LostAck, c.Faults.Reset = 0.9, 0.9 },
	} {
		c := small(t)
		change(&c)
		_, err := Run(t.Context(), c)
		var usage *UsageError
		if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
