package conformance_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
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
	"github.com/ctxpush/ctxpush/scenarios"
)

// quickTarget is a built-in receiver that is right at once or never.
func quickTarget(id scenarios.Identity) config.Config {
	return config.Config{Identity: id, Settle: 200 * time.Millisecond}
}

var _ = Describe("The explanation of a failure", func() {
	refuse := func(what func(reference.Entry) bool) func([]byte) ([]reference.Entry, error) {
		return func(body []byte) ([]reference.Entry, error) {
			entries, err := reference.Parse(body)
			if err == nil && slices.ContainsFunc(entries, what) {
				err = errors.New("is not what was expected")
			}
			return entries, err
		}
	}
	noToken := func(e reference.Entry) bool { return e.Device == "" }

	DescribeTable("tells the bug",
		func(ctx SpecContext, id scenarios.Identity, focus string, rules reference.Rules, cause, detail string, size scenarios.Size) {
			r, err := conformance.Certify(ctx, conformance.Config{
				Target: quickTarget(id), Seed: 7, TimeScale: 1e5, Focus: []string{focus}, BuiltIn: builtin.With(reference.Options{Rules: rules})})
			Expect(err).NotTo(HaveOccurred())
			Expect(r.Result).To(Equal(report.Fail))
			f := r.Checks[0].Failures[0]
			Expect(f.Cause).To(Equal(cause))
			Expect(f.Detail).To(ContainSubstring(detail))
			Expect(f.Frequency).To(BeEmpty())
			Expect(f.Counterexample).To(Equal("counterexamples/" + focus + ".yaml"))

			file, err := scenarios.Parse(f.Counterexample, "user/again", f.Scenario)
			Expect(err).NotTo(HaveOccurred())
			Expect(file.Counterexample).To(Equal(focus))
			Expect(file.Scenarios).To(HaveLen(1))
			Expect(size.Less(file.Scenarios[0].Size())).To(BeFalse(), "%+v:\n%s", file.Scenarios[0].Size(), f.Scenario)
			Expect(again(ctx, file, id, rules).Result).To(Equal(event.Fail), "%s", f.Scenario)
			Expect(again(ctx, file, id, reference.Rules{}).Result).To(Equal(event.Pass), "%s", f.Scenario)
		},
		Entry("of a key that lacks the user", scenarios.ByDevice, "identity/parts",
			reference.Rules{Place: func(k reference.Key, device string) (reference.Key, string) {
				k.UserID = ""
				return k, ""
			}}, "the key, or the look-up, lacks user_id", "delivery_status", scenarios.Size{Requests: 2, Entries: 2, Extras: 99}),
		Entry("of a limit on entries", scenarios.ByUser, "batch/sizes",
			reference.Rules{Parse: func(body []byte) ([]reference.Entry, error) {
				entries, err := reference.Parse(body)
				if len(entries) > 50 {
					err = errors.New("too many")
				}
				return entries, err
			}}, "it refuses a batch of more than 50 entries", "51 entries fail, 50 pass", scenarios.Size{Requests: 1, Entries: 51, Extras: 99}),
		Entry("of a limit on bodies", scenarios.ByDevice, "batch/large-body",
			reference.Rules{Handler: func(_ string, next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.ContentLength > 100<<10 {
						w.WriteHeader(http.StatusRequestEntityTooLarge)
						return
					}
					next.ServeHTTP(w, r)
				})
			}}, "a limit on the size of a body, such as the 100 KB of a body parser, is left at its default", " passes", scenarios.Size{Requests: 1, Entries: 24, Extras: 99, Plain: 5000}),
		Entry("of a required token", scenarios.ByDevice, "batch/odd-entry", reference.Rules{Parse: refuse(noToken)},
			"a cancelled entry is refused: device_token is read as a required field, or absent and null are confused",
			"refused because of entry 50 (cancelled, no device_token); the other 99 are acknowledged without it", scenarios.Size{Requests: 1, Entries: 1, Extras: 99}),
		Entry("of an entry that needs another", scenarios.ByUser, "gaps/only-cancelled",
			reference.Rules{Decide: func(stored *reference.State, entry reference.State) bool {
				return (stored != nil || entry.Status == reference.Pending) && reference.Decide(stored, entry)
			}, Place: func(k reference.Key, _ string) (reference.Key, string) { return k, "" }},
			"the cancellation of a message of which it knows nothing is dropped",
			"does not know", scenarios.Size{Requests: 1, Entries: 1, Extras: 99}),
		Entry("of times cut to seconds", scenarios.ByDevice, "order/same-second",
			reference.Rules{Decide: func(stored *reference.State, entry reference.State) bool {
				return stored == nil || entry.At/1e6 >= stored.At/1e6
			}}, "timestamps are cut to seconds, and among equal ones the last arrival wins",
			"delivery_status", scenarios.Size{Requests: 2, Entries: 2, Extras: 99}),
		Entry("of the last arrival", scenarios.ByUser, "copies/old",
			reference.Rules{Decide: func(*reference.State, reference.State) bool { return true }}, "the last arrival wins",
			"delivery_status", scenarios.Size{Requests: 2, Entries: 2, Extras: 99}),
		Entry("of a store in memory", scenarios.ByDevice, "restart/stop",
			reference.Rules{File: func(string) string { return "" }}, "the state, or what is left of a queue, is kept in memory only",
			"does not know", scenarios.Size{Requests: 1, Entries: 1, Extras: 99}),
	)

	It("is told once for all checks that fail for it", func(ctx SpecContext) {
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: quickTarget(scenarios.ByDevice), Seed: 7, TimeScale: 1e5, Focus: []string{"entry", "gaps", "batch"},
			BuiltIn: builtin.With(reference.Options{Rules: reference.Rules{Parse: refuse(noToken)}})})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Explanations).To(HaveLen(1))
		first := r.Explanations[0].Checks[0]
		Expect(r.Explanations[0].Checks).To(ConsistOf(failing(r)))
		for _, id := range failing(r) {
			for _, f := range checkOf(r, id).Failures {
				if id == first {
					Expect(f.SameAs).To(BeEmpty())
				} else {
					Expect(f.SameAs).To(Equal(first), id)
				}
			}
		}
	})

	It("goes on with the rest of a batch that is refused", func(ctx SpecContext) {
		rules := reference.Rules{
			Parse:  refuse(noToken),
			Decide: func(stored *reference.State, entry reference.State) bool { return entry.Status != reference.Failed },
		}
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: quickTarget(scenarios.ByUser), Seed: 7, TimeScale: 1e5, Focus: []string{"batch/mixed"}, BuiltIn: builtin.With(reference.Options{Rules: rules})})
		Expect(err).NotTo(HaveOccurred())
		fs := r.Checks[0].Failures
		Expect(fs).To(HaveLen(2))
		Expect(fs[0].Kind).To(Equal(event.Refused))
		Expect(fs[1].Expected.DeliveryStatus).To(BeEquivalentTo("failed"))
		Expect(fs[1].Schedule).To(Equal("without what is refused"))
		Expect(fs[1].Counterexample).To(Equal("counterexamples/batch/mixed-2.yaml"))
	})

	It("tells how often a failure happens that happens only sometimes", func(ctx SpecContext) {
		var mu sync.Mutex
		n := 0
		rules := reference.Rules{Parse: func(body []byte) ([]reference.Entry, error) {
			entries, err := reference.Parse(body)
			if len(entries) == 0 || entries[0].Status == reference.Pending {
				return entries, err
			}
			mu.Lock()
			defer mu.Unlock()
			if n++; n%2 == 1 {
				entries = entries[:0] // acknowledged, and forgotten
			}
			return entries, err
		}}
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: quickTarget(scenarios.ByDevice), Seed: 7, TimeScale: 1e5, Focus: []string{"order/late-pending"}, Shrink: 4 * time.Second, BuiltIn: builtin.With(reference.Options{Rules: rules})})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Result).To(Equal(report.Fail))
		Expect(r.Checks[0].Failures[0].Frequency).To(MatchRegexp(`^\d+ of \d+$`))
	})

	It("says so where a failure does not happen again", func(ctx SpecContext) {
		var requests atomic.Int32
		rules := reference.Rules{Parse: func(body []byte) ([]reference.Entry, error) {
			entries, err := reference.Parse(body)
			if requests.Add(1) == 2 { // the check's, after the first step's
				entries = entries[:0]
			}
			return entries, err
		}}
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: quickTarget(scenarios.ByDevice), Seed: 7, TimeScale: 1e5, Focus: []string{"request/acknowledged"}, BuiltIn: builtin.With(reference.Options{Rules: rules})})
		Expect(err).NotTo(HaveOccurred())
		f := r.Checks[0].Failures[0]
		Expect(f.Frequency).To(Equal("1 of 41"))
		Expect(f.Smallest).To(BeEmpty())
		Expect(string(f.Scenario)).To(ContainSubstring("# It is as it was played first: it did not fail again in 40 replays.\n"))
	})

	It("is not looked for where the time for it is less than none, or nothing failed", func(ctx SpecContext) {
		for shrink, decide := range map[time.Duration]func(*reference.State, reference.State) bool{
			-1: func(*reference.State, reference.State) bool { return true },
			0:  nil,
		} {
			var mu sync.Mutex
			requests := 0
			c := conformance.Config{Shrink: shrink, BuiltIn: builtin.With(reference.Options{Rules: reference.Rules{
				Decide: decide,
				Parse: func(body []byte) ([]reference.Entry, error) {
					mu.Lock()
					defer mu.Unlock()
					requests++
					return reference.Parse(body)
				}}})}
			c.Target, c.Focus = quickTarget(scenarios.ByDevice), []string{"order/reversed"}
			r, err := conformance.Certify(ctx, c)
			Expect(err).NotTo(HaveOccurred())
			Expect(requests).To(Equal(1+3), "the doctor's first is among them")
			Expect(r.Explanations).To(BeEmpty())
		}
	})

	It("ends with the run", func(ctx SpecContext) {
		interrupted, cancel := context.WithCancel(ctx)
		var mu sync.Mutex
		requests := 0
		rules := reference.Rules{
			Decide: func(*reference.State, reference.State) bool { return true },
			Parse: func(body []byte) ([]reference.Entry, error) {
				mu.Lock()
				defer mu.Unlock()
				if requests++; requests == 1+4 { // the first replay's, and the doctor's before it
					cancel()
				}
				return reference.Parse(body)
			}}
		r, err := conformance.Certify(interrupted, conformance.Config{
			Target: quickTarget(scenarios.ByDevice), Focus: []string{"order/reversed"}, BuiltIn: builtin.With(reference.Options{Rules: rules})})
		Expect(err).To(MatchError(context.Canceled))
		Expect(r.Result).To(Equal(report.Interrupted))
		Expect(failing(r)).To(Equal([]string{"order/reversed"}))
	})
})

// again plays a counterexample at the built-in receiver.
func again(ctx context.Context, file scenarios.Check, id scenarios.Identity, rules reference.Rules) conformance.Played {
	GinkgoHelper()
	played, err := conformance.Play(ctx, conformance.Config{
		Target: quickTarget(id), Seed: 11, TimeScale: 1e5, Scenarios: []scenarios.Check{file}, BuiltIn: builtin.With(reference.Options{Rules: rules})}, nil)
	Expect(err).NotTo(HaveOccurred())
	Expect(played).To(HaveLen(1))
	return played[0]
}
