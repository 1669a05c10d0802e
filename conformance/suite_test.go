package conformance_test

import (
	"testing"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/scenarios"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestConformance(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "conformance")
}

// The reference receiver is certified as any other receiver would be in a Ginkgo
// suite of its owner's.
var (
	_ = Describe("identity device", func() {
		conformance.Specs(conformance.Config{Target: config.Config{Identity: scenarios.ByDevice}, Explore: scenarios.Quick})
	})
	_ = Describe("identity user", func() {
		conformance.Specs(conformance.Config{Target: config.Config{Identity: scenarios.ByUser}, Explore: scenarios.Quick})
	})
)
