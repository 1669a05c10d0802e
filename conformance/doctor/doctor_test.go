package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
)

const secret = "s3cret-of-the-doctor's-test"

// examine examines, and is the findings by step.
func examine(t *testing.T, o doctor.Options) (map[string]doctor.Finding, int) {
	t.Helper()
	var told []doctor.Finding
	o.Tell = func(f doctor.Finding) { told = append(told, f) }
	found, err := doctor.Examine(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	steps := doctor.Steps()
	if len(found) != len(steps) || len(told) != len(steps) {
		t.Fatalf("%d findings, %d told: want %d", len(found), len(told), len(steps))
	}
	by := map[string]doctor.Finding{}
	for i, f := range found {
		if f.Step != steps[i] || told[i].Step != f.Step || told[i].Result != f.Result {
			t.Errorf("finding %d is of %q, told of %q: want %q", i, f.Step, told[i].Step, steps[i])
		}
		if f.Detail == "" || strings.Contains(f.Detail, "\n") || (f.Result == doctor.Failed) != (len(f.Advice) > 0) || len(f.Advice) > 2 {
			t.Errorf("%s is %s: %q %q", f.Step, f.Result, f.Detail, f.Advice)
		}
		if strings.Contains(fmt.Sprintf("%#v", f), secret) {
			t.Errorf("%s shows the secret: %+v", f.Step, f)
		}
		by[f.Step] = f
	}
	return by, doctor.ExitCode(found)
}

// failed are the steps that failed, in their order.
func failed(found map[string]doctor.Finding) []string {
	var names []string
	for _, name := range doctor.Steps() {
		if found[name].Result == doctor.Failed {
			names = append(names, name)
		}
	}
	return names
}

func TestTheBuiltInReceiverIsReady(t *testing.T) {
	for _, id := range []string{"device", "user"} {
		for _, protocol := range []mocksender.Profile{mocksender.Profile2025, mocksender.Profile2026} {
			o := doctor.Options{BuiltIn: builtin.With(reference.Options{Identity: id})}
			o.Target.Protocol = protocol
			if id == "user" {
				o.Target.Identity = "user"
			}
			found, code := examine(t, o)
			for _, f := range found {
				if f.Result != doctor.OK {
					t.Errorf("%s, %s: %s is %s: %s", id, protocol, f.Step, f.Result, f.Detail)
				}
			}
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
		}
	}
}

func TestMutants(t *testing.T) {
	for name, want := range map[string]string{
		"secret-unchecked":      "wrong secret, missing secret",
		"secret-missing-passes": "missing secret",
		"secret-after-work":     "wrong secret, missing secret",
		"wrong-secret-500":      "wrong secret, missing secret",
		"memory-only":           "restart",
	} {
		t.Run(name, func(t *testing.T) {
			opts, err := mutants.New(name, reference.Options{})
			if err != nil {
				t.Fatal(err)
			}
			o := doctor.Options{BuiltIn: builtin.With(opts)}
			o.Target.Settle = 50 * time.Millisecond
			found, code := examine(t, o)
			if got := strings.Join(failed(found), ", "); got != want || code != 1 {
				t.Errorf("failed: %s, exit code %d: want %s, 1", got, code, want)
			}
		})
	}
}

// served is a right receiver behind a handler that may answer in its stead.
func served(t *testing.T, instead func(w http.ResponseWriter, r *http.Request) bool) config.Config {
	t.Helper()
	right, err := reference.Start(reference.Options{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { right.Kill() })
	to, err := url.Parse(right.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if instead == nil || !instead(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	return config.Config{
		Receiver: config.Receiver{URL: front.URL},
		Secret:   secret,
		Settle:   50 * time.Millisecond,
		Probe:    config.Probe{HTTP: &config.HTTPProbe{Bulk: "/states"}},
	}
}

func TestReceiversThatAreNotReady(t *testing.T) {
	at := func(path string, h func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == path {
				h(w, r)
			}
			return r.URL.Path == path
		}
	}
	code := func(n int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(n)
			fmt.Fprintf(w, "you sent %s", r.Header.Get("X-ctx-secret"))
		}
	}
	for name, c := range map[string]struct {
		instead func(http.ResponseWriter, *http.Request) bool
		alter   func(*config.Config)
		failed  string
		says    string // in the first failed finding
		code    int
	}{
		"nobody listens":             {alter: func(c *config.Config) { c.Receiver.URL = "http://127.0.0.1:1" }, failed: "start", says: "start the receiver", code: 3},
		"another path":               {alter: func(c *config.Config) { c.Path = "/hooks" }, failed: "webhook", says: "set path", code: 3},
		"another secret":             {alter: func(c *config.Config) { c.Secret = "another" }, failed: "right secret", says: "CTXPUSH_SECRET", code: 3},
		"breaks on valid entries":    {instead: at("/webhook", code(500)), failed: "right secret, wrong secret, missing secret", says: "answered 500", code: 1},
		"takes no JSON":              {instead: at("/webhook", code(415)), failed: "right secret", says: "Content-Type", code: 1},
		"limits bodies":              {instead: at("/webhook", code(413)), failed: "right secret", says: "limit", code: 1},
		"redirects":                  {instead: at("/webhook", code(302)), failed: "right secret, wrong secret, missing secret", says: "redirect", code: 1},
		"another path of the probe":  {alter: func(c *config.Config) { c.Probe.HTTP = &config.HTTPProbe{Path: "/nowhere"} }, failed: "probe", says: "is probe.http.path (/nowhere) right?", code: 3},
		"the probe breaks":           {alter: func(c *config.Config) { c.Probe.HTTP.Bulk = "" }, instead: at("/state", code(500)), failed: "probe", says: "GET <path>?", code: 3},
		"the bulk look-up is short":  {instead: at("/states", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "[]") }), failed: "probe", says: "array of 1", code: 3},
		"bulk answers in reverse":    {instead: reversed, failed: "bulk look-up", says: "only that at 2 is known, and the answer has it at 3", code: 3},
		"every message is delivered": {instead: at("/states", everything), failed: "unknown message, wrong secret, missing secret, final state", says: "was never sent", code: 1},
		"never answers": {instead: at("/webhook", func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); <-r.Context().Done() }),
			alter: func(c *config.Config) { c.Timeout = 100 * time.Millisecond }, failed: "webhook", says: "answer within 100ms", code: 3},
		"hangs up": {instead: at("/webhook", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), failed: "webhook", says: "HTTP/1.1", code: 3},
	} {
		t.Run(name, func(t *testing.T) {
			target := served(t, c.instead)
			if c.alter != nil {
				c.alter(&target)
			}
			found, exit := examine(t, doctor.Options{Target: target})
			got := failed(found)
			if strings.Join(got, ", ") != c.failed || exit != c.code {
				t.Fatalf("failed: %q, exit code %d: want %q, %d\n%+v", got, exit, c.failed, c.code, found)
			}
			if first := found[got[0]]; !strings.Contains(first.Detail+strings.Join(first.Advice, " "), c.says) {
				t.Errorf("%s\n%s\nsays nothing of %q", first.Detail, strings.Join(first.Advice, "\n"), c.says)
			}
		})
	}
}

// reversed turns a bulk look-up's keys around, and so the answer to them.
func reversed(_ http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path == "/states" {
		var keys []json.RawMessage
		json.NewDecoder(r.Body).Decode(&keys)
		slices.Reverse(keys)
		body, _ := json.Marshal(keys)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return false
}

// A bulk look-up that mixes up whose state is whose would make each check of
// several messages fail: the run does not begin.
func TestFirstStepsSeeTheOrderOfABulkAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		instead func(http.ResponseWriter, *http.Request) bool
		failed  string
	}{"right": {}, "reversed": {reversed, "bulk look-up"}} {
		target := served(t, c.instead)
		target.SetDefaults()
		under, err := subject.Open(target, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { under.Close() })
		if err := under.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err = doctor.TakeFirst(t.Context(), doctor.Options{Seed: 1, Epoch: fixtures.DefaultEpoch(time.Now())}, under)
		var failed *doctor.StepError
		errors.As(err, &failed)
		switch {
		case c.failed == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.failed != "" && (failed == nil || failed.Finding.Step != c.failed || !doctor.IsSurroundings(err)):
			t.Errorf("%s: %v: want a failed %s of the surroundings", name, err, c.failed)
		}
	}
}

// everything answers a bulk look-up as if each message were pending, as it was
// right for the first.
func everything(w http.ResponseWriter, r *http.Request) {
	var keys []json.RawMessage
	json.NewDecoder(r.Body).Decode(&keys)
	states := make([]map[string]string, len(keys))
	for i := range states {
		states[i] = map[string]string{"delivery_status": "pending"}
	}
	json.NewEncoder(w).Encode(states)
}

func TestAUrlIsNotRestartedAndNeedsNoBulk(t *testing.T) {
	target := served(t, nil)
	target.Probe = config.Probe{}
	found, code := examine(t, doctor.Options{Target: target})
	if code != 0 || found["restart"].Result != doctor.Skipped || found["bulk look-up"].Result != doctor.Skipped {
		t.Errorf("exit code %d, restart %+v, bulk %+v", code, found["restart"], found["bulk look-up"])
	}
}

func TestStatusesThatTheReceiverIgnores(t *testing.T) {
	target := served(t, nil)
	target.Ignores = []mocksender.DeliveryStatus{mocksender.Pending, mocksender.Opened}
	found, code := examine(t, doctor.Options{Target: target})
	if code != 0 || found["final state"].Detail != "pending → delivered: delivered" {
		t.Errorf("exit code %d, final state %+v", code, found["final state"])
	}
}

func TestAMistakeIsNotExamined(t *testing.T) {
	found, err := doctor.Examine(t.Context(), doctor.Options{Target: config.Config{Path: "hook"}})
	var mistake *config.Error
	if !errors.As(err, &mistake) || found != nil {
		t.Errorf("%v, %v", found, err)
	}
}

func TestBrokenOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	found, err := doctor.Examine(ctx, doctor.Options{Tell: func(f doctor.Finding) {
		if f.Step == "right secret" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || len(found) != 3 {
		t.Errorf("%d findings, %v: want 3, canceled", len(found), err)
	}
}
