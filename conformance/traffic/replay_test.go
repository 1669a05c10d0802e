package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// recordings are messages of every kind: on one device and two, cancelled, failed,
// with gaps, copies and disorder in the file itself.
func recordings() string {
	const p, d, o, f, c = mocksender.Pending, mocksender.Delivered, mocksender.Opened, mocksender.Failed, mocksender.Cancelled
	id := func(n int) string { return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, n)).String() }
	return line(0, change("one", "t1", p, 0), change("two", "t2", p, 0), change("two", "t3", p, 1)) +
		line(1, change("one", "t1", o, 2*time.Minute)) +
		line(2, change("one", "t1", d, time.Minute), change("two", "t2", d, time.Minute), change("two", "t3", f, time.Minute)) +
		line(2, change("one", "t1", d, time.Minute)) + // again
		line(3, change(id(1), "t4", p, 0), change(id(2), "t5", d, 0), change(id(3), "t6", p, 0)) +
		line(4, change(id(1), "", c, time.Hour), change(id(3), "t6", f, time.Hour), change("bare", "", c, 0))
}

// replay plays the recording at a receiver with one mistake, or none.
func replay(t *testing.T, mutant string, identity scenarios.Identity, alter func(*Config)) report.Report {
	t.Helper()
	o := reference.Options{Secret: secret, Identity: string(identity)}
	if mutant != "" {
		var err error
		if o, err = mutants.New(mutant, o); err != nil {
			t.Fatal(err)
		}
	}
	c := Config{
		File: file(t, recordings()), Seed: 7, Salt: "salt", Epoch: noon, TimeScale: 36_000, BuiltIn: builtin.With(o),
		Target: config.Config{Secret: secret, Identity: identity, Settle: 20 * time.Millisecond},
	}
	if alter != nil {
		alter(&c)
	}
	r, err := Replay(t.Context(), c)
	if err != nil {
		t.Fatalf("%s: %v", mutant, err)
	}
	return r
}

// A correct receiver of either identity passes whatever is done to the recording;
// a mistake fails exactly the orders that show it.
func TestReplay(t *testing.T) {
	storm := Faults{Duplicate: .5, Reorder: .5, Drop: .5, LostAck: .3, Slow: .05, Reset: .2}
	for _, identity := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		for name, alter := range map[string]func(*Config){
			"as recorded":     nil,
			"with faults":     func(c *Config) { c.Faults = storm },
			"pseudonyms":      func(c *Config) { c.Pseudonymize = true },
			"quick":           func(c *Config) { c.Orders = Quick },
			"quick, faults":   func(c *Config) { c.Orders, c.Faults = Quick, storm },
			"standard":        func(c *Config) { c.Orders = Standard },
			"own keys":        func(c *Config) { c.Orders, c.KeepKeys = Quick, true },
			"without a probe": func(c *Config) { c.NoProbe, c.Orders = true, Quick },
		} {
			r := replay(t, "", identity, alter)
			if r.Result != report.Pass || r.Summary.Skipped > 0 || r.Summary.Schedules == 0 {
				t.Errorf("%s, %s: %s: %+v, %+v", identity, name, r.Result, r.Summary, r.Checks)
			}
		}
	}
	for mutant, want := range map[string]string{
		"last-arrival-wins":  "as-recorded reversed reversed-in-one-batch",
		"first-arrival-wins": "as-recorded in-order as-they-came twice",
	} {
		var failed []string
		for _, o := range []Orders{AsRecorded, Quick} {
			r := replay(t, mutant, scenarios.ByDevice, func(c *Config) { c.Orders = o })
			for _, c := range r.Checks {
				if c.Result == event.Fail {
					failed = append(failed, strings.TrimPrefix(c.ID, "replay/"))
				}
			}
			shows(t, r, mutant)
		}
		for _, name := range strings.Fields(want) {
			if !slices.Contains(failed, name) {
				t.Errorf("%s: %v failed: want %s among them", mutant, failed, name)
			}
		}
		if slices.Contains(failed, "last-only") {
			t.Errorf("%s: the last change alone fails", mutant)
		}
	}
}

// shows wants of each failure a counterexample that is a scenario, and that names
// no key of the recording.
func shows(t *testing.T, r report.Report, mutant string) {
	t.Helper()
	for _, c := range r.Checks {
		for _, f := range c.Failures {
			check, err := scenarios.Parse("c.yaml", "user/c", f.Scenario)
			if err != nil || check.Counterexample != c.ID || len(check.Scenarios) != 1 {
				t.Errorf("%s, %s: %v\n%s", mutant, c.ID, err, f.Scenario)
			}
			if check.Unconfirmed || f.Trace == nil || f.CauseID == "" {
				t.Errorf("%s, %s: not shown again: %+v", mutant, c.ID, f)
			}
		}
	}
}

// A state that comes right after the time to settle is late, and no failure.
func TestReplayLate(t *testing.T) {
	app, err := reference.Start(reference.Options{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Kill() })
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		if q.Method == http.MethodPost && strings.Contains(string(body), "spring") {
			time.AfterFunc(200*time.Millisecond, func() { // what came is known a while later
				again, err := http.NewRequest("POST", app.URL()+q.URL.Path, strings.NewReader(string(body)))
				if err == nil {
					again.Header = q.Header.Clone()
					if a, err := http.DefaultClient.Do(again); err == nil {
						a.Body.Close()
					}
				}
			})
			return
		}
		app.Handler().ServeHTTP(w, withBody(q, body))
	}))
	t.Cleanup(front.Close)
	r, err := Replay(t.Context(), Config{File: file(t, recordings()), Seed: 7, Salt: "s", Epoch: noon, TimeScale: 36_000,
		Target: config.Config{Secret: secret, Settle: 50 * time.Millisecond, Receiver: config.Receiver{URL: front.URL}}})
	if err != nil || r.Result != report.Pass || len(r.Checks[0].Notes) != 1 || r.Checks[0].Notes[0].Kind != event.Late {
		t.Fatalf("%v: %s %+v: want it to pass, with a note", err, r.Result, r.Checks)
	}
}

func withBody(q *http.Request, body []byte) *http.Request {
	q.Body = io.NopCloser(strings.NewReader(string(body)))
	return q
}

// listener keeps what a receiver gets, and refuses what it is told to.
type listener struct {
	mu      sync.Mutex
	bodies  []string
	headers []http.Header
	refuse  func(body string) bool
}

func (l *listener) start(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		l.mu.Lock()
		defer l.mu.Unlock()
		if !strings.Contains(string(body), "spring") && !strings.HasPrefix(string(body), "no batch") {
			return // doctor's first steps
		}
		l.bodies, l.headers = append(l.bodies, string(body)), append(l.headers, q.Header)
		if l.refuse != nil && l.refuse(string(body)) {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// As they were, requests are the same to the byte, in the same order and as late,
// and what is none of the contract's goes along.
func TestAsRecorded(t *testing.T) {
	text := recordings() + `{"time":"2025-02-07T12:00:00.2Z","method":"POST","path":"/","headers":{"X-Trace":["abc"],"X-Ctx-Secret":["old"]},"body":"no batch"}` + "\n"
	var l listener
	c := Config{File: file(t, text), Seed: 7, Salt: "s", Epoch: noon, TimeScale: 36_000, NoProbe: true, Speed: 2,
		Target: config.Config{Secret: secret, Receiver: config.Receiver{URL: l.start(t)}}}
	began := time.Now()
	r, err := Replay(t.Context(), c)
	if err != nil || r.Result != report.Pass {
		t.Fatalf("%v: %+v", err, r)
	}
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("0.2 s at twice the speed took %v", took)
	}
	var want []string
	if _, err := Read(c.File, func(l *Line) error { want = append(want, string(l.Body)); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l.bodies, want) {
		t.Errorf("got %q: want %q", l.bodies, want)
	}
	last := l.headers[len(l.headers)-1]
	if last.Get("X-Trace") != "abc" || last.Get("X-Ctx-Secret") != secret {
		t.Errorf("%v: want the recorded headers and the receiver's secret", last)
	}
	if !slices.ContainsFunc(r.Notes, func(n report.Note) bool { return strings.Contains(n.Text, "1 request not judged") }) {
		t.Errorf("notes %v: want the request that is no batch", r.Notes)
	}
}

// A batch that is never acknowledged is a failure, and the messages in it are not
// judged by their states; pseudonyms leave nothing of what they stand for.
func TestRefusedAndPseudonyms(t *testing.T) {
	for _, orders := range []Orders{AsRecorded, Quick} {
		l := listener{refuse: func(body string) bool { return strings.Contains(body, "opened") }}
		r, err := Replay(t.Context(), Config{File: file(t, recordings()), Seed: 7, Salt: "s", Epoch: noon, TimeScale: 1e6, NoProbe: true,
			Orders: orders, Pseudonymize: true, Target: config.Config{Secret: secret, Receiver: config.Receiver{URL: l.start(t)}}})
		if err != nil || r.Result != report.Fail || r.Checks[0].Failures[0].Kind != event.Refused {
			t.Fatalf("%v: %+v", err, r)
		}
		for _, body := range l.bodies {
			for _, private := range []string{"user-one", "user-two", "user-bare", `"t1"`, "Hi"} {
				if strings.Contains(body, private) {
					t.Errorf("%s shows %s", body, private)
				}
			}
		}
	}
}

func TestReplayMistakes(t *testing.T) {
	target := config.Config{Secret: secret, Receiver: config.Receiver{URL: "http://127.0.0.1:9"}}
	for text, want := range map[string]string{
		"":                     "holds no webhook",
		line(0)[:30]:           "holds one line, which is cut off",
		recordings() + "{x}\n": ":7: is no line of a recording",
		strings.ReplaceAll(line(0, change("a", "t", mocksender.Pending, 0)), "pending", "sent"): "holds no webhook of ContextPush",
	} {
		_, err := Replay(t.Context(), Config{File: file(t, text), Target: target})
		var bad *FileError
		var empty *EmptyError
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &bad) && !errors.As(err, &empty) {
			t.Errorf("%.60q: %v: want %s", text, err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "ctxpush-replay-*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Replay(ctx, Config{File: file(t, recordings()), Target: target}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// Bent rounds still bring every entry that must arrive.
func TestBend(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := 1 + r.IntN(6)
		last := make([]bool, n)
		for i := range last {
			last[i] = i == n-1 || r.IntN(3) == 0
		}
		rounds := []round{{upTo(n)[:n/2], upTo(n)[n/2:]}}
		arrived := map[int]bool{}
		for _, batches := range (Faults{Duplicate: .5, Reorder: .5, Drop: .9}).bend(rounds, last, r) {
			for _, batch := range batches {
				for _, p := range batch {
					arrived[p] = true
				}
			}
		}
		for i := range last {
			if last[i] && !arrived[i] {
				t.Fatalf("seed %d: entry %d of %d does not arrive", seed, i, n)
			}
		}
	}
}

// Pseudonyms are the same for the same, others for others, and of the same shape.
func TestPseudonyms(t *testing.T) {
	p, q := newPseudonyms("a"), newPseudonyms("b")
	seen := map[string]bool{}
	for i := range 10_000 {
		user := p.user(fmt.Sprint(i))
		if seen[user] || strings.Trim(user, "0123456789") != "" {
			t.Fatalf("user %d: %s: want another number", i, user)
		}
		seen[user] = true
	}
	id := uuid.NewString()
	for _, same := range [][3]string{
		{p.user(id), p.user(id), q.user(id)}, {p.token("ab12"), p.token("ab12"), q.token("ab12")}, {p.token("t"), p.token("t"), q.token("t")},
		{p.words("Hi 5"), p.words("Hi 5"), q.words("Hello")},
	} {
		if same[0] != same[1] || same[0] == same[2] {
			t.Errorf("%q: want the first two alike and the third another", same)
		}
	}
	if uuid.Validate(p.user(id)) != nil || len(p.token("ab12")) != 64 {
		t.Errorf("%s, %s: want the shape to stay", p.user(id), p.token("ab12"))
	}
	raw := `{"title": "Ünï \"q\" 42\n😀", "n":[-12.50,1e3,0,true,null], "\u0041b" : {}}`
	got := string(p.content([]byte(raw)))
	if len(got) == 0 || got == raw || !strings.Contains(got, `"\u0041b" : {}`) || !strings.Contains(got, "true,null]") || strings.Contains(got, "42") ||
		!strings.Contains(got, "😀") || strings.Contains(got, "Ünï") || string(p.content([]byte(raw))) != got {
		t.Errorf("%s", got)
	}
	if _, err := eventOf(mustWith(t, p, change("k", "t", mocksender.Pending, 0))); err != nil {
		t.Error(err)
	}
}

func mustWith(t *testing.T, p pseudonyms, e mocksender.Event) []byte {
	t.Helper()
	one, err := entry{raw: mocksender.AppendEvent(nil, &e), event: e}.with(p.changes())
	if err != nil {
		t.Fatal(err)
	}
	return one.raw
}

// One message's deliveries become a scenario, request by request.
func TestToScenario(t *testing.T) {
	name := file(t, recordings())
	for _, message := range []string{"one", "spring/user-one/one"} {
		text, err := ToScenario(name, message, message == "one", "salt")
		if err != nil {
			t.Fatal(err)
		}
		check, err := scenarios.Parse("m.yaml", "user/m", text)
		if err != nil || len(check.Scenarios[0].Steps) != 4 || !strings.Contains(string(text), "expect: {m: opened}") ||
			strings.Contains(string(text), "user-one") == (message == "one") {
			t.Errorf("%v\n%s", err, text)
		}
	}
	if _, err := ToScenario(name, "none", false, ""); !errors.Is(err, ErrUnknownMessage) || !strings.Contains(err.Error(), "spring/user-one/one") {
		t.Errorf("%v: want the names that there are", err)
	}
}
