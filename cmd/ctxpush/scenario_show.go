package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance"
)

func newScenarioShow(s streams) *cobra.Command {
	var (
		p      playing
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "show FILE|DIR|ID...",
		Short: "Print the requests of scenarios and send nothing",
		Long: `Show prints the requests that scenario run would send first with the same seed,
salt and epoch, byte for byte but for the secret. Each step stands before its requests
as a comment.`,
		Example: `  ctxpush scenario show order/delivered-after-opened
  ctxpush scenario show my-scenario.yaml --seed 7`,
		Args: cobra.MinimumNArgs(1),
	}
	p.add(cmd, "url", "path", "secret", "protocol")
	p.target.spare = true
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array, an object a scenario")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := p.settle(cmd.Context(), s); err != nil {
			return err
		}
		var err error
		if p.Scenarios, err = loadScenarios(cmd.Context(), args); err != nil {
			return err
		}
		shown, err := conformance.Preview(p.Config)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.err, p.from())
		if asJSON {
			return p.showJSON(s.out, shown)
		}
		for i, scenario := range shown {
			if i > 0 {
				fmt.Fprintln(s.out)
			}
			if err := showScenario(s.out, scenario); err != nil {
				return err
			}
		}
		return nil
	}
	return cmd
}

// showJSON prints the scenarios for programs.
func (p *playing) showJSON(w io.Writer, shown []conformance.Previewed) error {
	all := []shownScenario{}
	for _, scenario := range shown {
		told := shownScenario{namedScenario: nameScenario(scenario), Tool: p.tool(), Steps: []shownStep{}, Expect: []string{}}
		for _, step := range scenario.Steps {
			requests := []shownRequest{}
			for _, a := range step.Requests {
				if a.Err != nil {
					return a.Err
				}
				requests = append(requests, showRequest(a))
			}
			told.Steps = append(told.Steps, shownStep{step.Step.Line, step.Step.String(), requests})
		}
		for _, e := range scenario.Scenario.Expect {
			told.Expect = append(told.Expect, e.String())
		}
		all = append(all, told)
	}
	return writeJSON(w, all)
}

func showScenario(w io.Writer, p conformance.Previewed) error {
	fmt.Fprintf(w, "# %s\n", scenarioName(p.Check, p.Scenario))
	for i, step := range p.Steps {
		fmt.Fprintf(w, "\n# step %d, line %d: %s\n", i+1, step.Step.Line, step.Step)
		for n, request := range step.Requests {
			if n > 0 {
				fmt.Fprintln(w, "\n# at the same time:")
			}
			if request.Err != nil {
				return request.Err
			}
			fmt.Fprintf(w, "%s\n", request.Dump())
		}
	}
	if len(p.Scenario.Expect) == 0 {
		return nil
	}
	expected := make([]string, len(p.Scenario.Expect))
	for i, e := range p.Scenario.Expect {
		expected[i] = e.String()
	}
	_, err := fmt.Fprintf(w, "\n# in the end: %s\n", strings.Join(expected, ", "))
	return err
}
