package explain

import (
	"cmp"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Cause is one mistake of receivers.
type Cause struct {
	// ID names the cause in the catalogue and in reports.
	ID string
	// Text says what a receiver with the mistake does, in one line.
	Text string
	// Remedy is what its author may change, in a sentence or two.
	Remedy string
	// Wider is the ID of the cause that explains this one's failures too, where
	// both are found; empty where there is none.
	Wider string
}

var causesByID = func() map[string]Cause {
	all := make(map[string]Cause, len(causes))
	for _, c := range causes {
		all[c.ID] = c
	}
	for _, m := range ofMistakes {
		all[m.id] = Cause{ID: m.id, Text: m.text, Remedy: all[m.remedyOf].Remedy}
	}
	return all
}()

// remedyOf is the cause that is mended as a mistake's is.
var remedyOf = func() map[string]string {
	of := make(map[string]string, len(ofMistakes))
	for _, m := range ofMistakes {
		of[m.id] = m.remedyOf
	}
	return of
}()

// Causes are all causes, in the table's order.
func Causes() []Cause { return slices.Clone(causes) }

// CauseByID is the cause with that ID; false where there is none.
func CauseByID(id string) (Cause, bool) {
	c, ok := causesByID[id]
	return c, ok
}

// Guess is the likely cause of a failure by its symptom alone, by its ID;
// otherwise where that says no more.
func Guess(s state.Symptom, otherwise string) string {
	switch {
	case s.Kind == state.Reverted:
		return "applied-later"
	case s.Kind == state.Crashed && s.Answer == state.NoAnswer:
		return "ended-during"
	case s.Kind == state.Crashed && s.Answer == "":
		return "ended-after"
	case s.Kind == state.Refused:
		return cmp.Or(byAnswer[s.Answer], otherwise)
	}
	return otherwise
}

// byAnswer are the likely causes of an answer to a valid request.
var byAnswer = map[state.Answer]string{
	state.NoAnswer: "no-answer", state.TimedOut: "no-answer",
	"401": "secret-not-accepted", "403": "secret-not-accepted",
	"404": "wrong-path", "405": "wrong-path",
	"413": "body-limit", "415": "content-type-strict",
}

// GuessByOrder is the likely cause of an explored schedule's failure, by what the
// receiver has made of it; otherwise where that says no more.
func GuessByOrder(s scenarios.Scenario, cast scenarios.Cast, f event.Failure, otherwise string) string {
	if id := Guess(f.Symptom(), ""); id != "" || f.Kind == event.Refused || f.Expected == nil {
		return cmp.Or(id, otherwise)
	}
	if f.Got == nil {
		return "entries-dropped"
	}
	if overlaps(s) {
		return otherwise
	}
	var own []mocksender.Event
	for _, step := range s.Steps {
		for _, e := range cast.Events(step.Batch) {
			if f.Message.DeviceToken == "" || e.DeviceToken == "" || e.DeviceToken == f.Message.DeviceToken {
				own = append(own, e)
			}
		}
	}
	switch n := len(own); {
	case n == 0:
		return otherwise
	case f.Field.ComesFrom(own[n-1], f.Got):
		return lastArrival
	case f.Field.ComesFrom(own[0], f.Got):
		return firstArrival
	}
	return otherwise
}

const (
	lastArrival  = "last-arrival-wins"
	firstArrival = "first-arrival-wins"
)

// Told is the failure with its cause and remedy in words. Of a scenario of the
// user's own the cause may be a sentence: it is told as it is, and the remedy is
// that of the failure's kind.
func Told(f event.Failure) event.Failure {
	f.Detail, f.Remark, f.Limits = f.Details(), "", ""
	if c, known := causesByID[f.CauseID]; known {
		f.Cause, f.Remedy = c.Text, c.Remedy
		return f
	}
	f.Cause, f.CauseID, f.Remedy = f.CauseID, "", kindRemedies[f.Kind]
	return f
}

// kindRemedies are what to look at where no cause is known.
var kindRemedies = map[event.Kind]string{
	event.Lost: "Look at what happens to an entry that comes first, alone, or again after an attempt that failed: " +
		"whatever is acknowledged must be stored, and stored before it is acknowledged.",
	event.Stale:    "A newer entry came and was not kept: write an entry where its timestamp is newer than what is stored.",
	event.Reverted: "The state was right at first. Look for jobs, caches or replicas that write or answer later.",
	event.Merged:   "Another message's state was told: make all parts of the key one unique key, and look states up by all of it.",
	event.Invented: "No entry has this state. Look at how words and fields are mapped, at default values, and at the probe's " +
		"own mapping (statuses and jq in receiver.yaml).",
	event.Refused:  "The request is valid and must be answered 2xx. The answer's body and the receiver's log tell why it was not.",
	event.Accepted: "The request must be refused before anything is read or written of it, with 4xx and without effect.",
	event.Crashed:  "The receiver's process ended. Its log tells why; catch what a single request may throw.",
}
