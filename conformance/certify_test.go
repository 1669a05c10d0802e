package conformance_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/attest"
	"github.com/ctxpush/ctxpush/conformance/report/badge"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/scenarios"
)

// failing are the ids of the checks that failed.
func failing(r report.Report) []string {
	var ids []string
	for _, c := range r.Checks {
		if c.Result == event.Fail {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

var _ = Describe("A wrong receiver", func() {
	certify := func(ctx context.Context, mutant string, id scenarios.Identity, parallel int) report.Report {
		opts, err := mutants.New(mutant, reference.Options{})
		Expect(err).NotTo(HaveOccurred())
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: config.Config{Identity: id}, Seed: 7, BuiltIn: builtin.With(opts), Skip: []string{"explored"}, Shrink: -1, Parallel: parallel})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Fail))
		Expect(r.ExitCode(report.ExitOptions{})).To(Equal(1))
		return r
	}

	for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		It("that lets the last arrival win fails the checks of order, with identity "+string(id), func(ctx SpecContext) {
			r := certify(ctx, "last-arrival-wins", id, 0)
			// Overlapping requests reach it in either order, so that these may pass.
			failed := slices.DeleteFunc(failing(r), func(id string) bool {
				return id == "order/two-connections" || id == "order/many-statuses" || id == "copies/at-once"
			})
			Expect(failed).To(ConsistOf(
				"batch/one-message", "dates/clock-change", "dates/midnight", "dates/month-end", "dates/year-end",
				"order/delivered-after-opened", "order/instances", "order/late-entry-changes-nothing",
				"order/late-pending", "order/reversed", "order/same-second", "copies/late", "copies/old",
				"restart/late-entries", "restart/out-of-order"))
			for _, c := range r.Checks {
				if c.Result == event.Fail {
					Expect(c.Clauses).To(ContainElement("order"), c.ID)
				}
			}
		})

		It("that acknowledges before it stores fails when it is killed, with identity "+string(id), func(ctx SpecContext) {
			// Its queue stores one batch after the other: with more side by side a slow
			// disk makes it late, and a late state is a wrong one.
			r := certify(ctx, "ack-before-store", id, 4)
			Expect(failing(r)).To(ContainElement("restart/kill"))
			Expect(failing(r)).To(HaveEach(HavePrefix("restart/")))
			for _, f := range checkOf(r, "restart/kill").Failures {
				Expect(f.Kind).To(BeElementOf(event.Lost, event.Stale))
			}
		})
	}

	It("is explained by the requests that show it", func(ctx SpecContext) {
		r := certify(ctx, "last-arrival-wins", scenarios.ByDevice, 0)
		f := checkOf(r, "order/delivered-after-opened").Failures[0]
		Expect(f.Kind).To(Equal(event.Stale))
		Expect(f.Count).To(Equal(1))
		Expect(f.Expected.DeliveryStatus).To(BeEquivalentTo("opened"))
		Expect(f.Got.DeliveryStatus).To(BeEquivalentTo("delivered"))
		Expect(f.Detail).To(Equal("delivery_status is delivered: want opened"))
		Expect(f.Cause).To(Equal("the last arrival wins"))
		Expect(f.Timeline).To(HaveLen(2))
		Expect(f.Timeline[0]).To(ContainSubstring("(opened "))
		Expect(f.Timeline[1]).To(ContainSubstring("(delivered "))
		Expect(f.Curl).To(HaveLen(2))
		Expect(f.Curl[0]).To(HavePrefix("curl "))
		Expect(f.Log).NotTo(BeEmpty())
	})
})

func checkOf(r report.Report, id string) report.Check {
	for _, c := range r.Checks {
		if c.ID == id {
			return c
		}
	}
	Fail("no check " + id + " in the report")
	return report.Check{}
}

var _ = Describe("A run", func() {
	It("sends the same bytes for the same seed", func(ctx SpecContext) {
		bodies := func(seed uint64) []string {
			var mu sync.Mutex
			var all []string
			target := recorder(func(body string) {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, body)
			})
			defer target.Close()
			_, err := conformance.Certify(ctx, conformance.Config{
				Target: config.Config{Receiver: config.Receiver{URL: target.URL}, Secret: "s3cret", Settle: time.Millisecond},
				Seed:   seed, Epoch: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
				Focus: []string{"batch", "content", "identity"},
			})
			Expect(err).NotTo(HaveOccurred())
			slices.Sort(all) // side by side: in any order
			return all
		}
		first := bodies(7)
		Expect(len(first)).To(BeNumerically(">", 40))
		Expect(bodies(7)).To(Equal(first))
		Expect(bodies(8)).NotTo(Equal(first))
	})

	It("never shows the secret", func(ctx SpecContext) {
		const secret = "Sup3r-S3cret-Value"
		var seen, watched strings.Builder
		progress := &terminal.Progress{W: &watched, Verbose: true}
		echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, "what is %s?", r.Header.Get("X-ctx-secret"))
		}))
		defer echo.Close()
		r, err := conformance.Certify(ctx, conformance.Config{
			Target:    config.Config{Receiver: config.Receiver{URL: echo.URL}, Secret: secret, Settle: time.Millisecond},
			Focus:     []string{"secret", "request"},
			TimeScale: 1e6,
			Observers: []event.Observer{event.Func(func(e event.Event) { fmt.Fprintf(&seen, "%+v\n", e) }), progress},
		})
		progress.Close()
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Fail))
		for _, render := range []func(io.Writer, report.Report) error{report.JSON, ci.JUnit, ci.Markdown, ci.Annotations, attest.Write, badge.Write} {
			Expect(render(&seen, r)).To(Succeed())
		}
		Expect(terminal.Write(&seen, r, terminal.Options{})).To(Succeed())
		Expect(watched.String()).To(ContainSubstring("what is $CTXPUSH_SECRET?"))
		seen.WriteString(watched.String())
		shown := strings.ToLower(seen.String())
		Expect(shown).To(ContainSubstring("what is $ctxpush_secret?"))
		Expect(shown).NotTo(ContainSubstring(strings.ToLower(secret)))
		Expect(shown).NotTo(ContainSubstring(strings.ToLower(secret[:9])))
	})

	It("tells each attempt, as it is made, to those who want it alone", func(ctx SpecContext) {
		var attempts attemptCounter
		others := 0
		c := conformance.Config{
			Target: config.Config{Settle: 10 * time.Millisecond}, Explore: scenarios.Quick,
			Focus: []string{"order/reversed", "retry/after-500", "explored/traditional"}, TimeScale: 1e6,
			Observers: []event.Observer{&attempts},
		}
		r, err := conformance.Certify(ctx, c)
		Expect(err).NotTo(HaveOccurred())
		Expect(attempts.of).To(HaveLen(3))
		for _, check := range r.Checks {
			Expect(attempts.of[check.ID]).To(Equal(check.Requests), check.ID)
		}

		c.Observers = []event.Observer{event.Func(func(e event.Event) {
			if _, ok := e.(event.AttemptFinished); ok {
				others++
			}
		})}
		_, err = conformance.Certify(ctx, c)
		Expect(err).NotTo(HaveOccurred())
		Expect(others).To(BeZero())
	})

	It("tells how far each check is", func(ctx SpecContext) {
		played, of := map[string]int{}, map[string]int{}
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: config.Config{Settle: 10 * time.Millisecond}, Explore: scenarios.Quick, Focus: []string{"order/late-pending", "explored/traditional"},
			Observers: []event.Observer{event.Func(func(e event.Event) {
				if a, ok := e.(event.Advanced); ok {
					Expect(a.Played).To(BeNumerically("<=", a.Of))
					played[a.ID], of[a.ID] = max(played[a.ID], a.Played), a.Of
				}
			})},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Pass))
		Expect(played).To(HaveLen(2))
		for _, check := range r.Checks {
			Expect(played[check.ID]).To(Equal(check.Schedules), check.ID)
			Expect(of[check.ID]).To(Equal(check.Schedules), check.ID)
		}
	})

	It("is an error of the surroundings where the probe is broken", func(ctx SpecContext) {
		html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<html>welcome</html>")
		}))
		defer html.Close()
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: config.Config{Receiver: config.Receiver{URL: html.URL}, Secret: "s3cret"},
		})
		Expect(err).To(MatchError(ContainSubstring("probe: GET " + html.URL + "/state")))
		Expect(r.Result).To(Equal(report.Error))
		Expect(r.ExitCode(report.ExitOptions{})).To(Equal(3))
		Expect(r.NotRun).To(HaveLen(r.Summary.Checks))
	})

	It("does not judge a receiver that already knows its messages", func(ctx SpecContext) {
		server, err := reference.Start(reference.Options{Secret: "s3cret"})
		Expect(err).NotTo(HaveOccurred())
		defer server.Kill()
		c := conformance.Config{
			Target: config.Config{Receiver: config.Receiver{URL: server.URL()}, Secret: "s3cret", Settle: time.Millisecond},
			Seed:   7, Focus: []string{"order/late-pending"},
		}
		r, err := conformance.Certify(ctx, c)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Pass))
		r, err = conformance.Certify(ctx, c)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Error))
		Expect(r.Checks[0].Reason).To(ContainSubstring("seed 7 has been played on it before (choose another --seed)"))
		c.Seed = 8
		r, err = conformance.Certify(ctx, c)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Pass))
	})

	It("ends at once when it is interrupted, with what it has", func(ctx SpecContext) {
		ctx2, cancel := context.WithCancel(ctx)
		finished := 0
		r, err := conformance.Certify(ctx2, conformance.Config{
			Observers: []event.Observer{event.Func(func(e event.Event) {
				if _, ok := e.(event.CheckFinished); ok {
					if finished++; finished == 5 {
						cancel()
					}
				}
			})},
		})
		Expect(err).To(MatchError(context.Canceled))
		Expect(r.Result).To(Equal(report.Interrupted))
		Expect(len(r.Checks)).To(BeNumerically(">=", 5))
		Expect(r.NotRun).NotTo(BeEmpty())
	})

	It("skips what can't be done to a url, and says so", func(ctx SpecContext) {
		server, err := reference.Start(reference.Options{Secret: "s3cret"})
		Expect(err).NotTo(HaveOccurred())
		defer server.Kill()
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: config.Config{Receiver: config.Receiver{URL: server.URL()}, Secret: "s3cret", Settle: time.Millisecond},
			Focus:  []string{"restart", "gaps"},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Pass))
		Expect(checkOf(r, "restart/kill").Result).To(Equal(event.Skipped))
		Expect(checkOf(r, "restart/kill").Reason).NotTo(BeEmpty())
		Expect(r.ExitCode(report.ExitOptions{FailOnSkip: true})).To(Equal(1))
	})

	It("sees a state that was right and changed later", func(ctx SpecContext) {
		var mu sync.Mutex
		forgetful := false
		real, err := reference.Start(reference.Options{Secret: "s3cret"})
		Expect(err).NotTo(HaveOccurred())
		defer real.Kill()
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			forgets := forgetful
			mu.Unlock()
			if forgets && r.Method == http.MethodGet {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			real.Handler().ServeHTTP(w, r)
		}))
		defer front.Close()
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: config.Config{Receiver: config.Receiver{URL: front.URL}, Secret: "s3cret", Settle: time.Millisecond},
			Focus:  []string{"order/late-pending"},
			Observers: []event.Observer{event.Func(func(e event.Event) {
				if _, ok := e.(event.CheckFinished); ok {
					mu.Lock()
					defer mu.Unlock()
					forgetful = true
				}
			})},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Fail))
		for _, f := range r.Checks[0].Failures {
			Expect(f.Kind).To(Equal(event.Reverted))
		}
	})

	It("waives what its owner accepts, and tells of a waiver that is not needed", func(ctx SpecContext) {
		opts, err := mutants.New("last-arrival-wins", reference.Options{})
		Expect(err).NotTo(HaveOccurred())
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: config.Config{Waive: []config.Waiver{{Check: "order/reversed", Why: "ACME-1"}, {Check: "gaps/only-cancelled", Why: "ACME-2"}}},
			Focus:  []string{"order/reversed", "gaps/only-cancelled"}, BuiltIn: builtin.With(opts),
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Pass))
		Expect(checkOf(r, "order/reversed").Result).To(Equal(event.Waived))
		Expect(r.UnneededWaivers).To(Equal([]event.Waiver{{Check: "gaps/only-cancelled", Why: "ACME-2"}}))
	})
})

// attemptCounter counts the attempts of each check.
type attemptCounter struct{ of map[string]int }

func (*attemptCounter) WantsAttempts() bool { return true }

func (a *attemptCounter) Observe(e event.Event) {
	if e, ok := e.(event.AttemptFinished); ok {
		if a.of == nil {
			a.of = map[string]int{}
		}
		a.of[e.ID]++
	}
}

// recorder is a receiver that acknowledges everything, knows nothing, and tells
// the bodies that it is sent.
func recorder(tell func(string)) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
			if r.URL.Path == "/state" {
				io.WriteString(w, "null") // a path that it has
			}
			return
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			tell(string(body))
		}
	}))
}
