package mocksender_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os/exec"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/mocksender"
)

var _ = Describe("an attempt as a curl command", func() {
	It("reads well", func() {
		s := &mocksender.Sender{URL: "http://127.0.0.1:8080/webhook", Secret: secret}
		r := s.Request(batch(1))
		r.Body = []byte(`[{"title":"James, it's time"}]`)
		Expect(s.Preview(r).Curl()).To(Equal(`curl -sS --http1.1 -X POST 'http://127.0.0.1:8080/webhook' -H 'User-Agent:' -H 'Accept:'` +
			` -H 'X-ctx-secret: '"$CTXPUSH_SECRET"'' -H 'Content-Type: application/json' --data-raw '[{"title":"James, it'\''s time"}]'`))
	})

	DescribeTable("sends the same bytes", func(ctx SpecContext, change func(*mocksender.Request)) {
		for _, program := range []string{"sh", "curl"} {
			if _, err := exec.LookPath(program); err != nil {
				Skip(err.Error())
			}
		}
		came := make(chan []string, 2)
		server := play(func(c net.Conn, br *bufio.Reader) {
			var got bytes.Buffer
			read(bufio.NewReader(io.TeeReader(br, &got)))
			io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
			head, body, _ := strings.Cut(got.String(), "\r\n\r\n")
			lines := strings.Split(head, "\r\n")
			for i, l := range lines {
				lines[i] = strings.TrimRight(l, " ") // curl ends an empty field without one
			}
			came <- append(lines, body)
		})
		s := &mocksender.Sender{URL: server.URL + "?q={a}[1-3]/../'x'", Secret: secret, Backoff: once}
		r := s.Request(batch(2))
		change(&r)
		a := s.DeliverRequest(ctx, r).Last()
		Expect(a.Err).NotTo(HaveOccurred())
		cmd := exec.CommandContext(ctx, "sh", "-s")
		cmd.Stdin = strings.NewReader(a.Curl())
		cmd.Env = append(cmd.Environ(), "CTXPUSH_SECRET="+secret)
		out, err := cmd.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		want, got := <-came, <-came
		Expect(got[0]).To(Equal(want[0]))
		Expect(got).To(ConsistOf(want), "the same fields in any order")
		Expect(got[len(got)-1]).To(Equal(want[len(want)-1]))
	},
		Entry("of a batch", func(*mocksender.Request) {}),
		Entry("of the newer profile's fields", func(r *mocksender.Request) { r.Set("X-Idempotency-Key", "k") }),
		Entry("of 100 entries", func(r *mocksender.Request) { r.Body = batch(100).Body() }),
		Entry("of 400 KB", func(r *mocksender.Request) { r.Body = bytes.Repeat([]byte(`{"a":"it's"}`), 400_000/12) }),
		Entry("of 2 MB", func(r *mocksender.Request) { r.Body = bytes.Repeat([]byte("%s\\"), 2<<20/3) }),
		Entry("of any bytes", func(r *mocksender.Request) {
			for i := range 256 {
				r.Body = append(r.Body, byte(i), '0')
			}
			r.Body = append(r.Body, secret+"%d$HOME`id`"+secret...)
		}),
		Entry("of text that is not UTF-8", func(r *mocksender.Request) { r.Body = []byte("\xff\xfe$HOME'\"\\n\n\t") }),
		Entry("of a file's name", func(r *mocksender.Request) { r.Body = []byte("@/etc/hostname") }),
		Entry("of an option's name", func(r *mocksender.Request) { r.Body = []byte("--version") }),
		Entry("of nothing", func(r *mocksender.Request) { r.Body = nil }),
		Entry("without a content type", func(r *mocksender.Request) { r.Del("Content-Type") }),
		Entry("of an empty secret", func(r *mocksender.Request) { r.Set("X-ctx-secret", "") }),
		Entry("of a quoted secret", func(r *mocksender.Request) { r.Set("X-ctx-secret", `a'b"c$HOME\`) }),
		Entry("of the secret within a body", func(r *mocksender.Request) { r.Body = []byte(`["` + secret + `","it's"]`) }),
	)
})
