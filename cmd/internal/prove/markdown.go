package prove

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Markdown writes the matrix as a page: the counts, what is wrong, and a table
// of the mutants and one of the designs.
func (m Matrix) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# The suite, measured\n\n%s, with seed %d, in %s.\n", m.Counts(), m.Seed, m.Took.Round(time.Second))
	for _, rows := range [][]Row{m.Mutants, m.Designs} {
		for _, r := range rows {
			if !r.Outcome.Good() || r.Outcome == Missing {
				fmt.Fprintf(&b, "\n- **%s** %s: %s", r.Outcome, r, cell(r.Detail))
			}
		}
	}
	if len(m.Needless) > 0 {
		fmt.Fprintf(&b, "\n- **needless** checks, which no mutant fails: %s", strings.Join(m.Needless, ", "))
	}
	b.WriteString("\n\n## Mutants\n\nEach must be found by the check that is named for it.\n\n")
	b.WriteString("| mutant | identity | named check | outcome | failed first | failed | smallest delivery | ms |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range m.Mutants {
		fmt.Fprintf(&b, "| %s: %s | %s | %s | %s | %s | %d | %s | %d |\n",
			r.Receiver, cell(r.What), r.Identity, r.Check, r.Outcome, r.First, len(r.Failed), cell(r.step()), r.TookMS)
	}
	b.WriteString("\n## Correct designs\n\nNone of them may be accused.\n\n")
	b.WriteString("| design | identity | outcome | ms |\n| --- | --- | --- | --- |\n")
	for _, r := range m.Designs {
		fmt.Fprintf(&b, "| %s: %s | %s | %s | %d |\n", r.Receiver, cell(r.What), r.Identity, r.Outcome, r.TookMS)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell is a text within a table's cell.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;").Replace(s)
}
