package conformance_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// queued is a right receiver that acknowledges at once and applies one request
// after the other: the first few at once, so that none of the first steps is late,
// and each of the others when by says so.
func queued(t *testing.T, by func(entries int) time.Duration) string {
	t.Helper()
	const secret, prompt = "Secret-Of-A-Queue", 3
	s, err := reference.Start(reference.Options{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	through := s.Handler()
	queue := make(chan *http.Request, 1<<16)
	var working sync.WaitGroup
	working.Go(func() {
		for r := range queue {
			body, _ := io.ReadAll(r.Body)
			time.Sleep(by(bytes.Count(body, []byte("delivery_status"))))
			r.Body = io.NopCloser(bytes.NewReader(body))
			through.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
	var webhooks atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/webhook" || webhooks.Add(1) <= prompt || r.Header.Get("X-ctx-secret") != secret {
			through.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r = r.Clone(context.Background())
		r.Body = io.NopCloser(bytes.NewReader(body))
		queue <- r
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(func() {
		front.Close()
		close(queue)
		working.Wait()
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
	})
	return front.URL
}

func certifyQueue(t *testing.T, url string, settle time.Duration, focus ...string) report.Report {
	t.Helper()
	r, err := conformance.Certify(t.Context(), conformance.Config{
		Target: config.Config{Receiver: config.Receiver{URL: url}, Secret: "Secret-Of-A-Queue", Settle: settle,
			Probe: config.Probe{HTTP: &config.HTTPProbe{Path: "/state", Bulk: "/states"}}},
		Seed: 7, Focus: focus, ExploreTime: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLateIsNotWrong(t *testing.T) {
	const settle = 100 * time.Millisecond
	first := true
	url := queued(t, func(int) time.Duration {
		if first {
			first = false
			return 3 * settle
		}
		return 0
	})
	r := certifyQueue(t, url, settle, "order/reversed", "order/late-pending", "copies/late")
	if r.Result != report.Pass {
		t.Errorf("%s: %v", r.Result, failing(r))
	}
	var notes []event.Note
	for _, c := range r.Checks {
		notes = append(notes, c.Notes...)
	}
	if len(notes) == 0 || notes[0].Kind != event.Late || notes[0].TookMS < (2*settle).Milliseconds() || notes[0].Setting != "settle: 1s" {
		t.Errorf("notes %+v", notes)
	}
	told := 0
	for _, n := range r.Notes {
		if strings.HasPrefix(n.Text, "late, and no failure") && strings.Contains(n.Text, "set settle: 1s") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times: %v", told, r.Notes)
	}
}

// The queue takes 5 ms an entry; all that is explored at once would take minutes.
func TestExplorationKeepsAQueueShort(t *testing.T) {
	url := queued(t, func(entries int) time.Duration { return time.Duration(entries) * 5 * time.Millisecond })
	r := certifyQueue(t, url, time.Second, "explored")
	if r.Result != report.Pass || r.Summary.Schedules < 20 {
		t.Errorf("%s after %d schedules: %v", r.Result, r.Summary.Schedules, failing(r))
	}
}
