package conformance_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/scenarios"
)

// parsed is the check of a scenario file.
func parsed(name, text string) scenarios.Check {
	GinkgoHelper()
	c, err := scenarios.Parse(name, name, []byte(text))
	Expect(err).NotTo(HaveOccurred())
	return c
}

// quick is a receiver that is given less time to settle than one of the owner's
// would be: the built-in one needs none.
func quick(id scenarios.Identity) config.Config {
	return config.Config{Identity: id, Settle: 20 * time.Millisecond}
}

const lateDelivered = `
scenario: delivered comes late
messages: {m: {history: [pending, delivered, opened]}, g: {count: 3, history: [pending]}}
deliver:
  - batch: [m.opened, g(1)]
  - batch: [m.delivered, g(2-3)]
  - expect: {g: pending}
expect: {m: opened}
`

var _ = Describe("Play", func() {
	play := func(ctx context.Context, c conformance.Config) (played []conformance.Played, told []conformance.Trace, err error) {
		c.Seed = 7
		played, err = conformance.Play(ctx, c, func(e conformance.Trace) { told = append(told, e) })
		return played, told, err
	}

	It("tells each step with its attempts, and the states around it", func(ctx SpecContext) {
		played, told, err := play(ctx, conformance.Config{Target: quick(scenarios.ByDevice), Scenarios: []scenarios.Check{parsed("a.yaml", lateDelivered)}})
		Expect(err).NotTo(HaveOccurred())
		Expect(played).To(HaveLen(1))
		Expect(played[0].Result).To(Equal(event.Pass))

		Expect(told).To(HaveLen(8))
		before := told[0].(conformance.ScenarioStarted)
		Expect(before.Check.Title).To(Equal("delivered comes late"))
		Expect(inOneLine(before.Before)).To(Equal("m: not known; g: 3 not known"))
		Expect(told[1].(conformance.StepStarted).Number).To(Equal(1))
		first := told[2].(conformance.StepFinished)
		Expect(first.Lines).To(HaveLen(1))
		Expect(first.Lines[0]).To(ContainSubstring("→ 200"))
		Expect(inOneLine(first.After)).To(Equal("m: opened; g: 1 pending, 2 not known"))
		second := told[4].(conformance.StepFinished)
		Expect(second.Lines).To(HaveLen(1))
		Expect(second.Step.String()).To(Equal("batch: [m.delivered, g(2-3)]"))
		Expect(inOneLine(second.After)).To(Equal("m: opened; g: 3 pending"))
		Expect(told[6].(conformance.StepFinished).Failures).To(BeEmpty())
		end := told[7].(conformance.ScenarioFinished)
		Expect(end.Err).NotTo(HaveOccurred())
		Expect(inOneLine(end.After)).To(Equal("m: opened; g: 3 pending"))
	})

	It("shows where a wrong receiver goes wrong", func(ctx SpecContext) {
		opts, err := mutants.New("last-arrival-wins", reference.Options{})
		Expect(err).NotTo(HaveOccurred())
		played, told, err := play(ctx, conformance.Config{Target: quick(scenarios.ByUser), BuiltIn: builtin.With(opts), Scenarios: []scenarios.Check{
			parsed("a.yaml", lateDelivered), parsed("b.yaml", strings.Replace(lateDelivered, "[m.opened, g(1)]", "[m.pending, g(1)]", 1)+"---\nscenario: in order\ndeliver: [{batch: [m.opened]}]\n"),
		}})
		Expect(err).NotTo(HaveOccurred())
		Expect(played).To(HaveLen(3))
		Expect(played[0].Result).To(Equal(event.Fail))
		Expect(played[0].Failures).To(HaveLen(1))
		Expect(played[0].Failures[0].Detail).To(Equal("delivery_status is delivered: want opened"))
		Expect(played[1].Result).To(Equal(event.Fail))
		Expect(played[2].Result).To(Equal(event.Pass), "one scenario of a file fails alone")
		Expect(inOneLine(told[4].(conformance.StepFinished).After)).To(HavePrefix("m: delivered"))
		Expect(told[7].(conformance.ScenarioFinished).Failures).To(HaveLen(1))
	})

	It("plays a counterexample whose requests race until it fails", func(ctx SpecContext) {
		racing := parsed("a.yaml", `
scenario: at once
counterexample: order/two-connections
messages: {m: {history: [pending, delivered]}}
deliver:
  - together: [[m.pending], [m.pending], [m.delivered], [m.pending]]
expect: {m: delivered}
`)
		once := racing
		once.ID, once.Counterexample = "b.yaml", ""
		played, told, err := play(ctx, conformance.Config{Target: quick(scenarios.ByDevice), Scenarios: []scenarios.Check{racing, once}})
		Expect(err).NotTo(HaveOccurred())
		Expect(played).To(HaveLen(2))
		Expect(played[0].Result).To(Equal(event.Pass))
		Expect(played[0].Rounds).To(BeNumerically(">=", 20))
		Expect(told).To(ContainElement(conformance.ScenarioRepeated{Rounds: played[0].Rounds, Lines: lastLines(told)}))
		Expect(played[1].Rounds).To(Equal(1), "any other scenario is played once")

		opts, err := mutants.New("last-arrival-wins", reference.Options{})
		Expect(err).NotTo(HaveOccurred())
		// The last arrival is an older entry in about three of four rounds.
		played, _, err = play(ctx, conformance.Config{Target: quick(scenarios.ByDevice), BuiltIn: builtin.With(opts), Scenarios: []scenarios.Check{racing}})
		Expect(err).NotTo(HaveOccurred())
		Expect(played[0].Result).To(Equal(event.Fail))
	})

	It("never shows the secret", func(ctx SpecContext) {
		target := quick(scenarios.ByDevice)
		target.Secret = "Sup3r-S3cret-Value"
		played, told, err := play(ctx, conformance.Config{Target: target, Scenarios: []scenarios.Check{parsed("a.yaml", `
scenario: secrets everywhere
messages: {m: {history: [pending]}}
deliver:
  - batch: [m]
    headers: {X-Copy: $secret}
  - batch: [m]
    secret: extended
    answer: 4xx
`)}})
		Expect(err).NotTo(HaveOccurred())
		Expect(fmt.Sprintf("%+v %+v", played, told)).NotTo(ContainSubstring("S3cret-Val"))
	})

	It("skips what the receiver can't do, and plays the rest", func(ctx SpecContext) {
		server := recorder(func(string) {})
		defer server.Close()
		played, _, err := play(ctx, conformance.Config{
			Target: config.Config{Receiver: config.Receiver{URL: server.URL}, Secret: "s", Settle: time.Millisecond},
			Scenarios: []scenarios.Check{
				parsed("a.yaml", "scenario: a\nmessages: {m: {history: [pending]}}\ndeliver: [{restart: kill}]"),
				parsed("b.yaml", "scenario: b\nmessages: {m: {history: [pending]}}\ndeliver: [{batch: [m]}]\nexpect: {m: unknown}"),
				parsed("c.yaml", "scenario: c\nprotocol: 2026\nmessages: {m: {history: [pending]}}\ndeliver: [{batch: [m]}]"),
			},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(played).To(HaveLen(3))
		Expect(played[0].Result).To(Equal(event.Skipped))
		Expect(played[0].Reason).NotTo(BeEmpty())
		Expect(played[1].Result).To(Equal(event.Pass))
		Expect(played[2].Result).To(Equal(event.Skipped))
		Expect(played[2].Reason).To(Equal("it is of protocol 2026, and the receiver speaks 2025"))
	})

	It("is no verdict where the receiver can't be reached", func(ctx SpecContext) {
		server := recorder(func(string) {})
		server.Close()
		played, told, err := play(ctx, conformance.Config{
			Target:    config.Config{Receiver: config.Receiver{URL: server.URL}, Secret: "s"},
			Scenarios: []scenarios.Check{parsed("a.yaml", lateDelivered)},
		})
		Expect(err).To(HaveOccurred())
		Expect(played).To(BeEmpty())
		Expect(told).To(BeEmpty())
	})

	It("ends with its context, and keeps what it has", func(ctx SpecContext) {
		ctxCancel, cancel := context.WithCancel(ctx)
		defer cancel()
		c := conformance.Config{Seed: 7, Target: quick(scenarios.ByDevice), Scenarios: []scenarios.Check{
			parsed("a.yaml", lateDelivered), parsed("b.yaml", "scenario: b\nmessages: {m: {history: [pending]}}\ndeliver: [{wait: 1h}]"),
		}}
		played, err := conformance.Play(ctxCancel, c, func(e conformance.Trace) {
			if e, ok := e.(conformance.StepStarted); ok && e.Step.Wait > 0 {
				cancel()
			}
		})
		Expect(err).To(MatchError(context.Canceled))
		Expect(played).To(HaveLen(1))
		Expect(played[0].Check.ID).To(Equal("a.yaml"))
	})

	DescribeTable("refuses", func(ctx SpecContext, checks []scenarios.Check, want string) {
		_, _, err := play(ctx, conformance.Config{Scenarios: checks})
		var usage *conformance.UsageError
		Expect(err).To(BeAssignableToTypeOf(usage))
		Expect(err).To(MatchError(want))
	},
		Entry("nothing", nil, "no scenario to play"),
		Entry("two of one id", []scenarios.Check{{ID: "user/x", File: "a/x.yaml"}, {ID: "user/x", File: "b/x.yaml"}},
			"b/x.yaml: its id user/x is that of a/x.yaml too: rename one of them"),
	)
})

// lastLines are what the last round of a repeated scenario told.
func lastLines(told []conformance.Trace) []string {
	for _, e := range told {
		if e, ok := e.(conformance.ScenarioRepeated); ok {
			return e.Lines
		}
	}
	return nil
}

// inOneLine is a look as text.
func inOneLine(l conformance.Look) string {
	GinkgoHelper()
	Expect(l.Err).NotTo(HaveOccurred())
	parts := make([]string, len(l.Seen))
	for i, s := range l.Seen {
		parts[i] = s.Name() + ": " + s.String()
	}
	return strings.Join(parts, "; ")
}

var _ = Describe("Preview", func() {
	It("is what Play sends", func(ctx SpecContext) {
		var mu sync.Mutex
		var sent []string
		server := recorder(func(body string) {
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, body)
		})
		defer server.Close()
		c := conformance.Config{Seed: 7, Epoch: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
			Target: config.Config{Receiver: config.Receiver{URL: server.URL}, Secret: "s3cret", Settle: time.Millisecond},
			Scenarios: []scenarios.Check{parsed("a.yaml", `
scenario: s
for: {n: [1, 2]}
messages: {m: {history: [pending, delivered], content: emoji}}
deliver:
  - batch: [m]
  - raw: $n
    answer: any
  - batch: [m.pending]
    add: {a: 1}
`)}}
		shown, err := conformance.Preview(c)
		Expect(err).NotTo(HaveOccurred())
		Expect(sent).To(BeEmpty(), "nothing is sent")
		var bodies []string
		for _, scenario := range shown {
			for _, step := range scenario.Steps {
				for _, request := range step.Requests {
					Expect(string(request.Dump())).NotTo(ContainSubstring("s3cret"))
					Expect(string(request.Dump())).To(ContainSubstring("X-ctx-secret: $CTXPUSH_SECRET\r\n"))
					bodies = append(bodies, string(request.Request.Body))
				}
			}
		}
		_, err = conformance.Play(ctx, c, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(bodies).To(HaveLen(6))
		Expect(sent[1:]).To(ConsistOf(bodies), "after the doctor's first, the two side by side")
	})
})

var _ = Describe("The page about the language", func() {
	for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		It("has examples that a correct receiver passes, with identity "+string(id), func(ctx SpecContext) {
			page, err := os.ReadFile("../scenarios/README.md")
			Expect(err).NotTo(HaveOccurred())
			c := conformance.Config{Seed: 7, Target: quick(id)}
			for i, part := range strings.Split(string(page), "```yaml\n")[1:] {
				example, _, closed := strings.Cut(part, "```\n")
				Expect(closed).To(BeTrue())
				c.Scenarios = append(c.Scenarios, parsed(fmt.Sprintf("example-%d.yaml", i+1), example))
			}
			Expect(len(c.Scenarios)).To(BeNumerically(">=", 5))
			played, err := conformance.Play(ctx, c, nil)
			Expect(err).NotTo(HaveOccurred())
			for _, p := range played {
				Expect(p.Result).To(Equal(event.Pass), "%s: %s %v", p.Check.ID, p.Reason, p.Failures)
			}
		})
	}
})
