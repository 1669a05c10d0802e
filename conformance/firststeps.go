package conformance

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
)

// acknowledgedCheck is the check of which a receiver falls short that takes
// nothing at all.
const acknowledgedCheck = "request/acknowledged"

// firstSteps takes the doctor's first steps. Where one fails by the receiver's
// fault, acknowledgedCheck is played alone: over is set where it fails, and
// nothing else means anything then. The error is of the surroundings.
func (r *run) firstSteps(ctx context.Context) (over bool, err error) {
	err = r.takeFirst(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
		return false, err
	case doctor.IsSurroundings(err):
		r.skipAll("", firstLine(err))
		return false, err
	}
	return r.fallsShort(ctx, err)
}

// takeFirst takes the first steps, and gives a receiver whose first state came
// late twice the time that it took, and says so: the page sets no time.
func (r *run) takeFirst(ctx context.Context) error {
	target := &r.subject.Target
	o := doctor.Options{Seed: r.cfg.Seed, Salt: r.cfg.Salt, Epoch: r.cfg.Epoch}
	first, err := doctor.TakeFirst(ctx, o, r.subject)
	if err == nil && first.Late > 0 {
		r.note("%s", first.Note(target.Settle))
		target.Settle = first.Settle()
	}
	return err
}

// fallsShort plays acknowledgedCheck, and tells whether it fails.
func (r *run) fallsShort(ctx context.Context, why error) (bool, error) {
	for i := range r.checks {
		if r.checks[i].ID != acknowledgedCheck {
			continue
		}
		v, err := r.prepare(ctx, &r.checks[i])
		if err != nil || v.skip != "" {
			return false, err
		}
		if how, ended := r.subject.Revive(ctx); ended {
			why = errors.New("the receiver " + how)
		}
		alone := []*verdict{v}
		r.playAll(ctx, alone, 1, nil)
		if err := r.lookAgain(ctx, alone); err != nil && ctx.Err() == nil {
			r.note("second look: %v", err)
		}
		if ctx.Err() != nil || !v.hasFailed() {
			return false, ctx.Err()
		}
		r.explainAll(ctx, alone, 1)
		r.skipAll(acknowledgedCheck, "nothing gets through: "+firstLine(why))
		return true, ctx.Err()
	}
	return false, nil
}

// skipAll finishes all checks but one as skipped.
func (r *run) skipAll(but, reason string) {
	for _, c := range r.checks {
		if c.ID != but {
			r.emit(event.CheckFinished{Time: time.Now(), Verdict: event.Verdict{ID: c.ID, Result: event.Skipped, Reason: reason}})
		}
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// reachable sees that the probe answers.
func (r *run) reachable(ctx context.Context) error {
	return r.subject.Reachable(ctx, r.cfg.seed())
}
