package agree_test

import (
	"context"
	"slices"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/explain/agree"
	"github.com/ctxpush/ctxpush/fixtures/model"
)

var identities = []model.Identity{model.ByDevice, model.ByUser}

func TestTheRightModelFailsNowhere(t *testing.T) {
	for _, id := range identities {
		for _, l := range model.Layouts(id) {
			x := agree.New(scriptOf(t, id, 61).play(l))
			if n := x.Failures(); n != 0 {
				t.Errorf("%s, layout %d: the right model fails %d times", id, l, n)
			}
			if e := x.Explain(context.Background(), nil); e.Cause != nil || e.Likely != nil {
				t.Errorf("%s, layout %d: a right receiver has the cause %v", id, l, e.Cause.IDs())
			}
		}
	}
}

// alike are the mistakes that what the script plays does not tell apart: known
// by nothing a sender can play, or, the last four, by a schedule that the script
// has not.
var alike = [][]string{
	{"cancelled-on-no-device", "token-read-as-undefined", "tokenless-entry-skipped"},
	{"copy-counts-as-new", "copies-by-request-key"},
	{"body-limit-100-kb", "body-limit-64-kb"},
	{"cancelled-by-user", "cancelled-by-idempotency-key"},
	{"utc-read-as-local-time", "clock-on-the-wall-decides", "newest-device-counts"},
}

// Each mistake is found from what it makes of a run, and no other.
func TestEachMistakeIsFound(t *testing.T) {
	for i, mistake := range model.Mistakes() {
		if mistake.Allows || mistake.Function == "Count" {
			continue
		}
		shown := false
		for n := range identities {
			id := identities[(i+n)%len(identities)]
			layouts := model.Layouts(id)
			for n := 0; n < len(layouts) && !shown; n++ { // the others have their turn with other mistakes
				l := layouts[(i+n)%len(layouts)]
				x := agree.New(scriptOf(t, id, 61).play(l, mistake))
				if x.Failures() == 0 {
					continue
				}
				shown = true
				found(t, x.Explain(context.Background(), nil), mistake, l)
			}
		}
		if !shown {
			t.Errorf("%s: nothing fails", mistake.ID)
		}
	}
}

// found says whether the explanation is the mistake, and no other that could be
// told from it.
func found(t *testing.T, e agree.Explanation, mistake model.Mistake, l model.Layout) {
	t.Helper()
	if e.Cause == nil {
		t.Errorf("%s %s, layout %d: no cause, struck by %+v", mistake.ID, mistake.Variant, l, struck(e, mistake, l))
		return
	}
	all := append(e.Cause.IDs(), e.Cause.Same...)
	class := []string{mistake.ID}
	for _, c := range alike {
		if slices.Contains(c, mistake.ID) {
			class = c
		}
	}
	strange := slices.ContainsFunc(all, func(id string) bool { return !slices.Contains(class, id) })
	if !slices.Contains(all, mistake.ID) || len(e.Cause.Mistakes) > 1 || strange {
		t.Errorf("%s %s, layout %d: the cause is %v", mistake.ID, mistake.Variant, l, all)
	}
}

func struck(e agree.Explanation, m model.Mistake, l model.Layout) any {
	for _, tr := range e.Tried {
		if tr.Mistakes[0].ID == m.ID && tr.Mistakes[0].Variant == m.Variant && tr.Layout == l {
			return tr.Struck
		}
	}
	return nil
}
