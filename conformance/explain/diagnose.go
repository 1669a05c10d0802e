package explain

import (
	"cmp"
	"context"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain/agree"
	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Diagnosis is which mistakes foretell what was seen of a receiver.
type Diagnosis struct {
	// Failures is how much of it a right receiver would not have shown.
	Failures int
	// Causes are the ids of what explains all of it, but for the recommended checks;
	// empty where no mistake, and no two, agree with everything.
	Causes []string
	// Alike are the ids of further causes that explain all of it just as well: what
	// tells them apart was not played.
	Alike []string
	// ByCheck are the causes of single checks.
	ByCheck map[string]Blame

	trial *agree.Trial // of which Causes are
}

// Blame is what explains the failures of one check.
type Blame struct {
	Causes []string // their ids, the likeliest first
	// Foretold says that they foretell all that was seen; else they are likely.
	Foretold bool
}

// Diagnose runs the models over all that was sent and seen. The failures of the
// checks that are set aside, the recommended ones, are explained last, each check's
// by itself: a receiver may differ in them and be right. What was found before, of
// the beginning of the same run, is kept as long as it agrees. When ctx ends the
// diagnosis is what is known by then.
func Diagnose(ctx context.Context, j *journal.Journal, id scenarios.Identity, aside []string, before Diagnosis) Diagnosis {
	seen := observed(j, id)
	seen.Aside = aside
	x := agree.New(seen)
	d := Diagnosis{Failures: x.Failures(), ByCheck: map[string]Blame{}}
	e := x.Explain(ctx, before.trial)
	for _, l := range e.Likely {
		var ids []string
		for i := range l.Trials {
			ids = append(ids, l.Trials[i].IDs()...)
		}
		d.ByCheck[l.Group] = Blame{Causes: causesOf(ids)}
	}
	for check, ids := range e.Aside {
		d.ByCheck[check] = Blame{causesOf(ids), true}
	}
	if e.Cause != nil {
		d.trial = &e.Cause.Trial
		d.Causes, d.Alike = causesOf(d.trial.IDs()), causesOf(e.Cause.Same)
		for check, ids := range x.Shares(*d.trial) {
			d.ByCheck[check] = Blame{causesOf(ids), true}
		}
	}
	return d
}

// causesOf are the ids of the mistakes' causes.
func causesOf(mistakes []string) []string {
	var ids []string
	for _, m := range mistakes {
		if c, ok := CauseOfMistake(m); ok && !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// of is the cause of a check's failure, of which it was guessed that it is this one;
// false where it has to be guessed.
func (d Diagnosis) of(check string, s state.Symptom, guess string) (id string, certain, ok bool) {
	if s.Kind == event.Crashed || s.Answer == state.TimedOut || s.Answer == state.NoAnswer {
		return "", false, false
	}
	if id, ok := d.alike(guess); ok {
		return id, true, true
	}
	if b := d.ByCheck[check]; len(b.Causes) > 0 {
		return b.Causes[0], b.Foretold, true
	}
	if len(d.Causes) == 1 {
		return d.Causes[0], true, true
	}
	return "", false, false
}

// alike is the one of several causes that agree with all alike that is the guess, or is
// mended as that is.
func (d Diagnosis) alike(guess string) (id string, ok bool) {
	if len(d.Alike) == 0 {
		return "", false
	}
	all := slices.Concat(d.Causes, d.Alike)
	for _, is := range []func(id string) bool{
		func(id string) bool { return id == guess },
		func(id string) bool { return remedyOf[id] == guess },
	} {
		if i := slices.IndexFunc(all, is); i >= 0 {
			return all[i], true
		}
	}
	return "", false
}

// settle gives the failures the causes that foretell them in place of guesses.
func settle(d Diagnosis, all []*work) {
	for _, w := range all {
		for _, plays := range [][]Play{w.Plays, w.further} {
			for _, p := range plays {
				for i := range p.Failures {
					f := &p.Failures[i]
					if id, certain, ok := d.of(w.Check.ID, f.Symptom(), f.CauseID); ok {
						f.CauseID, f.Foretold = id, certain
					}
				}
			}
		}
	}
}

// maxShown is how many findings of one cause are made smaller: one where a replay
// has the receiver for itself, and may take seconds.
const maxShown = 2

// spared are the findings whose cause others show with less: those of a cause
// beyond the first maxShown, the quickest to replay first.
func spared(findings []*finding, d Diagnosis) []*finding {
	quickest := slices.Clone(findings)
	slices.SortStableFunc(quickest, func(a, b *finding) int {
		return cmp.Or(cmp.Compare(a.of.Rank, b.of.Rank), cmp.Compare(a.effort(), b.effort()),
			cmp.Compare(len(a.play.Scenario.Steps), len(b.play.Scenario.Steps)))
	})
	shown := map[string]int{}
	var spared []*finding
	for _, f := range quickest {
		id, _, ok := d.of(f.of.Check.ID, f.failure.Symptom(), f.failure.CauseID)
		if shown[id]++; ok && shown[id]+f.effort() > maxShown {
			spared = append(spared, f)
		}
	}
	return spared
}

// effort is how much a replay takes: one of an outage the most, then one that has
// the receiver for itself.
func (f *finding) effort() int {
	switch {
	case f.isPostponed:
		return 2
	case f.of.isAlone():
		return 1
	}
	return 0
}
