package receiver

import (
	"context"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// freezes sees that a running receiver stands still while it is frozen, and
// answers then what it was asked meanwhile.
func freezes(t *testing.T, r Receiver) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(r.Start(t.Context())).To(Succeed())
	frozen := r.(Freezer)
	g.Expect(frozen.Freeze(t.Context())).To(Succeed())
	// A signal takes a moment to reach all threads.
	g.Eventually(func() error {
		soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		req, err := http.NewRequestWithContext(soon, http.MethodGet, r.URL()+"/starts", nil)
		g.Expect(err).NotTo(HaveOccurred())
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}).WithTimeout(time.Minute).Should(MatchError(context.DeadlineExceeded), "a frozen receiver answers")
	_, ended := r.Exited()
	g.Expect(ended).To(BeFalse())
	g.Expect(frozen.Thaw(t.Context())).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("1"))

	g.Expect(frozen.Freeze(t.Context())).To(Succeed())
	g.Expect(r.Kill(t.Context())).To(Succeed(), "a frozen receiver can be killed")
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(get(t, r, "/starts")).To(Equal("2"))
}

func TestContainerIsFrozen(t *testing.T) {
	needEngine(t)
	freezes(t, newContainer(t, inContainer(""), Env{}))
}
