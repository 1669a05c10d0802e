package explain

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/scenarios"
)

// counterexample gives a finding's failure its scenario file.
func (x *explainer) counterexample(of *finding, found smallest) {
	c, f := of.of.Check, of.failure
	unconfirmed := !found.isShown() && found.played > 0 && found.failed == 0
	name := counterexampleName(c.ID, of.n, unconfirmed)
	var b bytes.Buffer
	what := "The smallest delivery that was found to fail"
	if c.DisruptsServices() {
		what = "A delivery that failed"
	}
	fmt.Fprintf(&b, "# %s the check %s,\n", what, c.ID)
	fmt.Fprintf(&b, "# with seed %d and epoch %s.\n", x.Seed, x.Epoch.UTC().Format(time.RFC3339))
	switch {
	case !found.isShown() && !unconfirmed:
		b.WriteString("# It is as it was played first, and was not made smaller.\n")
	case unconfirmed:
		fmt.Fprintf(&b, "# It is as it was played first: it did not fail again in %d replays.\n", found.played)
	case found.cut:
		b.WriteString("# Time ran out: a smaller one may fail as well.\n")
	}
	if found.failed > 0 && found.failed < found.played {
		fmt.Fprintf(&b, "# It fails only sometimes: in %d of %d replays.\n", found.failed, found.played)
	}
	fmt.Fprintf(&b, "# Play it again: ctxpush scenario run %s %s\n", name, x.Receiver)
	file := *c
	file.Unconfirmed = unconfirmed
	file.Counterexample, file.Found, file.Cause = c.ID, strings.Join(strings.Fields(f.Details()), " "), f.CauseID
	file.Scenarios = []scenarios.Scenario{found.Scenario}
	b.Write(scenarios.Format(file))
	f.Counterexample, f.Scenario = name, b.Bytes()
}

// counterexampleName is the path of a check's n-th counterexample below the
// report's directory. Those that did not fail again are kept apart.
func counterexampleName(id string, n int, unconfirmed bool) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("-_./", r):
			return r
		}
		return '-'
	}, id)
	if n > 0 {
		plain = fmt.Sprintf("%s-%d", plain, n+1)
	}
	if unconfirmed {
		plain = "unconfirmed/" + plain
	}
	return "counterexamples/" + plain + ".yaml"
}
