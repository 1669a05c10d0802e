package mocksender_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/mocksender"
)

func TestTimeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := make(pipes)
		n := 0
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 2 {
				<-pass(12345 * time.Microsecond)
				http.Error(w, "down for\n\x1b[31m maintenance "+strings.Repeat("…", 50), http.StatusServiceUnavailable)
			}
		})}
		go srv.Serve(network)
		defer srv.Close()
		var j mocksender.Journal
		s := &mocksender.Sender{URL: "http://receiver/webhook", Dial: network.Dial, Journal: &j}
		defer s.Close()
		long := opened(1)
		long.DeviceToken, long.CampaignID = strings.Repeat("ab", 32), "spring-sale-2025\n"
		cancelled := opened(2)
		cancelled.DeviceToken, cancelled.DeliveryStatus, cancelled.DeliveryMethod = "", mocksender.Cancelled, mocksender.MethodCancelled
		b, err := mocksender.NewBatch(long, cancelled, opened(3), opened(4), opened(5))
		if err != nil {
			t.Fatal(err)
		}
		s.Deliver(t.Context(), b, mocksender.LostAck{})
		s.DeliverRequest(t.Context(), mocksender.Request{Body: []byte("no JSON")})
		var got strings.Builder
		if err := j.Timeline(&got); err != nil {
			t.Fatal(err)
		}
		entries := "(opened sprin…le-2025 /user-1/key-1@ababa…abababab, cancelled spring/user-2/key-2, opened spring/user-3/key-3@00112…44556677, +2)"
		want := "    +0.000s  #1 " + entries + " [lost-ack] → acknowledgement lost: connection cut on purpose in 0s\n" +
			"    +7.038s  #2 " + entries + ` → 503 "down for\n\x1b[31m maintenance ` + strings.Repeat("…", 17) + "…\" in 12.35ms\n" +
			"   +21.114s  #3 " + entries + " → 200 in 0s\n" +
			"   +21.114s  #1 (body of 7 bytes) → 200 in 0s\n"
		if got.String() != want {
			t.Errorf("got\n%s\nwant\n%s", &got, want)
		}
	})
}

var _ = Describe("a journal", func() {
	It("keeps the attempts of many senders, by their start", func(ctx SpecContext) {
		r := &recorder{status: 204}
		server := serve(r.ServeHTTP)
		var j mocksender.Journal
		done := make(chan bool)
		for range 20 {
			go func() {
				s := &mocksender.Sender{URL: server.URL, Journal: &j}
				defer s.Close()
				done <- s.Deliver(ctx, batch(1)).Acknowledged()
			}()
		}
		for range 20 {
			Expect(<-done).To(BeTrue())
			j.Attempts()
		}
		attempts := j.Attempts()
		Expect(attempts).To(HaveLen(20))
		for i, a := range attempts[1:] {
			Expect(a.Start).NotTo(BeTemporally("<", attempts[i].Start))
		}
	})

	It("has the attempts that somebody else is told, each as it ends", func(ctx SpecContext) {
		r := &recorder{status: 500}
		server := serve(r.ServeHTTP)
		var j mocksender.Journal
		var told []mocksender.Attempt
		s := &mocksender.Sender{URL: server.URL, Secret: "s3cret", Journal: &j, Backoff: once, Attempted: func(a mocksender.Attempt) {
			told = append(told, a)
			Expect(j.Attempts()).To(HaveLen(len(told)))
		}}
		defer s.Close()
		d := s.Deliver(ctx, batch(1))
		s.Deliver(ctx, mocksender.Batch{})
		Expect(told).To(HaveLen(len(d.Attempts) + 1))
		Expect(told).To(Equal(j.Attempts()))
		Expect(told[0].Request.Fields[0].Value).To(Equal(mocksender.SecretVariable))
	})

	It("says when it can't be written", func() {
		var j mocksender.Journal
		Expect(j.Timeline(failing{})).To(Succeed(), "there is nothing to write")
		s := &mocksender.Sender{URL: "http://receiver/", Journal: &j, Backoff: once,
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}
		s.Deliver(context.Background(), batch(1))
		Expect(j.Timeline(failing{})).To(MatchError("disk full"))
	})
})

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

var _ io.Writer = failing{}
