package receiver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

func TestBuiltInKeepsItsDisk(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	b := opened(t, config.Config{Path: "/hook"}, Env{Secret: testSecret}).(*builtIn)
	g.Expect(b.Info()).To(Equal(Info{Kind: "built-in"}))
	g.Expect(b.Fixed()).To(BeEmpty())

	const state = "/state?campaign_id=c&user_id=u&idempotency_key=k&device_token=d"
	g.Expect(b.Start(ctx)).To(Succeed())
	g.Expect(b.Start(ctx)).To(MatchError(ContainSubstring("runs already")))
	g.Expect(post(t, b, "/hook", `[{"device_token":"d","user_id":"u","campaign_id":"c","idempotency_key":"k","delivery_status":"opened",
		"delivery_method":"traditional","planned_delivery_method":"traditional","timestamp":"2026-11-24T08:00:00.000Z","content":{"title":"t"}}]`)).To(Equal(200))
	g.Expect(b.Kill(ctx)).To(Succeed())
	g.Expect(b.Start(ctx)).To(Succeed())
	g.Expect(get(t, b, state)).To(ContainSubstring(`"opened"`))
	g.Expect(b.Stop(ctx)).To(Succeed())
	g.Expect(b.Stop(ctx)).To(Succeed())
	g.Expect(b.Start(ctx)).To(Succeed())
	g.Expect(get(t, b, state)).To(ContainSubstring(`"opened"`))
	g.Expect(strings.Join(b.Log(99), "\n")).To(And(ContainSubstring("listening"), Not(ContainSubstring(testSecret))))

	store := b.temp
	g.Expect(b.Close()).To(Succeed())
	g.Expect(b.Close()).To(Succeed())
	_, err := os.Stat(store)
	g.Expect(os.IsNotExist(err)).To(BeTrue())
}

func TestBuiltInThatCannotStart(t *testing.T) {
	g := NewWithT(t)
	env := Env{Secret: testSecret, BuiltIn: reference.Options{Listen: "127.0.0.1:99999"}}
	g.Expect(startError(t, t.Context(), opened(t, config.Config{}, env)).Error()).To(HavePrefix("built-in receiver: listen on 127.0.0.1:99999: "))
}

func TestStoresOfKilledRunsAreRemoved(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	before := self()
	before.started = "1" // somebody else had this number once
	for _, name := range []string{tempPrefix + before.mark("a"), tempPrefix + self().mark("b"), tempPrefix + "c", "d"} {
		g.Expect(os.MkdirAll(filepath.Join(dir, name, "states.db"), 0o700)).To(Succeed())
	}
	removeStaleTemps(dir)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(left).To(ConsistOf(HaveSuffix(self().mark("b")), HaveSuffix(tempPrefix+"c"), HaveSuffix("/d")))
}
