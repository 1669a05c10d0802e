package mocksender_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
)

var _ = Describe("faults", func() {
	It("are found by name", func() {
		Expect(mocksender.FaultNames()).To(Equal([]string{"copy", "cut-body", "lost-ack", "slow-body"}))
		for _, name := range mocksender.FaultNames() {
			f, err := mocksender.FaultByName(name)
			Expect(err).NotTo(HaveOccurred())
			Expect(f.Name()).To(Equal(name))
		}
		_, err := mocksender.FaultByName("lostack")
		Expect(err).To(MatchError(`fault "lostack": want one of copy, cut-body, lost-ack, slow-body`))
	})

	It("lose an acknowledgement: the batch is in, and comes again", func(ctx SpecContext) {
		r := &recorder{status: 200}
		s := &mocksender.Sender{URL: serve(r.ServeHTTP).URL, Backoff: atOnce}
		DeferCleanup(s.Close)
		d := s.Deliver(ctx, batch(100), mocksender.LostAck{})
		Expect(d.Acknowledged()).To(BeTrue())
		Expect(d.Attempts).To(HaveLen(2))
		Expect(d.Attempts[0].Fault).To(Equal("lost-ack"))
		Expect(d.Attempts[0].Answer.Status).To(BeZero())
		Expect(d.Attempts[0].Err).To(MatchError(mocksender.ErrCut))
		Expect(d.Attempts[0].Err).To(MatchError("acknowledgement lost: connection cut on purpose"))
		Expect(d.Attempts[1].Fault).To(BeEmpty())
		body := string(batch(100).Body())
		Expect(r.bodies).To(Equal([]string{body, body}))
	})

	It("lose no acknowledgement before there is one", func(ctx SpecContext) {
		answered, more := make(chan struct{}), make(chan struct{})
		server := play(func(c net.Conn, br *bufio.Reader) {
			read(br)
			io.WriteString(c, "HTTP/1.1 102 Processing\r\n\r\n")
			<-more
			io.WriteString(c, noContent)
			close(answered)
		})
		s := &mocksender.Sender{URL: server.URL, Backoff: once}
		done := make(chan mocksender.Delivery, 1)
		go func() { done <- s.Deliver(ctx, batch(1), mocksender.LostAck{}) }()
		Consistently(done, "20ms").ShouldNot(Receive())
		close(more)
		Expect((<-done).Last().Err).To(MatchError(mocksender.ErrCut))
		<-answered
	})

	DescribeTable("cut the body", func(ctx SpecContext, after, want int) {
		got := make(chan int, 1)
		server := play(func(c net.Conn, br *bufio.Reader) {
			req, err := http.ReadRequest(br)
			if err != nil {
				return
			}
			body, err := io.ReadAll(req.Body)
			if err != nil {
				got <- len(body)
			}
		}, answer(noContent))
		s := &mocksender.Sender{URL: server.URL, Backoff: atOnce}
		DeferCleanup(s.Close)
		d := s.DeliverRequest(ctx, mocksender.Request{Body: make([]byte, 1000)}, mocksender.CutBody{After: after})
		Expect(<-got).To(Equal(want))
		Expect(d.Attempts).To(HaveLen(2))
		Expect(d.Attempts[0].Err).To(MatchError(mocksender.ErrCut))
		Expect(d.Acknowledged()).To(BeTrue())
	},
		Entry("in the middle", 0, 500),
		Entry("early", 1, 1),
		Entry("at its last byte", 5000, 999),
		Entry("before its first byte", -1, 0),
	)

	It("cut no more than there is", func(ctx SpecContext) {
		server := play(func(_ net.Conn, br *bufio.Reader) { io.Copy(io.Discard, br) })
		s := &mocksender.Sender{URL: server.URL, Backoff: once}
		d := s.DeliverRequest(ctx, mocksender.Request{}, mocksender.CutBody{})
		Expect(d.Last().Err).To(MatchError(mocksender.ErrCut))
	})

	It("send a copy at once", func(ctx SpecContext) {
		r := &recorder{status: 204}
		both := make(chan struct{})
		var inside atomic.Int32
		server := serve(func(w http.ResponseWriter, req *http.Request) {
			// Answered only when both are there, so they do come at once.
			if inside.Add(1) == 2 {
				close(both)
			}
			<-both
			r.ServeHTTP(w, req)
		})
		s := &mocksender.Sender{URL: server.URL, Backoff: once}
		DeferCleanup(s.Close)
		d := s.Deliver(ctx, batch(3), mocksender.Copy{})
		Expect(d.Acknowledged()).To(BeTrue(), d.Last().Line())
		Expect(r.bodies).To(Equal([]string{string(batch(3).Body()), string(batch(3).Body())}))
	})

	It("take a copy for acknowledged when both are", func(ctx SpecContext) {
		var n atomic.Int32
		server := serve(func(w http.ResponseWriter, req *http.Request) {
			io.Copy(io.Discard, req.Body)
			if n.Add(1) == 1 {
				w.WriteHeader(http.StatusConflict)
			}
		})
		s := &mocksender.Sender{URL: server.URL, Backoff: atOnce}
		DeferCleanup(s.Close)
		d := s.Deliver(ctx, batch(1), mocksender.Copy{})
		Expect(d.Attempts[0].Answer.Status).To(Equal(409))
		Expect(d.Attempts).To(HaveLen(2))
		Expect(d.Acknowledged()).To(BeTrue())
	})

	It("send slowly", func(ctx SpecContext) {
		r := &recorder{status: 204}
		pauses := &pauses{}
		s := &mocksender.Sender{URL: serve(r.ServeHTTP).URL, Backoff: once, Clock: pauses}
		DeferCleanup(s.Close)
		for _, f := range []mocksender.SlowBody{{}, {Pieces: 3, Pause: 7}, {Pieces: 1e9, Pause: 1}, {Pieces: -1}} {
			Expect(s.Deliver(ctx, batch(1), f).Acknowledged()).To(BeTrue())
		}
		size := len(batch(1).Body())
		Expect(pauses.n.Load()).To(BeEquivalentTo(9 + 2 + size - 1))
		Expect(r.bodies).To(HaveLen(4))
		Expect(r.bodies).To(HaveEach(string(batch(1).Body())))
	})

	It("end with the attempt", func(ctx SpecContext) {
		server := play(func(_ net.Conn, br *bufio.Reader) { io.Copy(io.Discard, br) })
		short, cancel := context.WithCancel(ctx)
		s := &mocksender.Sender{URL: server.URL}
		done := make(chan mocksender.Delivery)
		all := []mocksender.Fault{mocksender.LostAck{}, mocksender.Copy{}, mocksender.SlowBody{Pause: 1e15}, mocksender.NewGate(2)}
		for _, f := range all {
			go func() { done <- s.Deliver(short, batch(1), f) }()
		}
		Eventually(server.connections).Should(Equal(len(all) + 1))
		cancel()
		for range all {
			d := <-done
			Expect(d.Outcome).To(Equal(mocksender.Aborted))
			Expect(d.Last().Err).To(MatchError("broken off: context canceled"))
		}
	})
})

var _ = Describe("a gate", func() {
	It("holds the last byte of all requests until all are there", func(ctx SpecContext) {
		const n = 8
		r := &recorder{status: 204}
		s := &mocksender.Sender{URL: serve(r.ServeHTTP).URL, Backoff: once}
		DeferCleanup(s.Close)
		gate := mocksender.NewGate(n)
		done := make(chan bool, n)
		deliver := func() { done <- s.Deliver(ctx, batch(1), gate).Acknowledged() }
		for range n - 1 {
			go deliver()
		}
		Consistently(func() int { whole, _ := r.count(); return whole }, "20ms").Should(BeZero())
		deliver()
		for range n {
			Expect(<-done).To(BeTrue())
		}
		Expect(r.bodies).To(HaveLen(n))
		By("staying open")
		deliver()
		Expect(<-done).To(BeTrue())
	})

	It("does not wait for one that failed", func(ctx SpecContext) {
		r := &recorder{status: 204}
		gate := mocksender.NewGate(2)
		good := &mocksender.Sender{URL: serve(r.ServeHTTP).URL, Backoff: once}
		DeferCleanup(good.Close)
		bad := &mocksender.Sender{URL: "http://receiver/", Backoff: once, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}
		done := make(chan bool)
		go func() { done <- good.Deliver(ctx, batch(1), gate).Acknowledged() }()
		Expect(bad.Deliver(ctx, batch(1), gate).Last().Err).To(MatchError(net.ErrClosed))
		Expect(<-done).To(BeTrue())
	})

	It("is open when it is zero", func(ctx SpecContext) {
		r := &recorder{status: 204}
		s := &mocksender.Sender{URL: serve(r.ServeHTTP).URL, Backoff: once}
		DeferCleanup(s.Close)
		var gate mocksender.Gate
		Expect(s.Deliver(ctx, batch(1), &gate).Acknowledged()).To(BeTrue())
		Expect(s.Deliver(ctx, batch(1), mocksender.NewGate(0)).Acknowledged()).To(BeTrue())
	})
})

// pauses is a clock that waits for nothing and counts how often it was asked.
type pauses struct {
	clock.Real
	n atomic.Int64
}

func (p *pauses) Sleep(ctx context.Context, _ time.Duration) error {
	p.n.Add(1)
	return ctx.Err()
}
