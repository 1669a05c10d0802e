package agree_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/conformance/explain/agree"
	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Two mistakes in different functions are found together, or told as likely, or
// one of them hides the other; a third one is never told.
func TestPairsOfMistakes(t *testing.T) {
	all := slices.DeleteFunc(model.Mistakes(), func(m model.Mistake) bool { return m.Allows || m.Function == "Count" })
	both, likely := 0, 0
	r := rand.New(rand.NewPCG(3, 4))
	const pairs = 10
	for range pairs {
		a, b := all[r.IntN(len(all))], all[r.IntN(len(all))]
		if a.Function == b.Function {
			continue
		}
		s := scriptOf(t, identities[r.IntN(len(identities))], 61)
		x := agree.New(s.play(model.RowPerDevice, a, b))
		if x.Failures() == 0 {
			continue
		}
		e := x.Explain(context.Background(), nil)
		class := slices.Concat(classOf(a.ID), classOf(b.ID))
		var told []string
		if e.Cause != nil {
			told = e.Cause.IDs()
			if len(told) == 2 {
				both++
			}
		}
		for _, l := range e.Likely {
			for _, trial := range l.Trials {
				told = append(told, trial.Mistakes[0].ID)
			}
		}
		if len(e.Likely) > 0 {
			likely++
			t.Logf("%s and %s: likely %v", a.ID, b.ID, told)
			continue // of one group alone others may agree
		}
		for _, id := range told {
			if !slices.Contains(class, id) {
				t.Errorf("%s and %s: told is %v", a.ID, b.ID, told)
			}
		}
	}
	t.Logf("of %d pairs %d are told as both, %d as likely", pairs, both, likely)
}

func classOf(id string) []string {
	for _, c := range alike {
		if slices.Contains(c, id) {
			return c
		}
	}
	return []string{id}
}

// A receiver whose decisions are a random table never gets a cause that does not
// foretell all of what was seen: another receiver with that mistake shows the
// same.
func TestRandomDecisions(t *testing.T) {
	s := &script{t: t, id: model.ByDevice, inTurn: true}
	s.explore(211)
	rapid.Check(t, func(t *rapid.T) {
		table := map[[2]mocksender.DeliveryStatus]bool{}
		for _, a := range append(slices.Clone(mocksender.Statuses), "") {
			for _, b := range mocksender.Statuses {
				table[[2]mocksender.DeliveryStatus{a, b}] = rapid.IntRange(0, 3).Draw(t, "wins") > 0
			}
		}
		receiver := model.Right()
		receiver.Decide = func(stored *model.State, e model.Entry, _ []model.Entry) bool {
			if stored == nil {
				return table[[2]mocksender.DeliveryStatus{"", e.Status}]
			}
			return table[[2]mocksender.DeliveryStatus{stored.Status, e.Status}]
		}
		journal := s.playAt(model.Model{Receiver: receiver, Identity: s.id})
		e := agree.New(journal).Explain(context.Background(), nil)
		if e.Cause == nil {
			return
		}
		if slices.ContainsFunc(e.Cause.Mistakes, func(m model.Mistake) bool { return m.Allows || m.Function == "Later" }) {
			return // it has several outcomes, also by when its jobs run: one play shows one
		}
		again := s.play(e.Cause.Layout, e.Cause.Mistakes...)
		for i, l := range journal.Looks {
			if a := again.Looks[i]; (l.State == nil) != (a.State == nil) || l.State != nil && *l.State != *a.State {
				t.Fatalf("%v is named, but says %+v of %s: seen was %+v", e.Cause.IDs(), a.State, l.Key, l.State)
			}
		}
	})
}

// A race is told only where nothing that is sure to happen foretells all, and
// the narrowest of them; what is lost outside of its precondition is not its.
func TestRaces(t *testing.T) {
	entry := func(device string, s mocksender.DeliveryStatus, at int64) model.Entry {
		return model.Entry{
			Key:   mocksender.Key{CampaignID: "c", UserID: "u", IdempotencyKey: "k", DeviceToken: device},
			State: model.State{Status: s, Method: mocksender.Traditional, Planned: mocksender.Traditional, At: at},
		}
	}
	pending, opened := entry("a", mocksender.Pending, 1), entry("a", mocksender.Opened, 2)
	for _, test := range []struct {
		name   string
		begins [2]float64
		seen   model.State
		want   string
	}{
		{"one of two at once that are new is lost", [2]float64{0, 1}, pending.State, "insert-race-swallowed"},
		{"one of two in turn is lost", [2]float64{0, 100}, pending.State, "first-arrival-wins"},
	} {
		j := agree.Journal{Identity: model.ByDevice, Looks: []agree.Look{{At: 1000, Key: pending.Key, State: &test.seen}}}
		for i, e := range []model.Entry{pending, opened} {
			j.Requests = append(j.Requests, agree.Request{
				Request: model.NewRequest(e), Begin: test.begins[i], End: test.begins[i] + 10, Answer: model.Success,
			})
		}
		if test.begins[1] == 1 { // others, in turn in both orders, are right
			for n, e := range []model.Entry{pending, opened, opened, pending} {
				e.Key.UserID = []string{"v", "v", "w", "w"}[n]
				begin := float64(100 * (n + 1))
				j.Requests = append(j.Requests, agree.Request{
					Request: model.NewRequest(e), Begin: begin, End: begin + 10, Answer: model.Success,
				})
				j.Looks = append(j.Looks, agree.Look{At: 1000, Key: e.Key, State: &opened.State})
			}
		}
		e := agree.New(j).Explain(context.Background(), nil)
		if e.Cause == nil || !slices.Contains(append(e.Cause.IDs(), e.Cause.Same...), test.want) {
			t.Errorf("%s: the cause is %+v: want %s", test.name, e.Cause, test.want)
		}
	}
}

// What no mistake foretells is told by what the failures share.
func TestTraits(t *testing.T) {
	s := &script{t: t, id: model.ByDevice}
	s.explore(61)
	receiver := model.Right()
	receiver.Decide = func(stored *model.State, e model.Entry, _ []model.Entry) bool {
		return model.Right().Decide(stored, e, nil) && e.Status != mocksender.Failed // none of the mistakes
	}
	e := agree.New(s.playAt(model.Model{Receiver: receiver, Identity: s.id})).Explain(context.Background(), nil)
	if e.Cause != nil {
		t.Fatalf("the cause is %v: want none", e.Cause.IDs())
	}
	shared := false
	for _, l := range e.Likely {
		shared = shared || len(l.Trials) == 0 && slices.Equal(l.Traits, []string{"an entry says failed"})
	}
	if !shared {
		t.Errorf("likely is %+v: want that an entry says failed", e.Likely)
	}
}

// What is bad or random is explained within the time, or not at all.
func TestRandomAnswers(t *testing.T) {
	s := scriptOf(t, model.ByDevice, 211)
	journal := s.play(model.RowPerDevice)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range journal.Requests {
		journal.Requests[i].Answer = []model.Class{model.Success, model.ServerError, model.Refusal}[r.IntN(3)]
	}
	for i := range journal.Looks {
		if st := journal.Looks[i].State; st != nil {
			st.Status = mocksender.Statuses[r.IntN(len(mocksender.Statuses))]
		}
	}
	if e := agree.New(journal).Explain(context.Background(), nil); e.Cause != nil {
		t.Errorf("the cause is %v: want none", e.Cause.IDs())
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if e := agree.New(journal).Explain(ended, nil); e.Cause != nil || len(e.Tried) > 0 {
		t.Errorf("after the end of its time it tells %+v: want nothing", e)
	}
	agree.New(agree.Journal{}).Explain(context.Background(), nil) // nothing was sent
}
