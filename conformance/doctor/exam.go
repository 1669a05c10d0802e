package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// exam is one examination.
type exam struct {
	Options
	subject  *subject.Subject
	sender   *mocksender.Sender
	findings []Finding

	first   story              // the message of the first request
	answer  mocksender.Attempt // to it
	whole   story              // the message that goes through all its states
	lastAck time.Time
	took    time.Duration // how long the first state took, where that was longer than the time to settle
}

func newExam(o Options, s *subject.Subject) *exam {
	o.Target = s.Target
	return &exam{Options: o, subject: s, sender: s.Sender("")}
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
		if lacking := e.lacking(s.needs); lacking == "" {
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

// lacking is the first of the steps that did not go well.
func (e *exam) lacking(needs []string) string {
	for _, name := range needs {
		if e.result(name) != OK {
			return name
		}
	}
	return ""
}

func (e *exam) result(name string) Result {
	i := slices.IndexFunc(e.findings, func(f Finding) bool { return f.Step == name })
	if i < 0 {
		return Skipped
	}
	return e.findings[i].Result
}

// story is a message, its entries in order, and what must be known of it then.
type story struct {
	events []mocksender.Event
	want   scenarios.Want
}

// story makes a message with that history, whose last status must be known once
// all its entries have arrived. No status: none of it must be known.
func (e *exam) story(label string, final mocksender.DeliveryStatus, history ...mocksender.DeliveryStatus) (story, error) {
	words := make([]string, len(history))
	for i, s := range history {
		words[i] = string(s)
	}
	expect := string(final)
	if final == "" {
		expect = "unknown"
	}
	planned := mocksender.ContextAware
	if history[0] != mocksender.Pending {
		planned = mocksender.Traditional // which alone may skip pending
	}
	text := fmt.Sprintf("scenario: doctor\nmessages: {m: {planned: %s, history: [%s]}}\ndeliver: [{batch: [m]}]\nexpect: {m: %s}\n", planned, strings.Join(words, ", "), expect)
	check, err := scenarios.Parse("doctor", "doctor/"+label, []byte(text))
	if err != nil {
		return story{}, err
	}
	s := check.Scenarios[0]
	cast, err := scenarios.Bind(s, fixtures.Seed(e.Seed).Salted(e.Salt), e.Epoch, "doctor/"+label)
	if err != nil {
		return story{}, err
	}
	wants := cast.Wants(s.Expect, e.Target.Identity)
	if len(wants) != 1 {
		return story{}, fmt.Errorf("%d states to look at: want 1", len(wants))
	}
	return story{events: cast.Events(s.Steps[0].Batch), want: wants[0]}, nil
}

// kept tells whether the receiver keeps messages of that final status.
func (e *exam) kept(s mocksender.DeliveryStatus) bool { return !slices.Contains(e.Target.Ignores, s) }

// attempt sends the entries in one request, once; alter may change it first.
func (e *exam) attempt(ctx context.Context, alter func(*mocksender.Request), events ...mocksender.Event) (mocksender.Attempt, error) {
	batch, err := mocksender.NewBatch(events...)
	if err != nil {
		return mocksender.Attempt{}, err
	}
	r := e.sender.Request(batch)
	if alter != nil {
		alter(&r)
	}
	a := e.sender.Attempt(ctx, r, nil)
	e.lastAck = time.Now()
	return a, mocksender.Local(a.Err)
}

// unsent is a step whose request could not be made.
func unsent(err error) Finding {
	if mocksender.Local(err) != nil {
		return broken(err.Error())
	}
	return broken(err.Error(), "this is a mistake of ctxpush's own: please report it")
}
