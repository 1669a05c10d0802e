package conformance_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// dyingPort names the variable with the port of the receiver that this program is,
// if it is set.
const dyingPort = "CTXPUSH_TEST_DYING_PORT"

// TestDyingReceiver is no test: it is a right receiver, but for an array of
// numbers, by which it ends.
func TestDyingReceiver(t *testing.T) {
	port := os.Getenv(dyingPort)
	if port == "" {
		t.Skip("only a receiver for other tests")
	}
	s, err := reference.Start(reference.Options{Secret: os.Getenv("SECRET"), Store: os.Getenv("STORE")})
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.HasPrefix(body, []byte("[1")) {
			fmt.Println("no object, no entry")
			os.Exit(7)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.Handler().ServeHTTP(w, r)
	})))
}

func TestOnlyWhoMakesItEndIsToBlame(t *testing.T) {
	r, err := conformance.Certify(t.Context(), conformance.Config{
		Target: config.Config{
			Receiver: config.Receiver{Command: &config.Command{
				Argv:  []string{os.Args[0], "-test.run", "^TestDyingReceiver$"},
				Env:   map[string]string{dyingPort: "${PORT}", "SECRET": "${SECRET}", "STORE": t.TempDir() + "/states.db"},
				Ready: config.Ready{HTTP: "/healthz"},
			}},
			Probe: config.Probe{HTTP: &config.HTTPProbe{Path: "/state", Bulk: "/states"}},
		},
		Seed: 7, Focus: []string{"request", "secret", "content", "order"}, ExploreTime: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Checks {
		ends := c.ID == "request/malformed-refused" || c.ID == "request/works-after-malformed"
		if ends != (c.Result == event.Fail) || !ends && c.Result != event.Pass {
			t.Errorf("%s: %s %s %v", c.ID, c.Result, c.Reason, c.Failures)
		}
	}
	if len(r.Causes) != 1 || r.Causes[0].ID != "ended-during" {
		t.Errorf("causes %+v", r.Causes)
	}
	if log := checkOf(r, "request/works-after-malformed").Failures[0].Log; len(log) == 0 || log[len(log)-1] != "no object, no entry" {
		t.Errorf("log %q: want its last words", log)
	}
}
