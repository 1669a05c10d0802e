package traffic

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
)

// verdict is an order on its way, and what it comes to.
type verdict struct {
	*run
	order  order
	began  time.Time
	random *rand.Rand

	// mu guards what requests that go out together write.
	mu               sync.Mutex
	requests, events int
	schedules        int
	judged           int
	// notJudged are messages that the contract does not settle, and why the first is
	// not.
	notJudged int
	why       string
	groups    []*found
	failures  []event.Failure // in the end
	// late is how long states took that came right after the time to settle.
	late  time.Duration
	broke error
}

// found is all failures of one symptom.
type found struct {
	failure event.Failure
	of      *message
}

// fail counts a failure; of those that look alike the first is kept.
func (v *verdict) fail(f event.Failure, of *message) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, g := range v.groups {
		if g.failure.Symptom() == f.Symptom() {
			g.failure.Count++
			return
		}
	}
	f.Count = 1
	v.groups = append(v.groups, &found{v.subject.Hide(f), of})
}

// refused is the failure of a request that was not acknowledged.
func (v *verdict) refused(d mocksender.Delivery, of *message, key mocksender.Key) {
	v.fail(event.Failure{
		Kind: event.Refused, Detail: state.NotAcknowledged(d), Answer: state.AnswerOf(d.Last()), Message: key,
	}, of)
}

// leave counts a message that is not judged.
func (v *verdict) leave(why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.notJudged++
	v.why = cmp.Or(v.why, why)
}

// count counts a delivery.
func (v *verdict) count(d mocksender.Delivery, entries int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests += len(d.Attempts)
	v.events += len(d.Attempts) * entries
}

// result is the verdict as the report has it.
func (v *verdict) result() event.Verdict {
	e := event.Verdict{
		ID: v.order.id, Result: event.Pass, Duration: time.Since(v.began), Schedules: v.schedules,
		Requests: v.requests, Events: v.events, Failures: v.failures,
	}
	if v.late > 0 {
		e.Notes = []event.Note{{
			Kind: event.Late, TookMS: v.late.Milliseconds(), Setting: "settle: " + doctor.FittingSettle(v.late).String(),
		}}
	}
	if v.notJudged > 0 {
		e.Reason = fmt.Sprintf("%s not judged: %s", text.Plural(v.notJudged, "message"), v.why)
	}
	waived := slices.IndexFunc(v.subject.Target.Waive, func(w config.Waiver) bool { return w.Check == v.order.id })
	switch {
	case len(v.failures) > 0 && waived >= 0:
		e.Result, e.Reason = event.Waived, v.subject.Target.Waive[waived].Why
	case len(v.failures) > 0:
		e.Result = event.Fail
	case v.broke != nil:
		e.Result, e.Reason = event.Errored, v.broke.Error()
	case v.schedules == 0:
		e.Result, e.Reason = event.Skipped, "no message of the recording can travel so"
	case v.judged == 0 && !v.NoProbe:
		e.Result = event.Skipped
		e.Reason = cmp.Or(e.Reason, "the receiver ignores the final states of all messages by design")
	}
	return e
}
