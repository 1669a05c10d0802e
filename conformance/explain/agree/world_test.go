package agree_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/explain/agree"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

var epoch = time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)

const seed = fixtures.Seed(7)

// action is what is done to a receiver: requests at once, a look or a restart.
type action struct {
	group    string
	requests []model.Request
	again    bool // what is not acknowledged is sent twice again
	lost     bool // the answer does not come back
	asked    []mocksender.Key
	restart  bool
	killed   bool
}

// script is what a run does, whatever the receiver.
type script struct {
	t       testing.TB
	id      model.Identity
	inTurn  bool // nothing at once
	group   string
	actions []action
	n       uint64 // messages so far
}

var scripts = map[string]*script{}

// scriptOf is the catalogue and every nth schedule of the explorations.
func scriptOf(t testing.TB, id model.Identity, every int) *script {
	name := fmt.Sprint(id, every)
	if scripts[name] == nil {
		s := &script{t: t, id: id}
		s.catalogue()
		s.explore(every)
		s.forgotten()
		scripts[name] = s
	}
	return scripts[name]
}

// play is the journal of a receiver with the mistakes.
func (s *script) play(l model.Layout, mistakes ...model.Mistake) agree.Journal {
	return s.playAt(model.Model{Receiver: model.Right().With(mistakes...), Layout: l, Identity: s.id})
}

func (s *script) playAt(m model.Model) agree.Journal {
	w := &world{
		machine: model.NewMachine(m), random: rand.New(rand.NewPCG(1, 2)),
		journal: agree.Journal{Identity: s.id, Start: epoch.Add(40 * time.Hour).UnixMilli(), Same: sameJSON},
	}
	for _, a := range s.actions {
		w.group = a.group
		switch {
		case a.restart:
			w.restart(a.killed)
		case a.requests != nil:
			w.send(a)
		default:
			w.look(a.asked)
		}
	}
	return w.journal
}

// world is a receiver, and the journal of what is sent to it.
type world struct {
	machine *model.Machine
	random  *rand.Rand
	now     float64
	group   string
	journal agree.Journal
}

func sameJSON(a, b string) bool {
	var x, y any
	da, db := json.NewDecoder(strings.NewReader(a)), json.NewDecoder(strings.NewReader(b))
	da.UseNumber()
	db.UseNumber()
	return da.Decode(&x) == nil && db.Decode(&y) == nil && reflect.DeepEqual(x, y)
}

// send sends requests at once, which the receiver takes in a random order.
func (w *world) send(a action) {
	begin := w.now
	w.now += 10
	classes := make([]model.Class, len(a.requests))
	for _, i := range w.random.Perm(len(a.requests)) {
		classes[i] = w.machine.Serve(a.requests[i])
	}
	for i, r := range a.requests {
		seen := classes[i]
		if a.lost {
			seen = model.NoAnswer
		}
		w.journal.Requests = append(w.journal.Requests, agree.Request{
			Request: r, Begin: begin, End: w.now, Answer: seen, Group: w.group,
		})
	}
	w.now++
	for i := range a.requests {
		for n := 0; a.again && classes[i] != model.Success && n < 2; n++ {
			w.send(action{requests: a.requests[i : i+1]})
		}
	}
}

func (w *world) look(asked []mocksender.Key) {
	w.now += 1000
	w.machine.Wait(1000)
	for _, k := range asked {
		l := agree.Look{At: w.now, Key: k, Group: w.group}
		if s := w.machine.Ask(k); s != nil {
			told := *s
			if told.At == model.Arrival {
				told.At = w.journal.Start + int64(w.now)
			}
			l.State = &told
		}
		w.journal.Looks = append(w.journal.Looks, l)
	}
	w.now++
}

func (w *world) restart(killed bool) {
	w.now += 10
	w.machine.Restart(killed)
	w.journal.Restarts = append(w.journal.Restarts, agree.Restart{At: w.now, Killed: killed})
	w.now += 10
}

func (s *script) add(a action) {
	a.group = s.group
	s.actions = append(s.actions, a)
}

func (s *script) send(r model.Request) { s.add(action{requests: []model.Request{r}}) }

func (s *script) entries(events ...mocksender.Event) []model.Entry {
	entries := make([]model.Entry, len(events))
	for i, e := range events {
		entries[i] = model.EntryOf(e)
	}
	return entries
}

func (s *script) sendEvents(events ...mocksender.Event) {
	s.send(model.NewRequest(s.entries(events...)...))
}

func (s *script) look(keys ...mocksender.Key) {
	asked := slices.Clone(keys)
	for i := range asked {
		if s.id == model.ByUser {
			asked[i] = asked[i].Message()
		}
	}
	s.add(action{asked: asked})
}

func (s *script) restart(killed bool) { s.add(action{restart: true, killed: killed}) }

// explore plays every nth schedule of the explorations, side by side in cohorts.
func (s *script) explore(every int) int {
	played := 0
	for _, x := range scenarios.Explorations(scenarios.Standard, scenarios.Identity(s.id)) {
		s.group = x.Check.ID
		var cohort []scenarios.Schedule
		n := 0
		for c := range x.Schedules() {
			if n++; n%every == 0 && !(s.inTurn && c.AtOnce()) {
				cohort = append(cohort, c)
			}
			if len(cohort) == 25 {
				s.cohort(x.Check.ID, played, cohort)
				played += len(cohort)
				cohort = nil
			}
		}
		s.cohort(x.Check.ID, played, cohort)
		played += len(cohort)
	}
	return played
}

func (s *script) cohort(check string, first int, cohort []scenarios.Schedule) {
	var casts []scenarios.Cast
	var asked []mocksender.Key
	rounds := 0
	for i, c := range cohort {
		scenario := c.Scenario(scenarios.Fields{})
		cast, err := scenarios.Bind(scenario, seed, epoch, fmt.Sprintf("%s/%d", check, first+i))
		if err != nil {
			s.t.Fatal(err)
		}
		casts = append(casts, cast)
		rounds = max(rounds, len(c.Rounds))
		for _, want := range cast.Wants(scenario.Expect, scenarios.Identity(s.id)) {
			asked = append(asked, want.Key)
		}
	}
	for round := range rounds {
		for _, atOnce := range []int{1, 2} {
			batches := make([][]mocksender.Event, atOnce)
			for i, c := range cohort {
				if round < len(c.Rounds) && len(c.Rounds[round]) == atOnce {
					for b, refs := range c.Rounds[round] {
						batches[b] = append(batches[b], casts[i].Events(refs)...)
					}
				}
			}
			if len(batches[0]) == 0 {
				continue
			}
			requests := make([]model.Request, atOnce)
			for b := range batches {
				requests[b] = model.NewRequest(s.entries(batches[b]...)...)
				requests[b].RequestKey = fmt.Sprint(check, first, round, atOnce, b)
			}
			s.add(action{requests: requests, again: true}) // a retry has the same key
		}
	}
	s.look(asked...)
}
