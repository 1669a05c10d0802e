package container

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/enginetest"
)

func TestInspectImage(t *testing.T) {
	g := NewWithT(t)
	name := enginetest.Image(t)
	image, err := InspectImage(t.Context(), name)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(image.Name).To(Equal(name))
	g.Expect(image.Ports).To(Equal([]int{8080}))
	g.Expect(image.Entrypoint).To(Equal([]string{"/receiver"}))
	g.Expect(image.Platform).To(HavePrefix("linux/"))

	_, err = InspectImage(t.Context(), "no.example/such:1")
	g.Expect(err).To(MatchError("the image no.example/such:1 is not on this engine"))
}
