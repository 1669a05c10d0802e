package receiver

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
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
	var l layers
	fmt.Fprint(&l, "Step 1/4 : FROM alpine\n ---> aaaaaaaaaaaa\nStep 2/4 : COPY a /\n ---> Using cache\n ---> bbbbbbbbbbbb\nStep 3/4 : RUN x\n ---> Running in cccccccccccc\n")
	fmt.Fprint(&l, "Removing intermediate container cccccccccccc\n ---> ddddd")
	fmt.Fprint(&l, "ddddddd\r\nStep 4/4 : RUN false\n")
	g.Expect(l.ids).To(Equal([]string{"dddddddddddd"}))
}

func TestOwner(t *testing.T) {
	g := NewWithT(t)
	me := self()
	g.Expect(me.gone()).To(BeFalse())
	g.Expect(ownerOf(me.labels("run", "receiver"))).To(Equal(me))
	g.Expect(ownerOfImage(me.image("receiver"))).To(Equal(me))

	for name, o := range map[string]owner{
		"an earlier process of that number": {me.host, me.pid, me.started + "1"},
		"no such process":                   {me.host, "2147483646", me.started},
	} {
		g.Expect(o.gone()).To(BeTrue(), name)
	}
	for name, o := range map[string]owner{
		"another host": {"elsewhere", me.pid, me.started + "1"},
		"no number":    {me.host, "x", me.started},
		"not known":    {me.host, me.pid, ""},
		"nothing":      ownerOf(nil),
		"another name": ownerOfImage("acme/receiver:a-1-2-3"),
		"no owner":     ownerOfImage(imageRepo + ":latest"),
	} {
		g.Expect(o.gone()).To(BeFalse(), name)
	}
}
