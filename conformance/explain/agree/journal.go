package agree

import (
	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Journal is all that was sent to a receiver and seen of it. Times are in
// milliseconds since Start.
type Journal struct {
	Identity model.Identity
	Start    int64 // milliseconds since 1970
	Requests []Request
	Looks    []Look
	Restarts []Restart
	// Aside are the groups that are explained last, each by itself: what fails in
	// them says nothing of the rest.
	Aside []string
	// Same says whether a content that is told is the one that was sent; nil: byte
	// for byte.
	Same func(sent, told string) bool
}

// Request is one attempt.
type Request struct {
	model.Request
	// Begin and End are when it was under way. What may take effect later, such as
	// one that timed out, ends then.
	Begin, End float64
	// Answer is its class; NoAnswer where none was seen.
	Answer model.Class
	// Open: whether it took effect can't be known, as the receiver ended or the
	// connection broke meanwhile.
	Open bool
	// Group is of what it is a part, such as a check: what failed in one group is
	// told together.
	Group string
}

// Look is a state that was asked for, once it had settled, and told the same
// again. Looks that had not settled, or differed, are no part of a Journal.
type Look struct {
	At    float64
	Key   mocksender.Key
	State *model.State // nil: not known. What is zero in it was not told.
	Group string
}

// Restart is when the receiver ended and was started again.
type Restart struct {
	At     float64
	Killed bool // without a signal
}

// slack is how far the receiver's clock may be from ours, in milliseconds.
const slack = 10 * 60 * 1000

// foretells says whether the state that a model tells is the one that was seen.
func (j *Journal) foretells(told *model.State, l *Look) bool {
	if told == nil || l.State == nil {
		return told == nil && l.State == nil
	}
	s := l.State
	return told.Status == s.Status &&
		(s.Method == "" || s.Method == told.Method) &&
		(s.Planned == "" || s.Planned == told.Planned) &&
		(s.At == 0 || s.At == told.At || told.At == model.Arrival && s.At > j.Start-slack) &&
		(s.Content == "" || s.Content == told.Content || told.Content == model.Garbled ||
			j.Same != nil && j.Same(told.Content, s.Content))
}
