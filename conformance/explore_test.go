package conformance_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// exploring is a run of the explored checks, quick, without what comes after.
func exploring(id scenarios.Identity, rules reference.Rules) conformance.Config {
	return conformance.Config{
		Target:    config.Config{Identity: id, Settle: 50 * time.Millisecond},
		Seed:      7,
		Explore:   scenarios.Quick,
		Focus:     []string{scenarios.ExploredGroup},
		TimeScale: 1e6,
		Shrink:    -1,
		BuiltIn:   builtin.With(reference.Options{Rules: rules}),
	}
}

// only chooses some of the explored checks, by their names.
func only(c conformance.Config, names ...string) conformance.Config {
	c.Focus = nil
	for _, name := range names {
		c.Focus = append(c.Focus, scenarios.ExploredGroup+"/"+name)
	}
	return c
}

func explore(ctx context.Context, c conformance.Config) report.Report {
	GinkgoHelper()
	r, err := conformance.Certify(ctx, c)
	Expect(err).NotTo(HaveOccurred())
	return r
}

// totals are the schedules of the explored checks, by their ids: of all, or of
// those that are named.
func totals(d scenarios.Depth, id scenarios.Identity, names ...string) map[string]int {
	counts := map[string]int{}
	for _, e := range scenarios.Explorations(d, id) {
		name := strings.TrimPrefix(e.Check.ID, scenarios.ExploredGroup+"/")
		if len(names) == 0 || slices.Contains(names, name) {
			counts[e.Check.ID] = e.Count()
		}
	}
	return counts
}

func played(r report.Report) map[string]int {
	counts := map[string]int{}
	for _, c := range r.Checks {
		counts[c.ID] = c.Schedules
	}
	return counts
}

// passes expects that nothing was wrong and that all was played.
func passes(r report.Report, counts map[string]int) {
	GinkgoHelper()
	Expect(failing(r)).To(BeEmpty(), "%+v", r.Checks)
	Expect(r.Result).To(Equal(report.Pass))
	Expect(played(r)).To(Equal(counts))
}

// the failure of a check with those statuses.
func failureOf(r report.Report, id string, expected, got mocksender.DeliveryStatus) event.Failure {
	GinkgoHelper()
	for _, f := range checkOf(r, id).Failures {
		if f.Expected != nil && f.Expected.DeliveryStatus == expected &&
			(f.Got == nil && got == "" || f.Got != nil && f.Got.DeliveryStatus == got) {
			return f
		}
	}
	Fail("no failure of " + id + " expects " + string(expected) + " and got " + string(got))
	return event.Failure{}
}

var identities = []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser}

var _ = Describe("What is explored", func() {
	for _, id := range identities {
		It("passes a right receiver, all of it, with identity "+string(id), func(ctx SpecContext) {
			r := explore(ctx, exploring(id, reference.Rules{}))
			passes(r, totals(scenarios.Quick, id))
			Expect(r.Summary.Schedules).To(BeNumerically(">=", 1000))
			// Side by side in full batches: far fewer requests than schedules.
			Expect(r.Summary.Requests).To(BeNumerically("<", r.Summary.Schedules/10))
		})

		It("finds that the last arrival wins, in a handful of ways, with identity "+string(id), func(ctx SpecContext) {
			r := explore(ctx, exploring(id, reference.Rules{Decide: func(*reference.State, reference.State) bool { return true }}))
			Expect(failing(r)).To(ContainElements("explored/one-device", "explored/traditional", "explored/same-second"))
			for _, c := range r.Checks {
				Expect(len(c.Failures)).To(BeNumerically("<=", 6), c.ID)
				for _, f := range c.Failures {
					Expect(f.Kind).To(Equal(event.Stale))
					Expect(f.Cause).To(Equal("the last arrival wins"))
					Expect(f.Detail).NotTo(ContainSubstring("not when it was played again"))
					Expect(f.Timeline).NotTo(BeEmpty())
					Expect(f.Curl).NotTo(BeEmpty())
				}
			}
			f := failureOf(r, "explored/one-device", "opened", "delivered")
			Expect(f.Schedule).To(Equal("opened + delivered"))
			Expect(f.Count).To(BeNumerically(">", 10))
		})
	}

	It("finds what the first arrival decides", func(ctx SpecContext) {
		r := explore(ctx, only(exploring(scenarios.ByDevice, reference.Rules{Decide: func(stored *reference.State, _ reference.State) bool { return stored == nil }}), "one-device"))
		f := failureOf(r, "explored/one-device", "opened", "pending")
		Expect(f.Schedule).To(Equal("pending + opened"))
		Expect(f.Cause).To(ContainSubstring("the first arrival wins"))
	})

	It("finds an opened that is dropped when it comes before pending", func(ctx SpecContext) {
		r := explore(ctx, only(exploring(scenarios.ByDevice, reference.Rules{Decide: func(stored *reference.State, entry reference.State) bool {
			return (stored != nil || entry.Status != reference.Opened) && reference.Decide(stored, entry)
		}}), "one-device", "cancelled"))
		f := failureOf(r, "explored/one-device", "opened", "")
		Expect(f.Kind).To(Equal(event.Lost))
		Expect(f.Schedule).To(Equal("opened"))
		for _, f := range checkOf(r, "explored/one-device").Failures {
			Expect(f.Expected.DeliveryStatus).To(BeEquivalentTo("opened"))
		}
		Expect(checkOf(r, "explored/cancelled").Result).To(Equal(event.Pass))
	})

	It("finds a bug that only two devices show, and nothing else", func(ctx SpecContext) {
		latest := func(id reference.Identity, device string, rows []reference.Row) (reference.State, bool) {
			if len(rows) == 0 {
				return reference.State{}, false
			}
			return slices.MaxFunc(rows, func(a, b reference.Row) int { return int(a.At - b.At) }).State, true
		}
		r := explore(ctx, exploring(scenarios.ByUser, reference.Rules{Combine: latest}))
		Expect(failing(r)).To(ConsistOf("explored/two-devices", "explored/same-second"))
		Expect(failureOf(r, "explored/two-devices", "opened", "pending").Count).To(BeNumerically(">", 1))
	})

	It("finds changes of one second that arrival decides, and names that check alone", func(ctx SpecContext) {
		seconds := func(stored *reference.State, entry reference.State) bool {
			return stored == nil || entry.At/1e6 >= stored.At/1e6
		}
		r := explore(ctx, exploring(scenarios.ByDevice, reference.Rules{Decide: seconds}))
		Expect(failing(r)).To(Equal([]string{"explored/same-second"}))
	})

	It("leaves to others what is wrong with a single entry already", func(ctx SpecContext) {
		cut := func(id reference.Identity, device string, rows []reference.Row) (reference.State, bool) {
			s, ok := reference.Combine(id, device, rows)
			if ok {
				s.Timestamp = s.Timestamp[:len("2026-11-23T00:00:00")] + ".000Z"
			}
			return s, ok
		}
		r := explore(ctx, only(exploring(scenarios.ByDevice, reference.Rules{Combine: cut}), "one-device"))
		passes(r, totals(scenarios.Quick, scenarios.ByDevice, "one-device"))
	})

	It("finds a timestamp that a late entry overwrites, where the status stays right", func(ctx SpecContext) {
		r := explore(ctx, only(exploring(scenarios.ByDevice, reference.Rules{
			Decide: func(*reference.State, reference.State) bool { return true },
			Merge: func(stored *reference.State, entry reference.State) reference.State {
				if stored == nil || reference.Decide(stored, entry) {
					return entry
				}
				late := *stored
				late.Timestamp, late.At = entry.Timestamp, entry.At
				return late
			},
		}), "one-device"))
		f := failureOf(r, "explored/one-device", "opened", "opened")
		Expect(f.Detail).To(HavePrefix("timestamp is "))
		Expect(f.Schedule).To(Equal("opened + pending"))
	})

	Describe("where requests are refused", func() {
		refuse := func(bad func([]reference.Entry) bool) reference.Rules {
			return reference.Rules{Parse: func(body []byte) ([]reference.Entry, error) {
				entries, err := reference.Parse(body)
				if err == nil && bad(entries) {
					err = errors.New("no")
				}
				return entries, err
			}}
		}

		It("blames the one message, and goes on with the other 99", func(ctx SpecContext) {
			r := explore(ctx, only(exploring(scenarios.ByDevice, refuse(func(entries []reference.Entry) bool {
				return slices.ContainsFunc(entries, func(e reference.Entry) bool { return e.Status == reference.Failed })
			})), "one-device", "cancelled"))
			Expect(failing(r)).To(Equal([]string{"explored/one-device"}))
			c := checkOf(r, "explored/one-device")
			Expect(c.Failures).To(HaveLen(1))
			Expect(c.Failures[0].Kind).To(Equal(event.Refused))
			Expect(c.Failures[0].Schedule).To(Equal("failed"))
			Expect(c.Failures[0].Detail).To(ContainSubstring("answered 400"))
			// failed alone, twice, and with pending: all of that history's schedules.
			failed := 0
			for _, e := range scenarios.Explorations(scenarios.Quick, scenarios.ByDevice) {
				if e.Check.ID == c.ID {
					for s := range e.Schedules() {
						if strings.Contains(s.String(), "failed") {
							failed++
						}
					}
				}
			}
			// What is refused is learnt from the first; the others that have it are left out.
			Expect(c.Failures[0].Count).To(BeNumerically("<=", failed))
			Expect(c.Schedules + failed - c.Failures[0].Count).To(Equal(totals(scenarios.Quick, scenarios.ByDevice)[c.ID]))
		})

		It("does not hide a second bug behind the refusals", func(ctx SpecContext) {
			rules := refuse(func(entries []reference.Entry) bool {
				return slices.ContainsFunc(entries, func(e reference.Entry) bool { return e.Status == reference.Failed })
			})
			rules.Decide = func(*reference.State, reference.State) bool { return true }
			r := explore(ctx, only(exploring(scenarios.ByDevice, rules), "one-device"))
			Expect(failureOf(r, "explored/one-device", "opened", "delivered").Schedule).To(Equal("opened + delivered"))
		})

		It("finds what is wrong with two copies in one batch", func(ctx SpecContext) {
			r := explore(ctx, only(exploring(scenarios.ByDevice, refuse(func(entries []reference.Entry) bool {
				seen := map[reference.Entry]bool{}
				for _, e := range entries {
					if seen[e] {
						return true
					}
					seen[e] = true
				}
				return false
			})), "one-device"))
			Expect(r.Checks[0].Failures).To(HaveLen(1))
			Expect(r.Checks[0].Failures[0].Kind).To(Equal(event.Refused))
			Expect(r.Checks[0].Failures[0].Schedule).To(Equal("pending + pending"))
		})

		It("leaves the size of a batch to the checks of that, and says so", func(ctx SpecContext) {
			c := exploring(scenarios.ByDevice, refuse(func(entries []reference.Entry) bool { return len(entries) > 30 }))
			r := explore(ctx, only(c, "one-device"))
			passes(r, totals(scenarios.Quick, scenarios.ByDevice, "one-device"))
			Expect(r.Notes).To(ContainElement(HaveField("Text", ContainSubstring("100 entries was not acknowledged (answered 400), smaller ones were"))))
		})

		It("ends soon where all are", func(ctx SpecContext) {
			c := exploring(scenarios.ByDevice, refuse(func([]reference.Entry) bool { return true }))
			c.Explore = scenarios.Standard
			r := explore(ctx, only(c, "one-device", "same-second"))
			Expect(failing(r)).To(Equal([]string{"explored/one-device"}))
			Expect(checkOf(r, "explored/one-device").Failures).To(HaveLen(1))
			same := checkOf(r, "explored/same-second")
			Expect(same.Result).NotTo(Equal(event.Pass), "nothing of it was taken")
			Expect(same.Schedules).To(BeNumerically("<", 5000))
		})
	})

	It("stops when enough has failed alike, and says how much was played", func(ctx SpecContext) {
		c := exploring(scenarios.ByDevice, reference.Rules{Decide: func(*reference.State, reference.State) bool { return true }})
		c.Explore, c.Focus = scenarios.Standard, []string{"explored/same-second"}
		r := explore(ctx, c)
		check := r.Checks[0]
		Expect(check.Schedules).To(BeNumerically("<", totals(scenarios.Standard, scenarios.ByDevice)[check.ID]))
		Expect(check.Failures[0].Detail).To(MatchRegexp(`; \d,\d{3} of 10,712 schedules were played$`))
		Expect(r.Notes).To(ContainElement(HaveField("Text", MatchRegexp(`^explored/same-second: stopped after \d,\d{3} of 10,712 schedules, as 200 failed alike$`))))
	})

	It("does not accuse a receiver that answers before it applies", func(ctx SpecContext) {
		// The first question about what was stored comes too early.
		var mu sync.Mutex
		asked := map[string]int{}
		r := explore(ctx, only(exploring(scenarios.ByDevice, reference.Rules{
			Combine: func(id reference.Identity, device string, rows []reference.Row) (reference.State, bool) {
				s, ok := reference.Combine(id, device, rows)
				if !ok {
					return s, false
				}
				mu.Lock()
				defer mu.Unlock()
				asked[device]++
				return s, asked[device] > 1
			},
		}), "one-device"))
		passes(r, totals(scenarios.Quick, scenarios.ByDevice, "one-device"))
	})

	It("does not judge what a receiver ignores by design", func(ctx SpecContext) {
		c := exploring(scenarios.ByDevice, reference.Rules{Decide: func(stored *reference.State, entry reference.State) bool {
			return entry.Status != reference.Pending && reference.Decide(stored, entry)
		}})
		c.Target.Ignores = []mocksender.DeliveryStatus{mocksender.Pending}
		c.Focus = []string{"explored/one-device", "explored/two-devices"}
		r := explore(ctx, c)
		Expect(failing(r)).To(BeEmpty())
		Expect(r.Checks[0].Schedules).To(BeNumerically("<", totals(scenarios.Quick, scenarios.ByDevice)["explored/one-device"]))

		c.Target.Ignores = []mocksender.DeliveryStatus{mocksender.Pending, mocksender.Delivered, mocksender.Opened, mocksender.Failed}
		r = explore(ctx, c)
		Expect(r.Checks[0].Result).To(Equal(event.Skipped))
		Expect(r.Checks[0].Schedules).To(BeZero())
	})

	It("looks at all states again at the end", func(ctx SpecContext) {
		var forgets atomic.Bool
		c := exploring(scenarios.ByDevice, reference.Rules{Combine: func(id reference.Identity, device string, rows []reference.Row) (reference.State, bool) {
			s, ok := reference.Combine(id, device, rows)
			if forgets.Load() && s.Status == reference.Opened {
				s.Status = reference.Delivered
			}
			return s, ok
		}})
		c.Focus = []string{"explored/one-device"}
		c.Observers = []event.Observer{event.Func(func(e event.Event) {
			if _, ok := e.(event.CheckFinished); ok {
				forgets.Store(true)
			}
		})}
		r := explore(ctx, c)
		f := failureOf(r, "explored/one-device", "opened", "delivered")
		Expect(f.Kind).To(Equal(event.Reverted))
		Expect(f.Detail).To(ContainSubstring("and was right before"))
		Expect(checkOf(r, "explored/one-device").Schedules).To(Equal(totals(scenarios.Quick, scenarios.ByDevice)["explored/one-device"]))
	})

	It("sends the same bytes for the same seed", func(ctx SpecContext) {
		sent := func(seed uint64) []string {
			var mu sync.Mutex
			var all []string
			store, err := reference.Start(reference.Options{Secret: "s3cret"})
			Expect(err).NotTo(HaveOccurred())
			defer store.Kill()
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				if r.URL.Path == "/webhook" {
					mu.Lock()
					all = append(all, r.Header.Get("X-Idempotency-Key")+string(body))
					mu.Unlock()
				}
				store.Handler().ServeHTTP(w, r)
			}))
			defer front.Close()
			c := exploring(scenarios.ByDevice, reference.Rules{})
			c.Target.Receiver, c.Target.Secret, c.Target.Protocol = config.Receiver{URL: front.URL}, "s3cret", mocksender.Profile2026
			c.Seed, c.Epoch = seed, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
			c.Focus = []string{"explored/one-device", "explored/cancelled"}
			r := explore(ctx, c)
			Expect(failing(r)).To(BeEmpty())
			slices.Sort(all) // side by side: in any order
			return all
		}
		first := sent(7)
		Expect(slices.Compact(slices.Clone(first))).To(HaveLen(len(first)))
		Expect(sent(7)).To(Equal(first))
		Expect(sent(8)).NotTo(Equal(first))
	})

	It("does not judge a receiver that already knows its messages", func(ctx SpecContext) {
		server, err := reference.Start(reference.Options{Secret: "s3cret"})
		Expect(err).NotTo(HaveOccurred())
		defer server.Kill()
		c := only(exploring(scenarios.ByDevice, reference.Rules{}), "traditional")
		c.Target.Receiver, c.Target.Secret = config.Receiver{URL: server.URL()}, "s3cret"
		Expect(explore(ctx, c).Result).To(Equal(report.Pass))
		r := explore(ctx, c)
		Expect(r.Result).To(Equal(report.Error))
		Expect(r.Checks[0].Reason).To(ContainSubstring("seed 7 has been played on it before (choose another --seed)"))
	})

	It("ends at once when it is interrupted", func(ctx SpecContext) {
		limited, cancel := context.WithCancel(ctx)
		defer cancel()
		var requests atomic.Int64
		c := exploring(scenarios.ByDevice, reference.Rules{Parse: func(body []byte) ([]reference.Entry, error) {
			if requests.Add(1) == 20 {
				cancel()
			}
			return reference.Parse(body)
		}})
		c.Explore = scenarios.Full
		r, err := conformance.Certify(limited, c)
		Expect(err).To(MatchError(context.Canceled))
		Expect(r.Result).To(Equal(report.Interrupted))
		Expect(requests.Load()).To(BeNumerically("<", 100))
	})

	It("is quick where each state is a question of its own, and nobody has said how much", func(ctx SpecContext) {
		server, err := reference.Start(reference.Options{Secret: "s3cret"})
		Expect(err).NotTo(HaveOccurred())
		defer server.Kill()
		c := exploring(scenarios.ByDevice, reference.Rules{})
		c.Explore, c.Focus = "", []string{"explored/one-device"}
		c.Target.Receiver, c.Target.Secret = config.Receiver{URL: server.URL()}, "s3cret"
		passes(explore(ctx, c), totals(scenarios.Quick, scenarios.ByDevice, "one-device"))
		c.Seed, c.Target.Probe.HTTP = 8, &config.HTTPProbe{Bulk: "/states"}
		passes(explore(ctx, c), totals(scenarios.Standard, scenarios.ByDevice, "one-device"))
	})

	It("is chosen by a depth that exists", func(ctx SpecContext) {
		_, err := conformance.Certify(ctx, conformance.Config{Explore: "deep"})
		Expect(err).To(MatchError(`explore "deep": want quick, standard or full`))
	})
})
