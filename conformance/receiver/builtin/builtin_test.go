package builtin

import (
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/receivertest"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

func opened(t *testing.T, cfg config.Config, env receiver.Env) receiver.Receiver {
	t.Helper()
	env.Secret = receivertest.Secret
	r, err := receiver.New(cfg, env)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { NewWithT(t).Expect(r.Close()).To(Succeed()) })
	return r
}

func TestBuiltInKeepsItsDisk(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	b := opened(t, config.Config{Path: "/hook"}, receiver.Env{}).(*builtIn)
	g.Expect(b.Info()).To(Equal(receiver.Info{Kind: "built-in"}))
	g.Expect(b.Fixed()).To(BeEmpty())

	const state = "/state?campaign_id=c&user_id=u&idempotency_key=k&device_token=d"
	g.Expect(b.Start(ctx)).To(Succeed())
	g.Expect(b.Start(ctx)).To(MatchError(ContainSubstring("runs already")))
	g.Expect(receivertest.Post(t, b, "/hook", `[{"device_token":"d","user_id":"u","campaign_id":"c","idempotency_key":"k","delivery_status":"opened",
		"delivery_method":"traditional","planned_delivery_method":"traditional","timestamp":"2026-11-24T08:00:00.000Z","content":{"title":"t"}}]`)).To(Equal(200))
	g.Expect(b.Kill(ctx)).To(Succeed())
	g.Expect(b.Start(ctx)).To(Succeed())
	g.Expect(receivertest.Get(t, b, state)).To(ContainSubstring(`"opened"`))
	g.Expect(b.Stop(ctx)).To(Succeed())
	g.Expect(b.Stop(ctx)).To(Succeed())
	g.Expect(b.Start(ctx)).To(Succeed())
	g.Expect(receivertest.Get(t, b, state)).To(ContainSubstring(`"opened"`))
	g.Expect(strings.Join(b.Log(99), "\n")).To(And(ContainSubstring("listening"), Not(ContainSubstring(receivertest.Secret))))

	store := b.temp
	g.Expect(b.Close()).To(Succeed())
	g.Expect(b.Close()).To(Succeed())
	_, err := os.Stat(store)
	g.Expect(os.IsNotExist(err)).To(BeTrue())
}

func TestBuiltInThatCannotStart(t *testing.T) {
	g := NewWithT(t)
	env := receiver.Env{BuiltIn: With(reference.Options{Listen: "127.0.0.1:99999"})}
	g.Expect(receivertest.StartError[*receiver.StartError](t, t.Context(), opened(t, config.Config{}, env)).Error()).To(HavePrefix("built-in receiver: listen on 127.0.0.1:99999: "))
}
