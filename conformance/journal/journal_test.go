package journal_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

func attempt(body string, fields ...mocksender.Field) mocksender.Attempt {
	return mocksender.Attempt{
		Began: time.Unix(1, 0), Duration: time.Second, Answer: mocksender.Answer{Status: 200},
		Request: mocksender.Request{Fields: fields, Body: []byte(body)},
	}
}

func TestWhatIsSentIsKeptWhole(t *testing.T) {
	j := journal.New(mocksender.Profile2025)
	origin := journal.Origin{Group: "order/reversed", Secret: journal.SecretPrefix}
	cut := attempt(`[{"a":"0123456789"}]`, mocksender.Field{Name: "x-CTX-secret", Value: "$CTXPUSH_SECRET"},
		mocksender.Field{Name: "Content-Type", Value: "application/json; charset=utf-8"})
	cut.Fault, cut.Err = (mocksender.CutBody{}).Name(), errors.New("cut")
	j.Sent(origin, cut)
	j.Sent(origin, mocksender.Attempt{}) // was not sent
	requests, _, _ := j.All()
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	r := &requests[0]
	if string(r.Body()) != string(cut.Request.Body) || r.Origin != origin || r.Status != 0 || r.Arrived != len(cut.Request.Body)/2 ||
		r.End.Sub(r.Begin) != time.Second {
		t.Errorf("%+v", r)
	}
	if h := (journal.Head{SecretHeader: "x-CTX-secret", ContentType: "application/json; charset=utf-8"}); r.Head != h {
		t.Errorf("the head is %+v", r.Head)
	}
	if j.Bytes() <= 0 {
		t.Error("it takes no memory")
	}
}

func TestWhatCameLateIsLeftOut(t *testing.T) {
	j := journal.New(mocksender.Profile2025)
	wants := make([]scenarios.Want, 2)
	for i := range wants {
		wants[i].Key.UserID = fmt.Sprint(i)
		j.Looked("order/reversed", wants[i], nil)
	}
	j.Late(wants[:1])
	if _, looks, _ := j.All(); len(looks) != 1 || looks[0].Want.Key != wants[1].Key {
		t.Errorf("looks %+v", looks)
	}
}

func TestNobodysJournalKeepsNothing(t *testing.T) {
	var j *journal.Journal
	j.Sent(journal.Origin{}, attempt("[]"))
	j.Looked("", scenarios.Want{}, nil)
	j.Late(nil)
	j.Restarted(true)
	if r, l, s := j.All(); r != nil || l != nil || s != nil || j.Bytes() != 0 {
		t.Error("it kept something")
	}
}

func TestSideBySide(t *testing.T) {
	j := journal.New(mocksender.Profile2026)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				j.Sent(journal.Origin{Group: "copies"}, attempt(`[{"a":1}]`))
				j.Looked("copies", scenarios.Want{}, nil)
				j.Restarted(false)
				j.All()
			}
		})
	}
	all.Wait()
	if r, l, s := j.All(); len(r) != 400 || len(l) != 400 || len(s) != 400 {
		t.Errorf("%d requests, %d looks, %d restarts", len(r), len(l), len(s))
	}
}
