package mocksender_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/internal/strict"
)

// inTime delivers a batch to a strict receiver in virtual time, and says what
// in its attempts is not the contract's. What the receiver does is in replies.
func inTime(t *testing.T, s *mocksender.Sender, replies ...reply) (d mocksender.Delivery, seen []strict.Attempt, wrong error) {
	synctest.Test(t, func(t *testing.T) {
		protocol := string(s.Profile)
		if protocol == "" {
			protocol = strict.Protocol2025
		}
		r := &strictReceiver{rules: strict.Rules{Protocol: protocol, Target: "/webhook", Host: "receiver", Secret: secret}}
		r.expect(replies...)
		network := make(pipes)
		go r.accept(network)
		s.URL, s.Secret, s.Dial = "http://receiver/webhook", secret, network.Dial
		d = s.Deliver(t.Context(), batch(3))
		s.Close()
		synctest.Wait()
		var err error
		if seen, _, err = r.saw(); err != nil {
			wrong = err
		} else if wrong = strict.Attempts(seen, d.Outcome == mocksender.Dropped); wrong == nil && len(d.Attempts) != len(seen) {
			wrong = fmt.Errorf("the delivery tells %d attempts of %d", len(d.Attempts), len(seen))
		}
		network.Close()
		// A sender that gave the batch up must not come back to it.
		<-pass(24 * time.Hour)
		if again, _, _ := r.saw(); len(again) != len(seen) {
			wrong = fmt.Errorf("%d more requests came within a day", len(again)-len(seen))
		}
	})
	return d, seen, wrong
}

// eleven is the same reply to each attempt.
func eleven(r reply) []reply {
	all := make([]reply, mocksender.MaxRetries+1)
	for i := range all {
		all[i] = r
	}
	return all
}

func TestContractOfRetryTimes(t *testing.T) {
	for name, r := range map[string]reply{
		"500":                    {status: 500},
		"503, then closed":       {status: 503, last: true},
		"429":                    {status: 429},
		"302":                    {status: 302},
		"308":                    {status: 308},
		"404":                    {status: 404},
		"500 after ten seconds":  {status: 500, after: 10 * time.Second},
		"closed without answer":  {},
		"closed after a while":   {after: 29 * time.Second, last: true},
		"no answer, so time-out": {hang: true},
	} {
		for _, profile := range []mocksender.Profile{mocksender.Profile2025, mocksender.Profile2026} {
			t.Run(name+" "+string(profile), func(t *testing.T) {
				d, seen, err := inTime(t, &mocksender.Sender{Profile: profile}, eleven(r)...)
				if err == nil {
					err = strict.OnTime(seen)
				}
				if err != nil {
					t.Error(err)
				}
				if d.Outcome != mocksender.Dropped || len(seen) != 11 {
					t.Errorf("%v after %d requests, want dropped after 11", d.Outcome, len(seen))
				}
			})
		}
	}
}

// Whatever a receiver does, and when: each attempt comes at its time, and the
// first acknowledgement ends them.
func TestContractOfRetriesOfAnyKind(t *testing.T) {
	kinds := []reply{{status: 500}, {status: 503, last: true}, {status: 302}, {status: 429}, {status: 413, last: true}, {}, {hang: true}, {status: 200}}
	drawn := rapid.Custom(func(t *rapid.T) reply {
		r := kinds[rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 7}).Draw(t, "kind")]
		if rapid.Bool().Draw(t, "slow") && !r.hang {
			// Up to just below the time-out: at it, either side may be first.
			r.after = time.Duration(rapid.Int64Range(0, int64(mocksender.RequestTimeout)-1).Draw(t, "after"))
		}
		return r
	})
	rapid.Check(t, func(rt *rapid.T) {
		replies := rapid.SliceOfN(drawn, mocksender.MaxRetries+1, mocksender.MaxRetries+1).Draw(rt, "replies")
		for i := range replies[1:] {
			// On a connection that was used before, an end without an answer is
			// taken for an idle connection's, and costs no attempt.
			if replies[i+1].status == 0 {
				replies[i].last = true
			}
		}
		profile := rapid.SampledFrom([]mocksender.Profile{"", mocksender.Profile2026}).Draw(rt, "profile")
		_, seen, err := inTime(t, &mocksender.Sender{Profile: profile}, replies...)
		if err == nil {
			err = strict.OnTime(seen)
		}
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// Jitter and other schedules may bring attempts sooner, within the window.
func TestContractOfJitter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := mocksender.Backoff{
			Jitter: rapid.Float64Range(0, 1).Draw(rt, "jitter"),
			Factor: rapid.Float64Range(0.5, 4).Draw(rt, "factor"),
			Seed:   rapid.Uint64().Draw(rt, "seed"),
		}
		d, seen, err := inTime(t, &mocksender.Sender{Backoff: b}, eleven(reply{status: 500})...)
		if err != nil {
			rt.Fatal(err)
		}
		if d.Outcome != mocksender.Dropped || len(seen) != 11 {
			rt.Fatalf("%v after %d requests, want dropped after 11", d.Outcome, len(seen))
		}
	})
}

// A redirect is a failure: nobody connects to where it leads.
func TestContractOfRedirects(t *testing.T) {
	elsewhere, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		r := &strictReceiver{rules: strict.Rules{Protocol: strict.Protocol2025, Target: "/webhook", Secret: secret},
			location: "http://" + elsewhere.Addr().String() + "/webhook"}
		r.listen(t)
		r.expect(eleven(reply{status: status})...)
		s := &mocksender.Sender{URL: "http://" + r.rules.Host + "/webhook", Secret: secret, Backoff: atOnce}
		d := s.Deliver(t.Context(), batch(1))
		s.Close()
		seen, _, err := r.saw()
		if err == nil {
			err = strict.Attempts(seen, d.Outcome == mocksender.Dropped)
		}
		if err != nil || len(seen) != 11 {
			t.Errorf("%d: %d requests came, %v; want 11", status, len(seen), err)
		}
	}
	// Connections are accepted in their order, so an earlier one would come first.
	own, err := net.Dial("tcp", elsewhere.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	first, err := elsewhere.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if first.RemoteAddr().String() != own.LocalAddr().String() {
		t.Error("a redirect was followed")
	}
}

// Nothing that a delivery leaves behind shows the secret.
func TestContractOfSecrets(t *testing.T) {
	for _, profile := range []mocksender.Profile{mocksender.Profile2025, mocksender.Profile2026} {
		s := &mocksender.Sender{Profile: profile, Journal: new(mocksender.Journal)}
		d, _, err := inTime(t, s, reply{status: 500}, reply{hang: true}, reply{status: 200})
		if err != nil {
			t.Error(err)
		}
		left := fmt.Sprintf("%+v %#v %v", d, s, s.Journal.Attempts())
		for _, a := range d.Attempts {
			left += a.Line() + a.Curl() + string(a.Dump()) + chain(a.Err)
		}
		if strings.Contains(left, secret) {
			t.Error("the secret is in what a delivery left behind")
		}
	}
}
