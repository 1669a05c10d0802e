package mocksender_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/mocksender"
)

// everything is all that people may get to see of a sender and its attempts.
func everything(s *mocksender.Sender, d mocksender.Delivery) string {
	var b bytes.Buffer
	Expect(s.Journal.Timeline(&b)).To(Succeed())
	for _, a := range append(s.Journal.Attempts(), d.Attempts...) {
		fmt.Fprintf(&b, "%s\n%s\n%s\n%v %+v %#v\n", a.Line(), a.Curl(), a.Dump(), a, a, a)
		fmt.Fprintf(&b, "%s %q %s", a.Request.Body, a.Request.Fields, a.Answer.Body)
		fmt.Fprintf(&b, "%s", chain(a.Err))
		for _, f := range a.Request.Fields {
			fmt.Fprintf(&b, "%s=%s\n", f.Name, f.Value)
		}
	}
	fmt.Fprintf(&b, "%v %+v %#v %s", s, s, s, s)
	fmt.Fprintf(&b, "%v %+v %#v", d, d, d)
	return b.String()
}

var _ = Describe("the secret", func() {
	// leaks are the spellings in which it must not be seen.
	var leaks = []string{secret, url.QueryEscape(secret), url.PathEscape(secret), secret[:len(secret)-1], secret[1:]}
	hidden := func(text string) {
		GinkgoHelper()
		for _, leak := range leaks {
			Expect(strings.ToLower(text)).NotTo(ContainSubstring(strings.ToLower(leak)))
		}
	}

	DescribeTable("shows nowhere, whatever the receiver answers", func(ctx SpecContext, answer string) {
		server := play(func(c net.Conn, br *bufio.Reader) {
			read(br)
			io.WriteString(c, answer)
		})
		s := &mocksender.Sender{URL: server.URL + "?token=" + secret, Secret: secret, Backoff: once, Journal: new(mocksender.Journal)}
		DeferCleanup(s.Close)
		r := s.Request(batch(1))
		hidden(fmt.Sprintf("%v %+v %#v %v", r, r, r, r.Fields))
		r.Body = []byte(`["` + secret + `"]`)
		d := s.DeliverRequest(ctx, r)
		text := everything(s, d)
		hidden(text)
		Expect(text).To(ContainSubstring(mocksender.SecretVariable))
		hidden(string(s.Preview(r).Dump()))
	},
		Entry("in the body", "HTTP/1.1 401 No\r\n\r\nwant "+secret+", not "+secret),
		Entry("in JSON", "HTTP/1.1 401 No\r\n\r\n"+`{"got":"`+strings.ReplaceAll(secret, "/", "/")+`"}`),
		Entry("in another case", "HTTP/1.1 401 No\r\n\r\n"+strings.ToUpper(secret)),
		Entry("in a URL", "HTTP/1.1 401 No\r\n\r\n"+url.QueryEscape(secret)+url.PathEscape(secret)),
		Entry("at the border of what is kept", "HTTP/1.1 401 No\r\n\r\n"+strings.Repeat(".", 4096-9)+secret),
		Entry("one byte short at the border", "HTTP/1.1 401 No\r\n\r\n"+strings.Repeat(".", 4096-len(secret)+1)+secret),
		Entry("in a field", "HTTP/1.1 401 No\r\nX-Echo: "+secret+"\r\nX-Echo: "+secret+"\r\n\r\n"),
		Entry("in what is no answer", secret+"\r\n\r\n"),
		Entry("in a status line", "HTTP/1.1 abc "+secret+"\r\n\r\n"),
	)

	It("shows in no error of dialling", func(ctx SpecContext) {
		s := &mocksender.Sender{URL: "http://receiver/", Secret: secret, Backoff: once, Journal: new(mocksender.Journal),
			Dial: func(context.Context, string, string) (net.Conn, error) {
				return nil, fmt.Errorf("proxy refused %w", errors.New(secret))
			}}
		d := s.Deliver(ctx, batch(1))
		Expect(d.Last().Err).To(MatchError("proxy refused $CTXPUSH_SECRET"))
		hidden(everything(s, d))
	})

	It("shows in no error of the caller's making", func(ctx SpecContext) {
		for _, s := range []*mocksender.Sender{
			{URL: "ftp://" + url.PathEscape(secret), Secret: secret},
			{URL: "http://h/%zz" + secret, Secret: secret},
			{URL: "http://x:" + url.PathEscape(secret) + "@h/", Secret: secret},
			{URL: "http://h/", Secret: secret + "\n"},
		} {
			s.Journal = new(mocksender.Journal)
			d := s.Deliver(ctx, batch(1))
			Expect(d.Last().Err).To(HaveOccurred())
			hidden(everything(s, d))
		}
	})

	DescribeTable("that is wrong on purpose", func(ctx SpecContext, sent, shown string) {
		server := play(answer("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"))
		s := &mocksender.Sender{URL: server.URL, Secret: secret, Backoff: once, Journal: new(mocksender.Journal)}
		DeferCleanup(s.Close)
		r := s.Request(batch(1))
		r.Set("X-ctx-secret", sent)
		d := s.DeliverRequest(ctx, r)
		Expect(d.Last().Request.Get("X-ctx-secret")).To(Equal(shown))
		hidden(everything(s, d))
	},
		Entry("is shown", "wrong", "wrong"),
		Entry("is shown when it is empty", "", ""),
		Entry("is shown without the right one in it", secret+"x", "$CTXPUSH_SECRETx"),
		Entry("is not shown when only its case differs", strings.ToUpper(secret), "[the secret in other case]"),
		Entry("is not shown when it is the beginning of the right one", secret[:len(secret)-1], "[a part of the secret]"),
		Entry("is not shown when it is the end of the right one", secret[1:], "[a part of the secret]"),
	)

	It("is hidden in the receiver's echo of a wrong one", func(ctx SpecContext) {
		server := play(answer("HTTP/1.1 401 No\r\nContent-Length: " + fmt.Sprint(len(secret)) + "\r\n\r\n\"" + secret[1:] + "\""))
		s := &mocksender.Sender{URL: server.URL, Secret: secret, Backoff: once, Journal: new(mocksender.Journal)}
		DeferCleanup(s.Close)
		r := s.Request(batch(1))
		r.Set("X-ctx-secret", secret[1:])
		hidden(everything(s, s.DeliverRequest(ctx, r)))
	})

	It("is spelled as JSON where it has quotes", func(ctx SpecContext) {
		odd := `a"b\c-and-more`
		server := play(answer("HTTP/1.1 401 No\r\nContent-Length: 18\r\n\r\n" + `"a\"b\\c-and-more"`))
		s := &mocksender.Sender{URL: server.URL, Secret: odd, Backoff: once}
		DeferCleanup(s.Close)
		Expect(string(s.Deliver(ctx, batch(1)).Last().Answer.Body)).To(Equal(`"$CTXPUSH_SECRET"`))
	})
})
