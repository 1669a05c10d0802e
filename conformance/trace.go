package conformance

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Trace is one thing that Play shows of a scenario: ScenarioStarted,
// StepStarted, StepFinished, ScenarioFinished or ScenarioRepeated, in the order in
// which they happened. Everything in it is free of the secret.
type Trace interface{ isTrace() }

// ScenarioStarted is told before a scenario's first step.
type ScenarioStarted struct {
	Check    scenarios.Check
	Scenario scenarios.Scenario
	// Before is what the receiver knows of the scenario's messages.
	Before Look
}

// StepStarted is told before each step of a scenario.
type StepStarted struct {
	Number int // from 1
	Step   scenarios.Step
}

// StepFinished is told after each step that was started.
type StepFinished struct {
	Number int // from 1
	Step   scenarios.Step
	// Lines are what happened: one for each attempt with its answer, restart or
	// wait.
	Lines []string
	// After is one look at the states right after the step: a receiver that
	// works through a queue may need longer.
	After Look
	// Failures are the ways in which the step did not end as it must; an
	// expectation without any is met.
	Failures []event.Failure
}

// ScenarioFinished is told after the last step, or the one that failed. What
// the scenario came to is told by Played.
type ScenarioFinished struct {
	// After is what the receiver knows in the end, when the final states had
	// their time to settle.
	After Look
	// Failures are the expected final states that are not met.
	Failures []event.Failure
	// Err is why the scenario could not be judged; nil where it was.
	Err error
}

// ScenarioRepeated is told of a counterexample whose requests race, when it was
// played in so many rounds, until the first that failed.
type ScenarioRepeated struct {
	Rounds int
	// Lines are what happened in the last round.
	Lines []string
	// Failures are of the last round; none where all went well.
	Failures []event.Failure
}

func (ScenarioRepeated) isTrace() {}
func (ScenarioStarted) isTrace()  {}
func (StepStarted) isTrace()      {}
func (StepFinished) isTrace()     {}
func (ScenarioFinished) isTrace() {}

// Look is what the receiver knows of a scenario's messages at one moment.
type Look struct {
	Seen []Seen
	// Err is why the receiver could not be asked; Seen is empty then.
	Err error
}

// Seen is what the receiver knows of a message of the scenario, or of a group of
// them, on one device where the identity is by device.
type Seen struct {
	// Name is the scenario's name for it: m, or m.phone where the message names
	// its devices.
	Name string
	// Key is what was asked for, of the first of a group.
	Key mocksender.Key
	// States are the states of the message, or of each of the group; nil is a
	// message that is not known.
	States []*event.State
}

// String is the state in a few words: "opened", "not known", or for a group "49
// opened, 1 pending".
func (s Seen) String() string {
	var words []string
	count := map[string]int{}
	for _, state := range s.States {
		word := "not known"
		if state != nil {
			word = string(state.DeliveryStatus)
		}
		if count[word]++; count[word] == 1 {
			words = append(words, word)
		}
	}
	if len(s.States) == 1 {
		return words[0]
	}
	for i, word := range words {
		words[i] = strconv.Itoa(count[word]) + " " + word
	}
	return strings.Join(words, ", ")
}

// trace follows one scenario as it is played. The nil trace follows nothing.
type trace struct {
	tell func(Trace)
	// lines and failures are how many of the play's were told.
	lines, failures int
}

func (t *trace) started(ctx context.Context, p *play) {
	if t != nil {
		t.tell(ScenarioStarted{Check: *p.check, Scenario: p.scenario, Before: p.look(ctx)})
	}
}

func (t *trace) stepStarted(number int, step scenarios.Step) {
	if t != nil {
		t.tell(StepStarted{Number: number, Step: step})
	}
}

func (t *trace) stepFinished(ctx context.Context, p *play, number int, step scenarios.Step) {
	if t != nil {
		after := p.look(ctx)
		lines, failures := t.news(p)
		t.tell(StepFinished{Number: number, Step: step, Lines: lines, After: after, Failures: failures})
	}
}

func (t *trace) finished(ctx context.Context, p *play, err error) {
	if t != nil {
		after := p.look(ctx)
		_, failures := t.news(p)
		if errors.Is(err, errUnfit) {
			err = nil
		}
		t.tell(ScenarioFinished{After: after, Failures: failures, Err: err})
	}
}

// news is what the play noted and found wrong since it was last asked.
func (t *trace) news(p *play) (lines []string, failures []event.Failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines = append(lines, p.timeline[t.lines:]...)
	failures = append(failures, p.failures[t.failures:]...)
	t.lines, t.failures = len(p.timeline), len(p.failures)
	return lines, failures
}

// look asks once for all messages of the scenario.
func (p *play) look(ctx context.Context) Look {
	var (
		look   Look
		keys   []mocksender.Key
		places []int // of each key, in look.Seen
	)
	for _, m := range p.scenario.Messages {
		place := map[string]int{} // of each device
		for _, w := range p.cast.Wants([]scenarios.Expectation{{Message: m.Name}}, p.run.cfg.Target.Identity) {
			at, ok := place[w.Device]
			if !ok {
				at = len(look.Seen)
				place[w.Device] = at
				name := m.Name
				if len(m.Devices) > 1 && w.Device != "" {
					name += "." + w.Device
				}
				look.Seen = append(look.Seen, Seen{Name: name, Key: w.Key})
			}
			keys, places = append(keys, w.Key), append(places, at)
		}
	}
	states, err := p.run.prober.States(ctx, keys)
	if err != nil {
		return Look{Err: err}
	}
	for i, state := range states {
		seen := &look.Seen[places[i]]
		seen.States = append(seen.States, state)
	}
	return look
}
