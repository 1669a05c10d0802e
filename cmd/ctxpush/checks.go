package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
)

func newChecks(s streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "checks",
		Short: "List the checks: id, level, clauses, title",
		Long: `Checks lists the checks that certify plays, in the order of the contract's
clauses, and how many schedules each depth of --explore makes. Patterns over the
ids, such as 'order/*', go into --focus and --skip.`,
		Example: `  ctxpush checks
  ctxpush checks --json`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as a JSON array, with each check's requirement and what is explored")
	cmd.RunE = func(*cobra.Command, []string) error {
		checks, err := conformance.Checks(conformance.Config{})
		if err != nil {
			return err
		}
		if asJSON {
			return checksJSON(s.out, checks)
		}
		return checksTable(s.out, checks)
	}
	return cmd
}

// explored is how many schedules an explored check plays.
type explored map[scenarios.Depth]int

// countExplored counts the schedules of the explored checks, by their ids, for
// receivers of an identity.
func countExplored(id scenarios.Identity) map[string]explored {
	counts := map[string]explored{}
	for _, depth := range scenarios.Depths {
		for _, e := range scenarios.Explorations(depth, id) {
			if counts[e.Check.ID] == nil {
				counts[e.Check.ID] = explored{}
			}
			counts[e.Check.ID][depth] = e.Count()
		}
	}
	return counts
}

func checksJSON(out io.Writer, checks []scenarios.Check) error {
	type described struct {
		event.Check
		// Schedules are how many ways an explored check plays, by the receiver's
		// identity and the depth; Bounds say what they are.
		Schedules map[scenarios.Identity]explored `json:"schedules,omitempty"`
		Bounds    map[scenarios.Depth]string      `json:"bounds,omitempty"`
	}
	byDevice, byUser := countExplored(scenarios.ByDevice), countExplored(scenarios.ByUser)
	bounds := map[scenarios.Depth]string{}
	for _, depth := range scenarios.Depths {
		bounds[depth] = depth.Bound()
	}
	all := make([]described, len(checks))
	for i, c := range checks {
		all[i].Check = conformance.Describe(c)
		if counts, ok := byDevice[c.ID]; ok {
			all[i].Schedules = map[scenarios.Identity]explored{scenarios.ByDevice: counts, scenarios.ByUser: byUser[c.ID]}
			all[i].Bounds = bounds
		}
	}
	return writeJSON(out, all)
}

func checksTable(out io.Writer, checks []scenarios.Check) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tLEVEL\tCLAUSES\tTITLE")
	required, schedules := 0, 0
	for _, c := range checks {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.ID, c.Level, strings.Join(c.Clauses, ", "), c.Title)
		schedules += len(c.Scenarios)
		if c.Level == scenarios.Required {
			required++
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d checks (%d required, %d recommended) of %d scenarios, and of what is explored:\n\n", len(checks), required, len(checks)-required, schedules)
	if err := exploredTable(out); err != nil {
		return err
	}
	for _, depth := range scenarios.Depths {
		fmt.Fprintf(out, "\n--explore %s: %s\n", depth, depth.Bound())
	}
	return nil
}

// exploredTable counts the explored schedules: those of each check for receivers
// that go by devices, and all for both identities.
func exploredTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, counts explored) {
		fmt.Fprintf(w, "%-20s\t", name)
		for _, depth := range scenarios.Depths {
			fmt.Fprint(w, humanize.Comma(int64(counts[depth])), "\t")
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%-20s\t", "SCHEDULES")
	for _, depth := range scenarios.Depths {
		fmt.Fprint(w, strings.ToUpper(string(depth)), "\t")
	}
	fmt.Fprintln(w)
	totals := map[scenarios.Identity]explored{}
	for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		counts := countExplored(id)
		totals[id] = explored{}
		for _, e := range scenarios.Explorations("", id) {
			for depth, n := range counts[e.Check.ID] {
				totals[id][depth] += n
			}
			if id == scenarios.ByDevice {
				row(e.Check.ID, counts[e.Check.ID])
			}
		}
	}
	row("all, identity device", totals[scenarios.ByDevice])
	row("all, identity user", totals[scenarios.ByUser])
	return w.Flush()
}
