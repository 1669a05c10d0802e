package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// play is one scenario on its way through the receiver, and what it showed.
type play struct {
	run      *run
	check    *scenarios.Check
	scenario scenarios.Scenario
	cast     scenarios.Cast
	trace    *trace          // who follows the steps; nil is nobody
	round    int             // of a scenario that is played again and again; 0 is the first
	pace     *pace           // how a replay differs from a run's own play; nil is not at all
	others   <-chan struct{} // closed once all else of the round was played; nil: it is alone

	began time.Time

	// mu guards what deliveries that go out together write.
	mu       sync.Mutex
	timeline []string
	recorded []event.Step // the same for programs
	curl     []string
	numbered uint64 // requests that were given a number
	unfit    uint64 // the number of the first one that failed; 0 is none
	requests int
	events   int
	sent     []mocksender.Event // what the receiver was to take
	refused  []mocksender.Event // what it was not to take

	lastAck time.Time
	// recovered is when the states could be told again, after an outage of what
	// they are kept in.
	recovered time.Time
	judged    int // how many states were compared
	settled   []scenarios.Want
	failures  []event.Failure
	// broke is why the scenario could not be judged.
	broke error
	// unmet is why the receiver is not judged by it.
	unmet    error
	duration time.Duration
}

// errUnfit ends a scenario whose further steps can't show anything, as one of
// them has failed.
var errUnfit = errors.New("a step failed")

// do plays the scenario's steps in turn and judges the states at their end.
func (p *play) do(ctx context.Context) {
	p.began = time.Now()
	defer p.end()
	err := p.steps(ctx)
	if err == nil && p.pace != nil && p.pace.lookAgain {
		err = p.lookAgain(ctx)
	}
	switch {
	case isUnmet(err):
		p.unmet = err
	case err != nil && !errors.Is(err, errUnfit):
		p.broke = err
	}
}

func (p *play) steps(ctx context.Context) (err error) {
	if err := p.fresh(ctx); err != nil {
		return err
	}
	p.observe(ctx)
	p.trace.started(ctx, p)
	defer func() { p.trace.finished(ctx, p, err) }()
	for i, step := range p.scenario.Steps {
		p.trace.stepStarted(i+1, step)
		err := p.step(ctx, step)
		p.trace.stepFinished(ctx, p, i+1, step)
		if err == nil || errors.Is(err, errUnfit) {
			p.observe(ctx)
		}
		if err != nil {
			return err
		}
	}
	return p.expect(ctx, p.scenario.Expect, true)
}

// fresh sees that the receiver does not know the scenario's first message
// already, as it does when a seed is played twice on the same disk.
func (p *play) fresh(ctx context.Context) error {
	everything := make([]scenarios.Expectation, 0, 1)
	if len(p.scenario.Messages) > 0 {
		everything = append(everything, scenarios.Expectation{Message: p.scenario.Messages[0].Name})
	}
	wants := p.cast.Wants(everything, p.run.cfg.Target.Identity)
	if len(wants) == 0 {
		return nil
	}
	asked := time.Now()
	known, err := probe.Await(ctx, p.run.prober, wants[0].Key, asked.Add(p.run.cfg.Target.Settle), anything)
	if err != nil {
		return err
	}
	if known != nil {
		return fmt.Errorf("the receiver knows message %s, as %s, before anything was sent: seed %d has been played on it before (choose another --seed), or its probe makes states up",
			wants[0].Key, known.DeliveryStatus, p.run.cfg.Seed)
	}
	if p.pace == nil || !p.pace.illustrate {
		p.saw(asked, []event.Seen{told(wants[0].Message, "", nil)})
	}
	return nil
}

func (p *play) step(ctx context.Context, step scenarios.Step) error {
	switch {
	case step.Outage != "":
		return p.outage(ctx, step)
	case step.Restart != "" && step.Together != nil:
		return p.restartInFlight(ctx, step)
	case step.Restart != "":
		return p.restart(ctx, step.Restart)
	case step.Wait > 0:
		p.note("wait %s", step.Wait)
		p.done(event.Step{Kind: event.Waited, AtUS: p.since(time.Now()), TookUS: step.Wait.Microseconds(), Text: step.Wait.String()})
		return pause(ctx, step.Wait)
	case step.Others:
		return p.waitOthers(ctx)
	case step.Neutral > 0:
		return p.neutral(ctx, step.Neutral)
	case step.Provided != nil:
		return p.provided(ctx, step.Provided)
	case step.Expect != nil:
		return p.expect(ctx, step.Expect, false)
	case step.Together != nil:
		return p.together(ctx, step.Together)
	default:
		return p.send(ctx, step, p.next(), nil)
	}
}

func (p *play) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timeline = append(p.timeline, fmt.Sprintf(format, args...))
}

// together sends batches at the same time: each request's last byte is held
// back until all are there.
func (p *play) together(ctx context.Context, steps []scenarios.Step) error {
	gate := mocksender.NewGate(len(steps))
	p.note("%d requests at once:", len(steps))
	errs := make([]error, len(steps))
	var wg sync.WaitGroup
	for i, step := range steps {
		n := p.next()
		wg.Go(func() { errs[i] = p.send(ctx, step, n, gate) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// next is the number of the scenario's next request, counted from 1. Requests
// that go out together are numbered before they do.
func (p *play) next() uint64 {
	p.numbered++
	return p.numbered
}

// send sends one batch or raw body, the scenario's n-th request, and judges its
// answer. A gate strikes the first attempt.
func (p *play) send(ctx context.Context, step scenarios.Step, n uint64, gate *mocksender.Gate) error {
	if step.Answer == "" {
		step.Answer = scenarios.Acknowledge
	}
	events := p.cast.Events(step.Batch)
	p.record(step, events)
	sender, done, err := p.sender(step, n)
	if err != nil {
		return err
	}
	defer done()
	request, err := p.request(sender, step, events)
	if err != nil {
		return err
	}
	var faults []mocksender.Fault
	if gate != nil {
		faults = append(faults, gate)
	}
	for _, name := range step.Faults {
		var fault mocksender.Fault // none
		if name != scenarios.NoFault {
			if fault, err = mocksender.FaultByName(name); err != nil {
				return err
			}
		}
		faults = append(faults, fault)
	}
	var d mocksender.Delivery
	if step.Answer == scenarios.Acknowledge || step.Answer == scenarios.Drop {
		d = sender.DeliverRequest(ctx, request, faults...)
	} else {
		d.Attempts = []mocksender.Attempt{sender.Attempt(ctx, request, nil)}
	}
	p.keep(step, n, d, len(events))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = p.judgeAnswer(ctx, step, d)
	if errors.Is(err, errUnfit) {
		p.mu.Lock()
		p.unfit = cmp.Or(p.unfit, n)
		p.mu.Unlock()
	}
	return err
}

// record remembers which entries the receiver is to take and which not.
func (p *play) record(step scenarios.Step, events []mocksender.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch step.Answer {
	case scenarios.Acknowledge:
		p.sent = append(p.sent, events...)
	case scenarios.Drop: // never reaches the receiver
	default:
		p.refused = append(p.refused, events...)
	}
}

// keep adds a delivery to the evidence.
func (p *play) keep(step scenarios.Step, request uint64, d mocksender.Delivery, events int) {
	attempts := p.attempts(step, request, d)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(attempts...)
	for _, a := range d.Attempts {
		p.timeline = append(p.timeline, a.Line())
		p.requests++
		p.events += events
	}
	p.curl = append(p.curl, d.Attempts[0].Curl())
	if d.Acknowledged() {
		p.lastAck = time.Now()
	}
}

// sender is a sender of the scenario's own, so that each has connections of its
// own; through a proxy where the step wants one. Its seed is of the n-th request
// alone, so that no two requests share an X-Idempotency-Key.
func (p *play) sender(step scenarios.Step, n uint64) (*mocksender.Sender, func(), error) {
	base := p.run.receiver.URL()
	done := func() {}
	if len(step.Proxy) > 0 {
		proxy, err := newFailingProxy(base, step.Proxy)
		if err != nil {
			return nil, nil, err
		}
		base, done = proxy.URL(), proxy.Close
	}
	s := p.run.newSender(base, p.check)
	p.hurry(s, step)
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s\x00%d", p.run.cfg.Seed, p.cast.Keys()[0], n)
	s.Seed = h.Sum64()
	return s, func() { s.Close(); done() }, nil
}

// restart ends the receiver and starts it again.
func (p *play) restart(ctx context.Context, how scenarios.Restart) error {
	begin := time.Now()
	r := p.run.receiver
	end, signal := r.Stop, "SIGTERM"
	if how == scenarios.RestartKill {
		end, signal = r.Kill, "SIGKILL"
	}
	if err := end(ctx); err != nil {
		p.run.note("receiver: %v", err)
		p.note("%v", err)
	}
	if err := r.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.run.lose(err)
		p.done(event.Step{Kind: event.Restarted, AtUS: p.since(begin), TookUS: time.Since(begin).Microseconds(), Text: signal, Error: firstLine(err.Error())})
		p.fail(event.Failure{Kind: event.Crashed, Detail: "after " + signal + " it did not start again: " + firstLine(err.Error()), CauseID: p.check.Cause})
		return errUnfit
	}
	p.note("%s, started again in %s", signal, time.Since(begin).Round(time.Millisecond))
	p.done(event.Step{Kind: event.Restarted, AtUS: p.since(begin), TookUS: time.Since(begin).Microseconds(), Text: signal})
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// expect asks for the states until they are as expected or the time to settle
// is over, and judges them. The final ones are remembered, to be looked at
// again at the end of the run.
func (p *play) expect(ctx context.Context, expect []scenarios.Expectation, final bool) error {
	begin := time.Now()
	wants, states, err := p.ask(ctx, expect)
	if len(wants) == 0 {
		return nil
	}
	if err != nil {
		if how, ended := p.run.revive(ctx); ended {
			p.fail(event.Failure{Kind: event.Crashed, Detail: "the receiver " + how, CauseID: explain.EndedAfter})
			return errUnfit
		}
		return err
	}
	p.judged += len(wants)
	p.saw(time.Now(), p.compared(wants, states))
	for i, w := range wants {
		if m, wrong := state.Compare(w, states[i]); wrong {
			if err := p.stillProvided(ctx); err != nil {
				return err
			}
			p.misjudged(w, states[i], m, "", state.KindOf(w, states[i], p.sent, p.refused), p.check.Cause)
		} else if final && !p.isProvided() {
			p.settled = append(p.settled, w)
		}
	}
	if len(p.failures) > 0 {
		return errUnfit
	}
	p.run.settled(time.Since(begin))
	return nil
}

// misjudged records a state that is wrong.
func (p *play) misjudged(w scenarios.Want, got *event.State, m state.Mismatch, more string, kind event.Kind, cause string) {
	if w.Status == "" && kind == event.Stale {
		kind = event.Merged // nothing of it was sent under its own key
	}
	p.fail(event.Failure{Kind: kind, Field: m.Field, Detail: m.String() + more, Message: w.Key, Expected: state.Expected(w), Got: got, CauseID: cause})
}

// fail records a failure with its evidence; alike ones are counted.
func (p *play) fail(f event.Failure) {
	f = p.run.hidden(f)
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.failures {
		if p.failures[i].Symptom() == f.Symptom() {
			p.failures[i].Count++
			return
		}
	}
	f.Count = 1
	f.Schedule = p.scenario.Name
	f.Timeline = append([]string(nil), p.timeline...)
	f.Trace = p.traced()
	f.Curl = append([]string(nil), p.curl...)
	f.Log = p.run.receiver.Log(logLines)
	p.failures = append(p.failures, f)
}

// logLines is how much of the receiver's log goes with a failure.
const logLines = 20

// pause waits in real time: for the receiver, not for ContextPush.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
