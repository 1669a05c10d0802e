package explain

import (
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
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

// Causes are all causes, in the table's order.
func Causes() []Cause { return slices.Clone(causes) }

// CauseByID is the cause with that ID; false where there is none.
func CauseByID(id string) (Cause, bool) {
	c, ok := causesByID[id]
	return c, ok
}

// AnswerCause is the likely cause of that answer to a valid request, by its ID;
// otherwise where the answer says no more. 0 is no answer.
func AnswerCause(status int, otherwise string) string {
	switch status {
	case 0:
		return NoAnswer
	case 401, 403:
		return "secret-not-accepted"
	case 404, 405:
		return "wrong-path"
	case 413:
		return bodyLimit
	case 415:
		return "content-type-strict"
	}
	return otherwise
}

// Told is the failure with its cause and remedy in words. Of a scenario of the
// user's own the cause may be a sentence: it is told as it is, and the remedy is
// that of the failure's kind.
func Told(f event.Failure) event.Failure {
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

// The causes that are found by what a failure looks like.
const (
	LastArrival  = "last-arrival-wins"
	FirstArrival = "first-arrival-wins"
	EntryDropped = "entries-dropped"
	AppliedLater = "applied-later"
	EndedAfter   = "ended-after"
	EndedDuring  = "ended-during"
	NoAnswer     = "no-answer"
	bodyLimit    = "body-limit"
)
