package conformance_test

import (
	"slices"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/scenarios"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The catalogue", Ordered, ContinueOnFailure, func() {
	correct := []*trial{{identity: scenarios.ByDevice}, {identity: scenarios.ByUser}}
	wrong := trialsOf(mutants.List())

	BeforeAll(func(ctx SpecContext) { runAll(ctx, slices.Concat(correct, wrong)) })

	for _, t := range correct {
		It("accuses not the "+t.String(), func() {
			Expect(t.err).NotTo(HaveOccurred())
			Expect(failing(t.report)).To(BeEmpty())
			Expect(t.report.Result).To(Equal(report.Pass))
		})
	}

	for _, t := range wrong {
		It("finds "+t.String()+", by "+t.mutant.Check, func() { Expect(t.verdict()).To(Succeed()) })
	}

	It("has no check that no mutant fails", func() {
		failed := map[string]bool{}
		for _, t := range wrong {
			if slices.Contains(t.mutant.Also, "*") {
				continue // shows of no check what it is for
			}
			for _, id := range failing(t.report) {
				failed[id] = true
			}
		}
		var idle []string
		for _, c := range scenarios.Catalogue() {
			if !failed[c.ID] {
				idle = append(idle, c.ID)
			}
		}
		Expect(idle).To(ConsistOf(unfailing))
	})
})

// unfailing are the checks that a receiver can't fail without failing nearly
// all: the one that it works at all, those whose failed attempts it never sees,
// and the one of the headers that each request of its protocol has.
var unfailing = []string{"request/acknowledged", "retry/after-500", "protocol/newer-headers"}
