package explain_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/scenarios"
)

func TestEveryCauseHasARemedyOfItsOwn(t *testing.T) {
	ids, texts, remedies := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range explain.Causes() {
		if c.ID == "" || strings.ContainsFunc(c.ID, func(r rune) bool { return r != '-' && !unicode.IsLower(r) && !unicode.IsDigit(r) }) {
			t.Errorf("id %q: want lower-case words and hyphens", c.ID)
		}
		if c.Text == "" || c.Remedy == "" || strings.ContainsAny(c.Text+c.Remedy, "\n\t") {
			t.Errorf("%s: text %q, remedy %q: want a line each", c.ID, c.Text, c.Remedy)
		}
		if ids[c.ID] || texts[c.Text] || remedies[c.Remedy] {
			t.Errorf("%s has the id, the text or the remedy of another cause", c.ID)
		}
		ids[c.ID], texts[c.Text], remedies[c.Remedy] = true, true, true
	}
	for _, c := range explain.Causes() {
		if c.Wider != "" && !ids[c.Wider] {
			t.Errorf("%s: there is no wider cause %s", c.ID, c.Wider)
		}
	}
}

func TestTheCatalogueNamesCausesByTheirID(t *testing.T) {
	checks := scenarios.Catalogue()
	for _, e := range scenarios.Explorations(scenarios.Quick, scenarios.ByDevice) {
		checks = append(checks, e.Check)
	}
	for _, c := range checks {
		if _, known := explain.CauseByID(c.Cause); !known {
			t.Errorf("check %s: no cause %q in the table of causes.go", c.ID, c.Cause)
		}
	}
}

func TestTold(t *testing.T) {
	f := explain.Told(event.Failure{Kind: event.Stale, CauseID: "last-arrival-wins"})
	if f.CauseID != "last-arrival-wins" || f.Cause != "the last arrival wins" || !strings.Contains(f.Remedy, "newer") {
		t.Errorf("%+v", f)
	}
	own := explain.Told(event.Failure{Kind: event.Crashed, CauseID: "our cache is stale"})
	if own.CauseID != "" || own.Cause != "our cache is stale" || !strings.Contains(own.Remedy, "process ended") {
		t.Errorf("%+v", own)
	}
}

func TestGuess(t *testing.T) {
	for s, want := range map[state.Symptom]string{
		{Kind: state.Refused, Answer: state.NoAnswer}:   "no-answer",
		{Kind: state.Refused, Answer: state.TimedOut}:   "no-answer",
		{Kind: state.Refused, Answer: "401"}:            "secret-not-accepted",
		{Kind: state.Refused, Answer: "404"}:            "wrong-path",
		{Kind: state.Refused, Answer: "413"}:            "body-limit",
		{Kind: state.Refused, Answer: "415"}:            "content-type-strict",
		{Kind: state.Refused, Answer: "500"}:            "mine",
		{Kind: state.Reverted, Field: state.Status}:     "applied-later",
		{Kind: state.Crashed, Answer: state.NoAnswer}:   "ended-during",
		{Kind: state.Crashed}:                           "ended-after",
		{Kind: state.Crashed, Answer: state.NotStarted}: "mine",
		{Kind: state.Stale, Field: state.Status}:        "mine",
	} {
		id := explain.Guess(s, "mine")
		if _, known := explain.CauseByID(id); id != want || !known && id != "mine" {
			t.Errorf("%+v: %s, want %s", s, id, want)
		}
	}
}

func TestEveryMistakeOfTheModelHasACause(t *testing.T) {
	for _, m := range model.Mistakes() {
		if c, known := explain.CauseOfMistake(m.ID); !known || c.Text == "" || c.Remedy == "" {
			t.Errorf("mistake %s: its cause is %+v: want one with a text and a remedy", m.ID, c)
		}
	}
}
