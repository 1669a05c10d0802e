package patience

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// The whole grace is waited for once: a receiver that has outlived it will do so
// again.
func TestPatience(t *testing.T) {
	g := NewWithT(t)
	p := Patience{Grace: 10 * time.Second}
	g.Expect(p.Now()).To(Equal(10 * time.Second))
	g.Expect(p.End()).To(Equal(closeGrace))
	after, again := p.Outlive()
	g.Expect(after).To(Equal(10 * time.Second))
	g.Expect(again).To(BeFalse())
	after, again = p.Outlive()
	g.Expect(after).To(Equal(time.Second))
	g.Expect(again).To(BeTrue())
	g.Expect(p.Now()).To(Equal(time.Second))
	g.Expect(p.End()).To(BeZero())
}
