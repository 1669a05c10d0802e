package conformance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
)

// front stands before a receiver and sees each webhook request that came whole.
// Where it answers itself it tells so; taken hears what the receiver answered.
type front interface {
	answers(w http.ResponseWriter, key string, body []byte) bool
	taken(key string, body []byte, status int)
}

// fronted is the reference receiver behind a front.
func fronted(f front) *httptest.Server {
	GinkgoHelper()
	server, err := reference.Start(reference.Options{Secret: "s3cret"})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(server.Kill)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/webhook" {
			server.Handler().ServeHTTP(w, r)
			return
		}
		key := r.Header.Get("X-Idempotency-Key")
		if e, ok := f.(eager); ok && e.begins(w, key) {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || f.answers(w, key, body) {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		server.Handler().ServeHTTP(answer, r)
		f.taken(key, body, answer.Code)
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	}))
	DeferCleanup(s.Close)
	return s
}

// eager fronts see the head of each request before its body, and may answer then.
type eager interface {
	begins(w http.ResponseWriter, key string) bool
}

// seen is a set of texts that fronts know.
type seen struct {
	mu  sync.Mutex
	all map[string]bool
}

// add adds a text and tells whether it was there.
func (s *seen) add(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]bool{}
	}
	was := s.all[text]
	s.all[text] = true
	return was
}

func (s *seen) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[text]
}

// byKey answers a key whose work has succeeded by itself: a correct receiver
// with a 2xx, a wrong one with a conflict.
type byKey struct {
	done   seen
	status int
}

func (f *byKey) answers(w http.ResponseWriter, key string, _ []byte) bool {
	known := f.done.has(key)
	if known {
		w.WriteHeader(f.status)
	}
	return known
}

func (f *byKey) taken(key string, _ []byte, status int) {
	if status < 300 {
		f.done.add(key)
	}
}

// marksFirst marks a key as seen before it has read the request.
type marksFirst struct{ marked seen }

func (f *marksFirst) begins(w http.ResponseWriter, key string) bool  { return f.marked.add(key) }
func (*marksFirst) answers(http.ResponseWriter, string, []byte) bool { return false }
func (*marksFirst) taken(string, []byte, int)                        {}

// byFirstEntry leaves out a request whose first entry it knows.
type byFirstEntry struct{ entries seen }

func (f *byFirstEntry) answers(_ http.ResponseWriter, _ string, body []byte) bool {
	var entries []json.RawMessage
	return json.Unmarshal(body, &entries) == nil && len(entries) > 0 && f.entries.add(string(entries[0]))
}
func (*byFirstEntry) taken(string, []byte, int) {}

// byBody calls a known body under another key a conflict.
type byBody struct{ keys, bodies seen }

func (f *byBody) answers(w http.ResponseWriter, key string, body []byte) bool {
	if f.bodies.add(string(body)) && !f.keys.has(key) {
		w.WriteHeader(http.StatusConflict)
		return true
	}
	f.keys.add(key)
	return false
}
func (*byBody) taken(string, []byte, int) {}

// keyless wants no field that the older page does not name.
type keyless struct{}

func (keyless) answers(w http.ResponseWriter, key string, _ []byte) bool {
	if key != "" {
		w.WriteHeader(http.StatusBadRequest)
	}
	return key != ""
}
func (keyless) taken(string, []byte, int) {}

// records notes the key and the body of each request.
type records struct {
	mu   sync.Mutex
	came [][2]string
}

func (f *records) answers(_ http.ResponseWriter, key string, body []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.came = append(f.came, [2]string{key, string(body)})
	return false
}
func (*records) taken(string, []byte, int) {}

var _ = Describe("The protocol of 2026", func() {
	certify := func(ctx SpecContext, f front, focus ...string) report.Report {
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: config.Config{Receiver: config.Receiver{URL: fronted(f).URL}, Secret: "s3cret", Settle: time.Millisecond, Protocol: mocksender.Profile2026},
			Seed:   7, Epoch: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Focus: focus, Skip: []string{"explored"},
		})
		Expect(err).NotTo(HaveOccurred())
		return r
	}

	It("leaves its checks out of other runs", func() {
		older, err := conformance.Checks(conformance.Config{})
		Expect(err).NotTo(HaveOccurred())
		newer, err := conformance.Checks(conformance.Config{Target: config.Config{Protocol: mocksender.Profile2026}})
		Expect(err).NotTo(HaveOccurred())
		Expect(len(newer) - len(older)).To(Equal(5))
		for _, c := range older {
			Expect(c.ID).NotTo(HavePrefix("protocol/"))
		}
		_, err = conformance.Checks(conformance.Config{Focus: []string{"protocol"}})
		Expect(err).To(MatchError("focus, skip, level and protocol leave no check to run"))
	})

	It("is taken by a receiver that knows requests by their key", func(ctx SpecContext) {
		r := certify(ctx, &byKey{status: http.StatusOK})
		Expect(failing(r)).To(BeEmpty())
		Expect(r.Result).To(Equal(report.Pass))
	})

	It("gives each request a key of its own", func(ctx SpecContext) {
		keys := func() (bodies map[string]string, times map[string]int) {
			f := new(records)
			certify(ctx, f)
			bodies, times = map[string]string{}, map[string]int{}
			for _, came := range f.came {
				key, body := came[0], came[1]
				if was, ok := bodies[key]; ok {
					Expect(was).To(Equal(body), "two requests have the key %s", key)
				} else {
					times[body]++
				}
				bodies[key] = body
			}
			return bodies, times
		}
		first, times := keys()
		Expect(len(first)).To(BeNumerically(">", 200))
		again := slices.DeleteFunc(slices.Collect(maps.Values(times)), func(n int) bool { return n < 2 })
		Expect(again).NotTo(BeEmpty(), "a batch that is sent once more as a request of its own")
		second, _ := keys()
		Expect(second).To(Equal(first), "the same seed, the same keys")
	})

	DescribeTable("finds a receiver that", func(ctx SpecContext, f front, ids ...string) {
		Expect(failing(certify(ctx, f, "protocol"))).To(ConsistOf(ids))
	},
		Entry("answers a known key as a conflict", &byKey{status: http.StatusConflict},
			"protocol/key-of-a-retry", "protocol/regrouped"),
		Entry("marks a key before the work", &marksFirst{}, "protocol/key-of-a-broken-request"),
		Entry("knows requests by their first entry", &byFirstEntry{}, "protocol/regrouped"),
		Entry("calls a known body under a new key a conflict", &byBody{}, "protocol/same-batch-new-key"),
		Entry("refuses the newer fields", keyless{}, "protocol/newer-headers", "protocol/key-of-a-retry",
			"protocol/key-of-a-broken-request", "protocol/regrouped", "protocol/same-batch-new-key"),
	)
})
