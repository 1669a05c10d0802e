// Package explain finds out what failures rest on: which entry a batch is refused
// for, the smallest delivery that still fails, and the cause that it speaks of. It
// plays again by a function that it is given.
package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// maxExplained is how many findings of one check are explained.
const maxExplained = 3

// Seen is what a run has found.
type Seen struct {
	Identity scenarios.Identity
	Seed     uint64
	Epoch    time.Time
	// Settle is how long a final state may take; Slowest how long right ones took
	// at most.
	Settle, Slowest time.Duration
	// Parallel is how many replays run side by side.
	Parallel int
	// For is how long all may take; 0 or less is not at all.
	For time.Duration
	// Receiver is what names the receiver on a command line, such as --config
	// receiver.yaml; empty where nothing does.
	Receiver string
	// Diagnose finds what foretells all that was sent and seen by now; nil leaves
	// causes to be guessed.
	Diagnose func(context.Context) Diagnosis
	// Failing are the checks that failed, in the table's order.
	Failing []Failing
	// Telling are the checks that tell a cause already, by its id.
	Telling map[string]string
}

// Failing is a check that failed, and its plays.
type Failing struct {
	Check *scenarios.Check
	// Rank orders what is explained: 0 first.
	Rank  int
	Plays []Play
}

// Play is what one play has shown. Its failures have their CauseIDs.
type Play struct {
	Scenario scenarios.Scenario
	Cast     scenarios.Cast
	Failures []event.Failure
	// Unfit is the number of the first request that failed; 0 is none.
	Unfit            int
	Requests, Events int
}

// Options say how a scenario is played again.
type Options struct {
	// Label sets the replay's messages apart from all others.
	Label string
	// Settle is how long a final state may take.
	Settle time.Duration
	// Hasty sends a batch that failed again at once, and only a few times.
	Hasty bool
	// LookAgain looks at what was right once more, when the time to settle is
	// over.
	LookAgain bool
	// Illustrate asks for all states after each step, to show them.
	Illustrate bool
}

// Replay plays a scenario of the check with new messages. The error is why it
// could not be judged: ErrGone where nothing can be played any more.
type Replay func(ctx context.Context, c *scenarios.Check, s scenarios.Scenario, o Options) (Play, error)

// ErrGone says that the receiver is gone for good.
var ErrGone = errors.New("the receiver is gone")

// Explanation is what a check's failures come to.
type Explanation struct {
	// Check is the check's id.
	Check string
	// Failures are all of the check's, with what was found out.
	Failures []event.Failure
	// Further are plays without what is refused, in which something else failed.
	Further []Play
	// Cut says that there was no time to make all of it smaller.
	Cut bool
}

// finding is one way in which a check failed, and the failure that stands for it.
type finding struct {
	of      *work
	play    *Play
	failure *event.Failure
	n       int // of the check's findings, from 0
	// isPostponed says that no smaller delivery is looked for: others show the same
	// cause, or it takes an outage to show it, each replay seconds, and something
	// fails without, which is to be mended first.
	isPostponed bool
}

// work is a check that is being explained.
type work struct {
	Failing
	further  []Play
	findings []*finding
	mu       sync.Mutex
	cut      bool
}

func (w *work) setCut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
}

// Explain explains the failures, when nothing else is played any more: one
// Explanation for each check that failed, in their order.
func Explain(ctx context.Context, seen Seen, replay Replay) []Explanation {
	all := make([]*work, len(seen.Failing))
	for i, f := range seen.Failing {
		f.Plays = slices.Clone(f.Plays)
		for n := range f.Plays {
			f.Plays[n].Failures = slices.Clone(f.Plays[n].Failures)
		}
		all[i] = &work{Failing: f}
	}
	var d Diagnosis
	if seen.Diagnose != nil {
		d = seen.Diagnose(ctx)
	}
	if seen.For > 0 && len(all) > 0 {
		limited, cancel := context.WithTimeout(ctx, seen.For)
		defer cancel()
		(&explainer{Seen: seen, replay: replay}).explainAll(limited, all, d)
		if len(d.Alike) > 0 { // the replays may tell them apart
			d = seen.Diagnose(ctx)
		}
	}
	settle(d, all)
	relate(seen.Telling, all)
	explanations := make([]Explanation, len(all))
	for i, w := range all {
		explanations[i] = Explanation{Check: w.Check.ID, Further: w.further, Cut: w.cut}
		for _, p := range slices.Concat(w.Plays, w.further) {
			explanations[i].Failures = append(explanations[i].Failures, p.Failures...)
		}
	}
	return explanations
}

type explainer struct {
	Seen
	replay Replay
}

// explainAll explains first what fails the run.
func (x *explainer) explainAll(ctx context.Context, all []*work, d Diagnosis) {
	byRank := slices.Clone(all)
	slices.SortStableFunc(byRank, func(a, b *work) int { return cmp.Compare(a.Rank, b.Rank) })
	inTurn(byRank, (*work).isAlone, x.Parallel, func(w *work) { x.blameAll(ctx, w) })
	var findings []*finding
	for _, w := range byRank {
		w.find()
		findings = append(findings, w.findings...)
	}
	failsWithoutOutage := slices.ContainsFunc(all, func(w *work) bool { return !w.Check.HasOutage() })
	for _, f := range findings {
		f.isPostponed = f.of.Check.HasOutage() && failsWithoutOutage
	}
	for _, f := range spared(findings, d) {
		f.isPostponed = true
	}
	inTurn(findings, func(f *finding) bool { return f.of.isAlone() }, x.Parallel, func(f *finding) { x.explain(ctx, f) })
	for _, w := range all {
		w.spread()
	}
}

// inTurn does things side by side, so many at a time, and then one by one those
// that need the receiver for themselves. Which do is asked before anything is
// done.
func inTurn[T any](all []T, alone func(T) bool, parallel int, do func(T)) {
	var beside, apart []T
	for _, t := range all {
		if alone(t) {
			apart = append(apart, t)
		} else {
			beside = append(beside, t)
		}
	}
	var some errgroup.Group
	some.SetLimit(max(1, parallel))
	for _, t := range beside {
		some.Go(func() error {
			do(t)
			return nil
		})
	}
	_ = some.Wait() // nothing of it fails
	for _, t := range apart {
		do(t)
	}
}

// isAlone tells whether the check's replays must have the receiver for
// themselves: they end it, or count how often overlapping requests collide.
func (w *work) isAlone() bool {
	return w.Check.Disrupts() || slices.ContainsFunc(w.Plays, func(p Play) bool {
		return overlaps(p.Scenario) && len(p.Failures) > 0 ||
			slices.ContainsFunc(p.Failures, func(f event.Failure) bool { return f.Kind == event.Crashed })
	})
}

// find finds the check's ways to fail, the first maxExplained of them.
func (w *work) find() {
	for _, plays := range [][]Play{w.Plays, w.further} {
		for n := range plays {
			p := &plays[n]
			for i := range p.Failures {
				f := &p.Failures[i]
				known := slices.ContainsFunc(w.findings, func(k *finding) bool { return k.failure.Symptom() == f.Symptom() })
				// Without a step the receiver ended for no delivery's sake.
				if !known && len(p.Scenario.Steps) > 0 && len(w.findings) < maxExplained {
					w.findings = append(w.findings, &finding{of: w, play: p, failure: f, n: len(w.findings)})
				}
			}
		}
	}
}

// spread gives a finding's likely cause to all failures that look the same.
func (w *work) spread() {
	for _, plays := range [][]Play{w.Plays, w.further} {
		for _, p := range plays {
			for i := range p.Failures {
				for _, k := range w.findings {
					if k.failure.Symptom() == p.Failures[i].Symptom() {
						p.Failures[i].CauseID = k.failure.CauseID
					}
				}
			}
		}
	}
}

// explain looks for the smallest delivery that fails in that way.
func (x *explainer) explain(ctx context.Context, f *finding) {
	if ctx.Err() != nil {
		f.of.setCut()
		return
	}
	if f.isPostponed || f.of.Check.DisruptsServices() {
		// A replay takes seconds, and many where a database has to start.
		x.counterexample(f, smallest{Shrunk: scenarios.Shrunk{Scenario: f.play.Scenario}})
		return
	}
	m := x.newMinimizer(f)
	found, ok := m.minimize(ctx, f.play.Scenario)
	if m.gone {
		f.of.setCut()
		return
	}
	if found.cut || !ok && ctx.Err() != nil {
		f.of.setCut()
	}
	x.tell(f, found, ok)
	x.counterexample(f, found)
}

// tell makes the failure tell what its smallest delivery shows.
func (x *explainer) tell(of *finding, found smallest, ok bool) {
	f := of.failure
	if !ok {
		if found.failed == 0 && found.played == manyTries {
			f.Frequency = fmt.Sprintf("1 of %d", manyTries+1)
		}
		return
	}
	shown := found.failure
	shown.Count, shown.Schedule, shown.CauseID, shown.Remark = f.Count, f.Schedule, f.CauseID, f.Remark
	shown.Limits = x.limits(found)
	// After an outage what came before it, and how times are compared, is not to blame.
	if !of.of.Check.HasOutage() {
		shown.CauseID = causeOf(found, x.Identity, f.CauseID)
	}
	for _, step := range found.Scenario.Steps {
		shown.Smallest = append(shown.Smallest, step.String())
	}
	if found.failed < found.played {
		shown.Frequency = fmt.Sprintf("%d of %d", found.failed, found.played)
	}
	*f = shown
}

// limits tells at which sizes the failure begins.
func (x *explainer) limits(f smallest) string {
	var parts []string
	for _, l := range f.Limits {
		switch body, below := x.body(f.Scenario), x.body(l.Below); {
		case l.What == scenarios.ContentBytes && body > below:
			parts = append(parts, fmt.Sprintf("a body of %d bytes fails, one of %d passes", body, below))
		default:
			parts = append(parts, fmt.Sprintf("%d %s fail, %d pass", l.Fails, l.What, l.Fails-1))
		}
	}
	return strings.Join(parts, "; ")
}

// body is how long the scenario's longest request is.
func (x *explainer) body(s scenarios.Scenario) int {
	cast, err := scenarios.Bind(s, fixtures.Seed(0), x.Epoch, "")
	if err != nil {
		return 0
	}
	longest := 0
	for n := 1; s.Request(n) != nil; n++ {
		longest = max(longest, len(mocksender.AppendEvents(nil, cast.Events(s.Request(n).Batch))))
	}
	return longest
}

// relate lets one failure tell an explanation, and the others of the same cause
// name its check: the first one in the table that fails the run.
func relate(telling map[string]string, all []*work) {
	tells := map[string]string{}
	for id, check := range telling {
		tells[id] = check
	}
	byRank := slices.Clone(all)
	slices.SortStableFunc(byRank, func(a, b *work) int { return cmp.Compare(a.Rank, b.Rank) })
	each := func(do func(w *work, f *event.Failure)) {
		for _, w := range byRank {
			for _, p := range slices.Concat(w.Plays, w.further) {
				for i := range p.Failures {
					do(w, &p.Failures[i])
				}
			}
		}
	}
	each(func(w *work, f *event.Failure) {
		if _, told := tells[f.CauseID]; !told && len(f.Smallest) > 0 {
			tells[f.CauseID] = w.Check.ID
		}
	})
	each(func(w *work, f *event.Failure) {
		if c, _ := CauseByID(f.CauseID); tells[c.Wider] != "" {
			f.CauseID = c.Wider
		}
		if first := tells[f.CauseID]; first != w.Check.ID {
			f.SameAs = first
		}
	})
}
