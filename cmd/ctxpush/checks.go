package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/spf13/cobra"
)

func newChecks(s streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "checks",
		Short: "List the checks: id, level, clauses, title",
		Args:  cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as a JSON array, with each check's requirement")
	cmd.RunE = func(*cobra.Command, []string) error {
		checks, err := conformance.Checks(conformance.Config{})
		if err != nil {
			return err
		}
		if asJSON {
			described := make([]any, len(checks))
			for i, c := range checks {
				described[i] = conformance.Describe(c)
			}
			e := json.NewEncoder(s.out)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return e.Encode(described)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
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
		_, err = fmt.Fprintf(s.out, "\n%d checks (%d required, %d recommended) of %d scenarios\n", len(checks), required, len(checks)-required, schedules)
		return err
	}
	return cmd
}
