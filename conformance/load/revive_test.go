package load

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// crashing is the variable by which the test's program is a receiver of its own:
// the folder of its store.
const crashing = "CTXPUSH_TEST_CRASHING"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashing); dir != "" {
		fmt.Fprintln(os.Stderr, crash(dir))
		os.Exit(4)
	}
	os.Exit(m.Run())
}

// crash is a receiver that ends at its tenth request, the first time that it
// runs.
func crash(dir string) error {
	mark := filepath.Join(dir, "crashed")
	_, err := os.Stat(mark)
	first := errors.Is(err, os.ErrNotExist)
	var requests atomic.Int32
	_, err = reference.Start(reference.Options{
		Listen: "127.0.0.1:" + os.Getenv("PORT"), Secret: os.Getenv("SECRET"), Store: filepath.Join(dir, "states.db"),
		Rules: reference.Rules{Handler: func(_ string, webhook http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if first && requests.Add(1) == 10 {
					fmt.Fprintln(os.Stderr, os.WriteFile(mark, nil, 0o600))
					os.Exit(3)
				}
				webhook.ServeHTTP(w, r)
			})
		}},
	})
	if err != nil {
		return err
	}
	select {}
}

// A receiver that ends in the middle of a load and comes back at another port
// gets what it has not acknowledged.
func TestReceiverThatEndsInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	c := small(t)
	c.TimeScale = 200 // retries for 36 s, which is enough for a start
	c.Target.Receiver.Command = &config.Command{
		Argv: []string{os.Args[0]}, Env: config.Values{"PORT": "${PORT}", "SECRET": "${SECRET}", crashing: dir},
		Ready: config.Ready{HTTP: "/healthz", Timeout: time.Minute},
	}
	c.Target.Probe.HTTP = &config.HTTPProbe{Bulk: "/states"}
	r := run1(t, c)
	if r.Result != Fail || !strings.Contains(r.Crashed, "3") || len(r.Notes) != 1 || !strings.HasSuffix(r.Notes[0], "was started again") {
		t.Errorf("%s, crashed %q, notes %q", r.Result, r.Crashed, r.Notes)
	}
	if r.DroppedBatches > 0 || r.Unsettled > 0 || r.Retries == 0 {
		t.Errorf("%d batches dropped, %d given up, %d retries", r.DroppedBatches, r.Unsettled, r.Retries)
	}
	if r.Verify.Messages != c.Messages || r.Verify.Wrong+r.Verify.Missing > 0 {
		t.Errorf("%+v", r.Verify)
	}
}
