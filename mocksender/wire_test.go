package mocksender_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/mocksender"
)

// capture is a server that answers each connection's first request with 204,
// and closes it. The bytes that came are in the channel.
func capture() (*script, <-chan string) {
	came := make(chan string, 10)
	s := play(func(c net.Conn, br *bufio.Reader) {
		var got bytes.Buffer
		read(bufio.NewReader(io.TeeReader(br, &got)))
		io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		came <- got.String()
	})
	return s, came
}

var _ = Describe("the request on the wire", func() {
	It("is the page's, to the byte", func(ctx SpecContext) {
		server, came := capture()
		s := &mocksender.Sender{URL: server.URL + "?a=b%20c#here", Secret: secret}
		Expect(s.Deliver(ctx, batch(2)).Acknowledged()).To(BeTrue())
		body := string(batch(2).Body())
		Expect(<-came).To(Equal("POST /webhook?a=b%20c HTTP/1.1\r\n" +
			"Host: " + strings.TrimPrefix(strings.TrimSuffix(server.URL, "/webhook"), "http://") + "\r\n" +
			"X-ctx-secret: " + secret + "\r\n" +
			"Content-Type: application/json\r\n" +
			fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body))
	})

	It("has the newer page's fields in profile 2026, the same on a retry", func(ctx SpecContext) {
		server, came := capture()
		s := &mocksender.Sender{URL: server.URL, Secret: secret, Profile: mocksender.Profile2026, Backoff: atOnce}
		Expect(s.Deliver(ctx, batch(1), mocksender.LostAck{}).Attempts).To(HaveLen(2))
		first, second := <-came, <-came
		Expect(second).To(Equal(first))
		Expect(first).To(MatchRegexp(`^POST /webhook HTTP/1.1\r\nHost: \S+\r\nX-CTX-Secret: ` + `\S+` +
			`\r\nX-CTX-Event-Type: message_status\r\nX-Idempotency-Key: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}` +
			`\r\nContent-Type: application/json\r\nContent-Length: \d+\r\n\r\n`))
		Expect(s.Deliver(ctx, batch(1)).Acknowledged()).To(BeTrue())
		Expect(<-came).NotTo(Equal(first), "another request has another key")
	})

	It("is the same for the same seed", func() {
		make := func(seed uint64) (wires []string) {
			s := &mocksender.Sender{URL: "http://receiver/", Profile: mocksender.Profile2026, Seed: seed}
			for i := range 20 {
				wires = append(wires, string(s.Preview(s.Request(batch(i+1))).Dump()))
			}
			return wires
		}
		Expect(make(7)).To(Equal(make(7)))
		Expect(make(7)).NotTo(Equal(make(8)))
	})

	It("takes its key from RequestID where that is set", func() {
		s := &mocksender.Sender{Profile: mocksender.Profile2026, RequestID: func() string { return "mine" }}
		Expect(s.Request(batch(1)).Get("x-idempotency-key")).To(Equal("mine"))
	})

	It("goes out as the caller altered it", func(ctx SpecContext) {
		server, came := capture()
		s := &mocksender.Sender{URL: server.URL, Secret: secret}
		r := s.Request(batch(1))
		r.Set("x-CTX-secreT", "wrong")
		r.Del("content-type")
		r.Set("X-Empty", "")
		r.Body = []byte{0, 255}
		Expect(s.DeliverRequest(ctx, r).Acknowledged()).To(BeTrue())
		Expect(<-came).To(HaveSuffix("\r\nx-CTX-secreT: wrong\r\nX-Empty: \r\nContent-Length: 2\r\n\r\n\x00\xff"))
	})

	DescribeTable("names the host as in the URL", func(url, line, host string) {
		s := &mocksender.Sender{URL: url}
		Expect(string(s.Preview(mocksender.Request{}).Dump())).To(Equal(
			"POST " + line + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\n\r\n"))
	},
		Entry(nil, "http://h", "/", "h"),
		Entry(nil, "HTTPS://h:8443/a?", "/a?", "h:8443"),
		Entry(nil, "http://h:/ä b", "/%C3%A4%20b", "h"),
		Entry(nil, "http://[::1]:80/x", "/x", "[::1]:80"),
		Entry(nil, "http://[fe80::1%25eth0]/", "/", "[fe80::1]"),
	)
})

var _ = Describe("connections", func() {
	It("are used again", func(ctx SpecContext) {
		server := play(answer(noContent))
		s := &mocksender.Sender{URL: server.URL}
		for range 5 {
			Expect(s.Deliver(ctx, batch(1)).Attempts).To(HaveLen(1))
		}
		Expect(server.connections()).To(Equal(1))
		s.Close()
		Expect(s.Deliver(ctx, batch(1)).Acknowledged()).To(BeTrue())
		Expect(server.connections()).To(Equal(2))
		s.Close()
	})

	DescribeTable("are not used again after", func(ctx SpecContext, text string) {
		server := play(answer(text))
		s := &mocksender.Sender{URL: server.URL}
		DeferCleanup(s.Close)
		for range 2 {
			a := s.Deliver(ctx, batch(1)).Last()
			Expect(a.Acknowledged()).To(BeTrue(), a.Line())
			Expect(a.Resent).To(BeFalse())
		}
		Expect(server.connections()).To(Equal(2))
	},
		Entry("Connection: close", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
		Entry("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
		Entry("bytes that nobody asked for", noContent+"HTTP/1.1 408 Idle\r\n\r\n"),
		Entry("a body over the bound", "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n"+strings.Repeat("x", 300000)),
		Entry("a chunked body over the bound", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1000\r\n"+strings.Repeat("x", 4096)+"\r\n", 80)),
		Entry("a body that is no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
	)

	DescribeTable("are used again after", func(ctx SpecContext, text, body string) {
		server := play(answer(text))
		s := &mocksender.Sender{URL: server.URL}
		DeferCleanup(s.Close)
		for range 2 {
			a := s.Deliver(ctx, batch(1)).Last()
			Expect(a.Acknowledged()).To(BeTrue(), a.Line())
			Expect(string(a.Answer.Body)).To(Equal(body))
		}
		Expect(server.connections()).To(Equal(1))
	},
		Entry("no body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
		Entry("a body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
		Entry("a chunked body", "HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok"),
		Entry("a long body", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat("x", 100000), strings.Repeat("x", 4096)),
		Entry("interim answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"+noContent, ""),
	)

	It("that the receiver closed while they were idle are left alone", func(ctx SpecContext) {
		closed := make(chan struct{})
		server := play(func(c net.Conn, br *bufio.Reader) {
			read(br)
			io.WriteString(c, noContent)
			c.Close()
			closed <- struct{}{}
		})
		s := &mocksender.Sender{URL: server.URL}
		DeferCleanup(s.Close)
		for range 3 {
			a := s.Deliver(ctx, batch(1)).Last()
			Expect(a.Acknowledged()).To(BeTrue(), a.Line())
			Eventually(closed).Should(Receive())
		}
		Expect(server.connections()).To(Equal(3))
	})

	It("that break as the request sets out cost no attempt", func(ctx SpecContext) {
		server := play(func(c net.Conn, br *bufio.Reader) {
			read(br)
			io.WriteString(c, noContent)
			read(br)
			c.(*net.TCPConn).SetLinger(0) // a reset
		}, answer(noContent))
		s := &mocksender.Sender{URL: server.URL}
		DeferCleanup(s.Close)
		Expect(s.Deliver(ctx, batch(1)).Last().Resent).To(BeFalse())
		d := s.Deliver(ctx, batch(1))
		Expect(d.Attempts).To(HaveLen(1))
		Expect(d.Acknowledged()).To(BeTrue(), d.Last().Line())
		Expect(d.Last().Resent).To(BeTrue())
		Expect(d.Last().Line()).To(ContainSubstring("[resent: idle connection was closed]"))
	})

	It("that break on the first request cost one", func(ctx SpecContext) {
		server := play(func(_ net.Conn, br *bufio.Reader) { read(br) }, answer(noContent))
		s := &mocksender.Sender{URL: server.URL, Backoff: atOnce}
		DeferCleanup(s.Close)
		d := s.Deliver(ctx, batch(1))
		Expect(d.Attempts).To(HaveLen(2))
		Expect(d.Attempts[0].Err).To(MatchError("the receiver closed the connection without an answer"))
		Expect(d.Acknowledged()).To(BeTrue())
	})

	It("are bounded in number", func(ctx SpecContext) {
		server := play(answer(noContent))
		s := &mocksender.Sender{URL: server.URL, MaxConns: 3}
		DeferCleanup(s.Close)
		results := make(chan bool)
		for range 50 {
			go func() { results <- s.Deliver(ctx, batch(1)).Acknowledged() }()
		}
		for range 50 {
			Expect(<-results).To(BeTrue())
		}
		Expect(server.connections()).To(BeNumerically("<=", 3))
	})

	It("waits for a connection no longer than its context", func(ctx SpecContext) {
		server := play(func(_ net.Conn, br *bufio.Reader) { io.Copy(io.Discard, br) })
		s := &mocksender.Sender{URL: server.URL, MaxConns: 1}
		held, release := context.WithCancel(ctx)
		done := make(chan mocksender.Delivery)
		go func() { done <- s.Deliver(held, batch(1)) }()
		Eventually(server.connections).Should(Equal(1))
		waiting, cancel := context.WithCancel(ctx)
		go func() { done <- s.Deliver(waiting, batch(1)) }()
		cancel()
		Expect((<-done).Last().Err).To(MatchError("broken off: context canceled"))
		release()
		Expect((<-done).Outcome).To(Equal(mocksender.Aborted))
		Expect(server.connections()).To(Equal(1))
	})

	It("speak TLS", func(ctx SpecContext) {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, r.Proto, " ", r.TLS.NegotiatedProtocol, " ", r.ContentLength)
		}))
		DeferCleanup(server.Close)
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		s := &mocksender.Sender{URL: server.URL, TLS: &tls.Config{RootCAs: roots}, Backoff: once}
		DeferCleanup(s.Close)
		for range 3 {
			a := s.Deliver(ctx, batch(100)).Last()
			Expect(a.Err).NotTo(HaveOccurred())
			Expect(string(a.Answer.Body)).To(Equal(fmt.Sprint("HTTP/1.1 http/1.1 ", len(batch(100).Body()))))
		}
		distrustful := &mocksender.Sender{URL: server.URL, Backoff: once}
		Expect(distrustful.Deliver(ctx, batch(1)).Last().Err).To(MatchError(ContainSubstring("certificate")))
	})
})

var _ = Describe("the answer", func() {
	DescribeTable("decides whether the batch was taken", func(ctx SpecContext, code int, taken bool) {
		server := serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
		})
		s := &mocksender.Sender{URL: server.URL, Backoff: mocksender.Backoff{Retries: 2, Window: -1}}
		DeferCleanup(s.Close)
		d := s.Deliver(ctx, batch(1))
		Expect(d.Last().Err).NotTo(HaveOccurred())
		Expect(d.Last().Answer.Status).To(Equal(code))
		Expect(d.Last().Answer.Fields).To(HaveKeyWithValue("Location", []string{"/elsewhere"}))
		Expect(d.Acknowledged()).To(Equal(taken))
		Expect(len(d.Attempts)).To(Equal(map[bool]int{true: 1, false: 3}[taken]))
	},
		Entry(nil, 200, true), Entry(nil, 202, true), Entry(nil, 204, true), Entry(nil, 299, true),
		Entry(nil, 301, false), Entry(nil, 307, false), Entry(nil, 304, false), Entry(nil, 400, false),
		Entry(nil, 401, false), Entry(nil, 404, false), Entry(nil, 500, false), Entry(nil, 599, false),
	)

	It("counts when it comes before the body was read through", func(ctx SpecContext) {
		server := serve(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "too much", http.StatusRequestEntityTooLarge)
		})
		s := &mocksender.Sender{URL: server.URL, Backoff: once}
		r := mocksender.Request{Body: bytes.Repeat([]byte(" "), 32<<20)}
		for _, f := range []mocksender.Fault{nil, mocksender.SlowBody{Pieces: 4, Pause: -1}} {
			a := s.DeliverRequest(ctx, r, f).Last()
			Expect(a.Err).NotTo(HaveOccurred())
			Expect(a.Answer.Status).To(Equal(413))
			Expect(string(a.Answer.Body)).To(Equal("too much\n"))
		}
	})

	It("counts when the receiver refuses and reads no further", func(ctx SpecContext) {
		server := play(func(c net.Conn, br *bufio.Reader) {
			br.ReadString('\n')
			io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
			<-ctx.Done()
		})
		s := &mocksender.Sender{URL: server.URL, Backoff: once}
		a := s.DeliverRequest(ctx, mocksender.Request{Body: bytes.Repeat([]byte(" "), 32<<20)}).Last()
		Expect(a.Err).NotTo(HaveOccurred())
		Expect(a.Answer.Status).To(Equal(413))
	})

	It("that accepts early does not cut the body short", func(ctx SpecContext) {
		const size = 16 << 20
		whole := make(chan int64, 1)
		server := play(func(c net.Conn, br *bufio.Reader) {
			io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
			req, err := http.ReadRequest(br)
			if err == nil {
				n, _ := io.Copy(io.Discard, req.Body)
				whole <- n
			}
		})
		s := &mocksender.Sender{URL: server.URL, Backoff: once}
		a := s.DeliverRequest(ctx, mocksender.Request{Body: bytes.Repeat([]byte(" "), size)}).Last()
		Expect(a.Acknowledged()).To(BeTrue(), a.Line())
		Expect(<-whole).To(BeEquivalentTo(size))
	})

	DescribeTable("that is none is an error of one line", func(ctx SpecContext, text, want string) {
		server := play(func(c net.Conn, br *bufio.Reader) {
			read(br)
			io.WriteString(c, text)
		})
		s := &mocksender.Sender{URL: server.URL, Backoff: once}
		a := s.Deliver(ctx, batch(1)).Last()
		Expect(a.Err).To(MatchError(ContainSubstring(want)))
		Expect(a.Err.Error()).NotTo(ContainSubstring("\n"))
		Expect(len(a.Err.Error())).To(BeNumerically("<", 320))
		Expect(a.Acknowledged()).To(BeFalse())
	},
		Entry("nothing", "", "closed the connection without an answer"),
		Entry("half a head", "HTTP/1.1 200 OK\r\nX: y", "closed the connection without an answer"),
		Entry("a few bytes", "HTT", "malformed HTTP response"),
		Entry("another protocol", "SSH-2.0-OpenSSH_9.9\r\n\r\n", "malformed HTTP"),
		Entry("a long line", strings.Repeat("y\x1b", 100000)+"\r\n\r\n", "malformed HTTP"),
		Entry("an endless head", "HTTP/1.1 200 OK\r\n"+strings.Repeat("X: y\r\n", 100000), "head is longer than 256 KiB"),
		Entry("endless interim answers", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100000), "head is longer than 256 KiB"),
		Entry("a bad interim answer", "HTTP/1.1 1xx Continue\r\n\r\n", "malformed HTTP status code"),
	)

	It("that switches protocols is a failure", func(ctx SpecContext) {
		server := play(answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"))
		s := &mocksender.Sender{URL: server.URL, Backoff: once}
		a := s.Deliver(ctx, batch(1)).Last()
		Expect(a.Answer.Status).To(Equal(101))
		Expect(a.Acknowledged()).To(BeFalse())
	})
})

var _ = Describe("what can't be sent", func() {
	DescribeTable("is one clear line, once", func(ctx SpecContext, change func(*mocksender.Sender, *mocksender.Request), want string) {
		s := &mocksender.Sender{URL: "http://127.0.0.1:1/", Secret: secret, Journal: new(mocksender.Journal)}
		r := s.Request(batch(1))
		change(s, &r)
		d := s.DeliverRequest(ctx, r)
		Expect(d.Outcome).To(Equal(mocksender.Aborted))
		Expect(d.Attempts).To(HaveLen(1))
		Expect(d.Last().Err).To(MatchError(want))
		Expect(s.Preview(r).Err).To(MatchError(want))
		Expect(s.Attempt(ctx, r, nil).Err).To(MatchError(want))
		Expect(s.Journal.Attempts()).To(HaveLen(2))
	},
		Entry(nil, withURL(""), `url "": is empty: want one like http://127.0.0.1:8080/webhook`),
		Entry(nil, withURL("127.0.0.1:80/x"), `url "127.0.0.1:80/x": can't be parsed: want one like http://127.0.0.1:8080/webhook`),
		Entry(nil, withURL("receiver/x"), `url "receiver/x": has the scheme none: want http or https`),
		Entry(nil, withURL("ftp://h/"), `url "ftp://h/": has the scheme "ftp": want http or https`),
		Entry(nil, withURL("http:///x"), `url "http:///x": has no host: want one like http://127.0.0.1:8080/webhook`),
		Entry(nil, withURL("http://h:99999/"), `url "http://h:99999/": has the port 99999: want 1 to 65535`),
		Entry(nil, withURL("http://h:0/"), `url "http://h:0/": has the port 0: want 1 to 65535`),
		Entry(nil, withURL("http://u:pass@h/"), `url "http://u:xxxxx@h/": has a user name: ContextPush sends none, want it without`),
		Entry(nil, withURL("http://u:pass@h/%zz"), `url "…": can't be parsed: want one like http://127.0.0.1:8080/webhook`),
		Entry(nil, withURL("http://h\n/"), `url "http://h\n/": can't be parsed: want one like http://127.0.0.1:8080/webhook`),
		Entry(nil, withURL("http://bücher/"), `url "http://b%C3%BCcher/": has a host that is not ASCII: want its xn-- form`),
		Entry(nil, func(s *mocksender.Sender, _ *mocksender.Request) { s.Profile = "2027" }, `profile "2027": want 2025 or 2026`),
		Entry(nil, func(s *mocksender.Sender, _ *mocksender.Request) { s.Timeout = -1 }, `timeout -1ns: want a time above 0, or 0 for 30s`),
		Entry(nil, func(s *mocksender.Sender, _ *mocksender.Request) { s.MaxConns = -1 }, `-1 connections at most: want 1 or more, or 0 for no limit`),
		Entry(nil, func(s *mocksender.Sender, _ *mocksender.Request) { s.Backoff.Jitter = 2 }, `backoff: jitter 2: want 0 to 1`),
		Entry(nil, withField("Host", "x"), `request field Host: the sender sets it: remove it`),
		Entry(nil, withField("content-LENGTH", "1"), `request field content-LENGTH: the sender sets it: remove it`),
		Entry(nil, withField("a b", "x"), `request field "a b": not a header name: want letters, digits and hyphens`),
		Entry(nil, withField("", "x"), `request field "": not a header name: want letters, digits and hyphens`),
		Entry(nil, withField("X", "a\r\nY: b"), `request field X: its value has the control character '\r' at byte 1: want a text of one line`),
	)

	It("is an empty batch", func(ctx SpecContext) {
		s := &mocksender.Sender{URL: "http://127.0.0.1:1/"}
		d := s.Deliver(ctx, mocksender.Batch{})
		Expect(d.Outcome).To(Equal(mocksender.Aborted))
		Expect(d.Last().Err).To(MatchError("batch of 0 entries: want 1 to 100"))
	})
})

func withURL(u string) func(*mocksender.Sender, *mocksender.Request) {
	return func(s *mocksender.Sender, _ *mocksender.Request) { s.URL = u }
}

func withField(name, value string) func(*mocksender.Sender, *mocksender.Request) {
	return func(_ *mocksender.Sender, r *mocksender.Request) { r.Set(name, value) }
}
