package spec_test

import (
	"testing"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	_ "github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/spec"
	"github.com/ctxpush/ctxpush/scenarios"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestSpec(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "conformance/spec")
}

// The reference receiver is certified as any other receiver would be in a Ginkgo
// suite of its owner's.
var (
	_ = Describe("identity device", func() {
		spec.Describe(conformance.Config{Target: config.Config{Identity: scenarios.ByDevice}, Explore: scenarios.Quick})
	})
	_ = Describe("identity user", func() {
		spec.Describe(conformance.Config{Target: config.Config{Identity: scenarios.ByUser}, Explore: scenarios.Quick})
	})
)
