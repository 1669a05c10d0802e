package receiver

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/receivertest"
)

func atURL(url string) config.Config { return config.Config{Receiver: config.Receiver{URL: url}} }

func TestURL(t *testing.T) {
	g := NewWithT(t)
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	r := opened(t, atURL(server.URL+"/"), Env{Secret: receivertest.Secret})
	g.Expect(r.Start(t.Context())).To(Succeed())
	g.Expect(r.Start(t.Context())).To(Succeed(), "also a second time")
	g.Expect(r.URL()).To(Equal(server.URL))
	g.Expect(r.Info()).To(Equal(Info{Kind: "url"}))
	g.Expect(r.Fixed()).To(Equal("a url is not ours to restart"))
	g.Expect(r.Stop(t.Context())).To(MatchError(ContainSubstring("a url is not ours to restart")))
	g.Expect(r.Kill(t.Context())).To(MatchError(ContainSubstring("a url is not ours to restart")))
	g.Expect(r.Log(9)).To(BeEmpty())
	_, ended := r.Exited()
	g.Expect(ended).To(BeFalse())
}

func TestURLThatNobodyAnswers(t *testing.T) {
	g := NewWithT(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	address := l.Addr().String()
	g.Expect(l.Close()).To(Succeed())
	start := startError(t, t.Context(), opened(t, atURL("http://"+address), Env{Secret: receivertest.Secret}))
	g.Expect(start.Error()).To(MatchRegexp(`^url http://` + address + `: connection refused \(tried to connect to ` + address + ` for \S+\)$`))
}

func TestURLMistakes(t *testing.T) {
	for _, url := range []string{"127.0.0.1:3000", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999", "://", "http://a b"} {
		_, err := New(atURL(url), Env{Secret: receivertest.Secret})
		g := NewWithT(t)
		g.Expect(err).To(BeAssignableToTypeOf(&config.Error{}), url)
		g.Expect(err).To(MatchError(HavePrefix("receiver.url: ")))
	}
}

func TestTwoKinds(t *testing.T) {
	cfg := atURL("http://127.0.0.1:1")
	c := program("")
	cfg.Receiver.Command = &c
	r, err := New(cfg, Env{Secret: receivertest.Secret})
	g := NewWithT(t)
	g.Expect(r).To(BeNil())
	g.Expect(err).To(MatchError(ContainSubstring("want exactly one")))
}
