package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/conformance/explore"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/conformance/subject"
)

// lookAgain looks at the states a last time: nothing that was right may have
// changed, and what has come right by now was late, and is no failure.
func (r *run) lookAgain(ctx context.Context, verdicts []*verdict) error {
	late := r.subject.Late.LastLook(ctx)
	var all []play.Outcome
	for _, v := range verdicts {
		all = append(all, v.outcomes...)
	}
	all, err := play.LookAgain(ctx, r.subject, all)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, v := range verdicts {
		before, wasOpen := len(v.failures()), v.mayBeLate()
		n := len(v.outcomes)
		v.outcomes, all = all[:n:n], all[n:]
		v.withoutLate()
		// What came late in the middle is played on, with more time.
		r.playAnew(ctx, v, "longer", subject.LatePatience*r.subject.Target.Settle, func(o play.Outcome) bool {
			return o.CutShort && len(o.Failures) == 0
		})
		if err != nil && n > 0 {
			v.unsure = fmt.Errorf("its states could not be read again: %w", err)
		}
		if ctx.Err() == nil && (wasOpen || err != nil && n > 0 || len(v.failures()) != before) {
			r.finish(v)
		}
	}
	return errors.Join(late, err)
}

// playAnew plays those of a check's scenarios anew, one by one and with new messages,
// that ended so.
func (r *run) playAnew(ctx context.Context, v *verdict, label string, settle time.Duration, so func(play.Outcome) bool) {
	for i, o := range v.outcomes {
		if !so(o) || ctx.Err() != nil {
			continue
		}
		cast, err := r.bind(o.Scenario, fmt.Sprintf("%s/%d/%s", v.check.ID, i, label))
		if err != nil {
			v.outcomes[i].Broke = err
			continue
		}
		how := r.options(v.check)
		how.Settle = settle
		v.outcomes[i] = r.play(ctx, planned{o.Scenario, cast}, how)
		v.outcomes[i].Took = max(o.Took, v.outcomes[i].Took)
	}
}

// playOverlapped judges anew what was under way while the receiver ended of its
// own: who makes it end does so alone, too.
func (r *run) playOverlapped(ctx context.Context, verdicts []*verdict) {
	r.subject.Expect(true)
	defer r.subject.Expect(false)
	var explored []*verdict
	for _, v := range verdicts {
		if !v.overlapped() || ctx.Err() != nil {
			continue
		}
		v.isAlone = true
		if v.exploration != nil {
			v.exploration.Label, v.examples = "alone/", nil
			v.explored = explore.Result{}
			explored = append(explored, v)
			continue
		}
		r.playAnew(ctx, v, "alone", 0, func(o play.Outcome) bool { return o.Overlapped })
		if !v.isOpen() {
			r.finish(v)
		}
	}
	if len(explored) > 0 && r.subject.Gone() == nil {
		r.explore(ctx, explored)
	}
}

// tellLate says once which time to settle suits what came late.
func (r *run) tellLate(verdicts []*verdict) {
	var most time.Duration
	checks := 0
	for _, v := range verdicts {
		if took := v.late(r.cfg); took > 0 {
			most, checks = max(most, took), checks+1
		}
	}
	if checks > 0 {
		r.note("late, and no failure: states of %s took up to %s, longer than settle (%s): set %s in receiver.yaml, or --settle",
			text.Plural(checks, "check"), most.Round(time.Millisecond), r.cfg.Target.Settle, fitting(most))
	}
}
