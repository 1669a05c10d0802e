package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/moby/moby/client"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/owner"
)

func TestRyukIsOffUnlessItsUserTurnsItOn(t *testing.T) {
	for _, c := range []struct {
		variable, file string
		want           bool
	}{
		{"", "", false},
		{"true", "", false},
		{"false", "", true},
		{"0", "", true},
		{"nonsense", "", false},
		{"", "ryuk.disabled=false\n", true},
		{"", "ryuk.disabled = true\n", false},
		{"", "docker.host=unix:///x\n", false},
		{"true", "ryuk.disabled=false\n", false},
		{"false", "ryuk.disabled=true\n", true},
	} {
		t.Run(fmt.Sprintf("%s/%q", c.variable, c.file), func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv(ryukVariable, c.variable)
			g := NewWithT(t)
			if c.file != "" {
				g.Expect(os.WriteFile(filepath.Join(home, ".testcontainers.properties"), []byte(c.file), 0o600)).To(Succeed())
			}
			g.Expect(wantsRyuk()).To(Equal(c.want))
		})
	}
}

func TestHubName(t *testing.T) {
	g := NewWithT(t)
	g.Expect(hubName("", "acme/r:1")).To(Equal("acme/r:1"))
	g.Expect(hubName("mirror.example/hub", "acme/r:1")).To(Equal("mirror.example/hub/acme/r:1"))
	g.Expect(hubName("mirror.example/hub", "r:1")).To(Equal("mirror.example/hub/r:1"))
	for _, name := range []string{"localhost/r:1", "ghcr.io/acme/r:1", "reg:5000/r"} {
		g.Expect(hubName("mirror.example/hub", name)).To(Equal(name))
	}
}

func TestLayersAreThoseThatABuildMade(t *testing.T) {
	g := NewWithT(t)
	var l Layers
	fmt.Fprint(&l, "Step 1/4 : FROM alpine\n ---> aaaaaaaaaaaa\nStep 2/4 : COPY a /\n ---> Using cache\n ---> bbbbbbbbbbbb\nStep 3/4 : RUN x\n ---> Running in cccccccccccc\n")
	fmt.Fprint(&l, "Removing intermediate container cccccccccccc\n ---> ddddd")
	fmt.Fprint(&l, "ddddddd\r\nStep 4/4 : RUN false\n")
	g.Expect(l.IDs).To(Equal([]string{"dddddddddddd"}))
}

func TestNoEngine(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("DOCKER_HOST", "unix:///no/such.sock")
	api, err := client.New(client.WithHost("unix:///no/such.sock"))
	g.Expect(err).NotTo(HaveOccurred())
	_, err = (&Engine{API: api}).Fetch(t.Context(), "acme/receiver:1", time.Minute)
	var none *receiver.NoEngineError
	g.Expect(errors.As(err, &none)).To(BeTrue())
	g.Expect(err).To(MatchError(And(
		HavePrefix("no container engine at unix:///no/such.sock (DOCKER_HOST): "),
		HaveSuffix("; start Docker, or use receiver.command or receiver.url"))))
}

func TestOwnersOfLabelsAndImages(t *testing.T) {
	g := NewWithT(t)
	g.Expect(ownerOf(Labels("run", "receiver"))).To(Equal(owner.Self()))
	g.Expect(ownerOfImage(ImageName("receiver"))).To(Equal(owner.Self()))
	for name, o := range map[string]owner.Owner{
		"nothing":      ownerOf(nil),
		"another name": ownerOfImage("acme/receiver:a-1-2-3"),
		"no owner":     ownerOfImage(imageRepo + ":latest"),
	} {
		g.Expect(o.IsGone()).To(BeFalse(), name)
	}
}
