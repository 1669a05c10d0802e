package explain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// blameAll adds the plays of the rest of what is refused.
func (x *explainer) blameAll(ctx context.Context, w *work) {
	for i := range w.Plays {
		if rest, ok := x.blame(ctx, w.Check, &w.Plays[i]); ok {
			w.further = append(w.further, rest)
		}
	}
}

// blame finds the entries that a batch of p was refused for, and plays p again
// without them, so that they don't hide what else is wrong; false where nobody is
// to blame but the batch as a whole, or nothing else is wrong.
func (x *explainer) blame(ctx context.Context, check *scenarios.Check, p *Play) (Play, bool) {
	request := p.Scenario.Request(p.Unfit)
	at := slices.IndexFunc(p.Failures, func(f event.Failure) bool { return f.Kind == event.Refused })
	if request == nil || at < 0 || !request.Acknowledged() {
		return Play{}, false
	}
	refs := scenarios.EntryRefs(p.Scenario, request.Batch)
	if len(refs) < 2 {
		return Play{}, false
	}
	limited, cancel := context.WithTimeout(ctx, shrinkFor)
	defer cancel()
	m := x.minimizerOf(check, p.Failures[at], check.ID+"/blame/"+p.Scenario.Name)
	blamed := scenarios.Blame(len(refs), func(keep []int) bool {
		if limited.Err() != nil || m.gone {
			return false
		}
		again, ok := m.again(limited, p.Scenario.Keeping(x.Identity, p.Unfit, keep).Unjudged(), m.pace)
		return ok && again.Unfit == p.Unfit
	})
	if len(blamed) == 0 || limited.Err() != nil || m.gone {
		return Play{}, false
	}
	guilty := slices.Concat(blamed...)
	p.Failures[at].Remark = blamedFor(refs, blamed)
	var rest []int
	for i := range refs {
		if !slices.Contains(guilty, i) {
			rest = append(rest, i)
		}
	}
	without := p.Scenario.Keeping(x.Identity, p.Unfit, rest)
	without.Name = strings.TrimPrefix(without.Name+", without what is refused", ", ")
	again, ok := m.again(ctx, without, Options{Settle: x.Settle})
	return again, ok && len(again.Failures) > 0
}

// blamedFor tells which entries a batch was refused for.
func blamedFor(refs []scenarios.Ref, blamed [][]int) string {
	parts := make([]string, len(blamed))
	guilty := 0
	for i, part := range blamed {
		guilty += len(part)
		words := make([]string, len(part))
		for j, at := range part {
			word := string(refs[at].Status)
			if refs[at].Status == mocksender.Cancelled {
				word += ", no device_token"
			}
			words[j] = fmt.Sprintf("entry %d (%s)", at+1, word)
		}
		parts[i] = strings.Join(words, " beside ")
	}
	rest := fmt.Sprintf("the other %d are acknowledged without it", len(refs)-guilty)
	switch {
	case len(refs)-guilty == 1:
		rest = "the other one is acknowledged without it"
	case len(refs) == guilty:
		rest = "none is left without it"
	}
	return "refused because of " + strings.Join(parts, " and of ") + "; " + rest
}
