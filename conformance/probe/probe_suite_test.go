package probe_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	_ "github.com/ctxpush/ctxpush/conformance/probe/mysql"
	_ "github.com/ctxpush/ctxpush/conformance/probe/postgres"
	_ "github.com/ctxpush/ctxpush/conformance/probe/sqlite"
)

func TestProbe(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "probe")
}
