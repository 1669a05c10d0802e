package owner

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

func TestOwner(t *testing.T) {
	g := NewWithT(t)
	me := Self()
	g.Expect(me.IsGone()).To(BeFalse())
	g.Expect(OfMark(me.Mark("receiver"))).To(Equal(me))
	for name, o := range map[string]Owner{
		"an earlier process of that number": {me.Host, me.PID, me.Started + "1"},
		"no such process":                   {me.Host, "2147483646", me.Started},
	} {
		g.Expect(o.IsGone()).To(BeTrue(), name)
	}
	for name, o := range map[string]Owner{
		"another host": {"elsewhere", me.PID, me.Started + "1"},
		"no number":    {me.Host, "x", me.Started},
		"not known":    {me.Host, me.PID, ""},
		"no mark":      OfMark("latest"),
	} {
		g.Expect(o.IsGone()).To(BeFalse(), name)
	}
}

func TestStoresOfKilledRunsAreRemoved(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	before := Self()
	before.Started = "1" // somebody else had this number once
	for _, name := range []string{tempPrefix + before.Mark("a"), tempPrefix + Self().Mark("b"), tempPrefix + "c", "d"} {
		g.Expect(os.MkdirAll(filepath.Join(dir, name, "states.db"), 0o700)).To(Succeed())
	}
	RemoveStaleTemps(dir)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(left).To(ConsistOf(HaveSuffix(Self().Mark("b")), HaveSuffix(tempPrefix+"c"), HaveSuffix("/d")))
}
