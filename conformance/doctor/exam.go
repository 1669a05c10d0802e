package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
)

// exam is one examination.
type exam struct {
	patient
	findings findings

	first  story              // the message of the first request
	answer mocksender.Attempt // to it
	whole  story              // the message that goes through all its states
	took   time.Duration      // how long the first state took, where that was longer than the time to settle
}

func newExam(o Options, s *subject.Subject) *exam {
	o.Target = s.Target
	return &exam{patient: patient{Options: o, subject: s, sender: s.Sender("", journal.Origin{Group: "doctor"}, nil)}}
}

// The steps by name.
const (
	stepStart   = "start"
	stepWebhook = "webhook"
	stepRight   = "right secret"
	stepProbe   = "probe"
	stepUnknown = "unknown message"
	stepWrong   = "wrong secret"
	stepMissing = "missing secret"
	stepFinal   = "final state"
	stepBulk    = "bulk look-up"
	stepRestart = "restart"
)

// step is one look at the receiver, and what it found but for the name.
type step struct {
	name  string
	needs []string // steps without which this one means nothing
	look  func(*exam, context.Context) Finding
}

// steps are in the order in which they are taken.
var steps = []step{
	{stepStart, nil, (*exam).start},
	{stepWebhook, []string{stepStart}, (*exam).webhook},
	{stepRight, []string{stepWebhook}, (*exam).rightSecret},
	{stepProbe, []string{stepRight}, (*exam).probe},
	{stepUnknown, []string{stepProbe}, (*exam).unknown},
	{stepWrong, []string{stepWebhook}, (*exam).wrongSecret},
	{stepMissing, []string{stepWebhook}, (*exam).missingSecret},
	{stepFinal, []string{stepRight, stepProbe}, (*exam).finalState},
	{stepBulk, []string{stepFinal}, (*exam).bulk},
	{stepRestart, []string{stepFinal}, (*exam).restart},
}

// Steps are the names of all steps, in their order.
func Steps() []string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	return names
}

func well(format string, args ...any) Finding {
	return Finding{Result: OK, Detail: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Finding {
	return Finding{Result: Skipped, Detail: fmt.Sprintf(format, args...)}
}

// short is a receiver that falls short.
func short(detail string, advice ...string) Finding {
	return Finding{Result: Failed, Detail: detail, Advice: advice}
}

// broken is a receiver of which nothing can be said.
func broken(detail string, advice ...string) Finding {
	return Finding{Result: Failed, Detail: detail, Advice: advice, Surroundings: true}
}

func (e *exam) run(ctx context.Context, steps []step) {
	for _, s := range steps {
		found := skipped("")
		if lacking := e.findings.lacking(s.needs); lacking == "" {
			found = s.look(e, ctx)
		} else {
			found = skipped("rests on %q, which is not well", lacking)
		}
		if ctx.Err() != nil {
			return // what was seen is of the breaking off
		}
		found.Step = s.name
		found.Detail = strings.Join(strings.Fields(found.Detail), " ")
		e.findings = append(e.findings, found)
		if e.Tell != nil {
			e.Tell(found)
		}
	}
}

// findings are those of an examination, in the order of its steps.
type findings []Finding

// lacking is the first of the steps that did not go well.
func (f findings) lacking(needs []string) string {
	for _, name := range needs {
		if f.of(name) != OK {
			return name
		}
	}
	return ""
}

// of is how a step ended; Skipped where it was not taken.
func (f findings) of(step string) Result {
	i := slices.IndexFunc(f, func(found Finding) bool { return found.Step == step })
	if i < 0 {
		return Skipped
	}
	return f[i].Result
}
