package spec_test

import (
	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/spec"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Describe stands at the top level of a test file of a Ginkgo suite, as here. The
// function that runs the suite is the usual one:
//
//	func TestReceiver(t *testing.T) {
//		RegisterFailHandler(Fail)
//		RunSpecs(t, "receiver")
//	}
//
// ginkgo --label-filter=required then tells the required checks only, and
// --focus=order those of one group.
func ExampleDescribe() {
	var _ = spec.Describe(conformance.Config{
		Target: config.Config{
			Receiver: config.Receiver{URL: "http://127.0.0.1:3000"},
			Secret:   "shared",
			Identity: scenarios.ByUser,
		},
	})
}
