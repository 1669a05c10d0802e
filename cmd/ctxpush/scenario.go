package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

func newScenario(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scenario",
		Short: "Play, show and list single scenarios",
		Long: `A scenario is a YAML file that says how messages travel to a receiver and in
which states they must end. The built-in ones go by their ids; your own are files
in the same language, which ctxpush schema scenario describes to editors.`,
		Example: `  ctxpush scenario list
  ctxpush scenario show order/delivered-after-opened
  ctxpush scenario run order/delivered-after-opened`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newScenarioRun(s), newScenarioShow(s), newScenarioList(s))
	return cmd
}

func newScenarioList(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the built-in scenarios: id, title",
		Example: `  ctxpush scenario list`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tTITLE")
			for _, c := range scenarios.Catalogue() {
				fmt.Fprintf(w, "%s\t%s\n", c.ID, c.Title)
			}
			return w.Flush()
		},
	}
}

// playing is what scenario run and scenario show have in common.
type playing struct {
	target *target
	bounds bounds
	asJSON bool
	conformance.Config
}

// add adds the flags.
func (p *playing) add(cmd *cobra.Command, only ...string) {
	p.target = addTarget(cmd, only...)
	p.from().add(cmd.Flags())
}

func (p *playing) from() origin { return origin{&p.Seed, &p.Salt, &p.Epoch} }

// tool is what made the requests.
func (p *playing) tool() event.Tool {
	return event.Tool{Version: p.Version, Seed: p.Seed, Salt: p.Salt, Epoch: p.Epoch, Protocol: string(p.Target.Protocol)}
}

// settle fills in what no flag gave, and reads the target.
func (p *playing) settle(ctx context.Context, s streams) error {
	if err := p.from().choose(); err != nil {
		return err
	}
	p.Version = version()
	var err error
	p.Target, err = p.target.config(ctx, s)
	return err
}

// loadScenarios reads the files and folders that are named, and finds the
// built-in scenarios among the names. A file's check goes by the file's path,
// and what is named twice is there once.
func loadScenarios(ctx context.Context, names []string) ([]scenarios.Check, error) {
	var all []scenarios.Check
	seen := map[string]bool{}
	for _, name := range names {
		checks, err := await(ctx, func() ([]scenarios.Check, error) { return loadScenario(name) })
		if err != nil {
			return nil, err
		}
		for _, c := range checks {
			if c.File != "" {
				c.ID = filepath.ToSlash(filepath.Clean(c.File))
			}
			if !seen[c.ID] {
				seen[c.ID] = true
				all = append(all, c)
			}
		}
	}
	return all, nil
}

func loadScenario(name string) ([]scenarios.Check, error) {
	var ids []string
	for _, c := range scenarios.Catalogue() {
		if c.ID == name {
			return []scenarios.Check{c}, nil
		}
		ids = append(ids, c.ID)
	}
	_, err := os.Stat(name)
	if os.IsNotExist(err) && !scenarios.IsFile(name) && strings.Contains(name, "/") {
		hint := "ctxpush scenario list tells the built-in ones"
		if near := strictyaml.Nearest(name, ids); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, mistakef("%q is no file, no folder and no built-in scenario; %s", name, hint)
	}
	return scenarios.Load(name)
}

// scenarioName is how a scenario is called on the screen: its check, and what
// tells it apart from the check's others.
func scenarioName(c scenarios.Check, s scenarios.Scenario) string {
	name := c.ID + ": " + c.Title
	switch {
	case s.Name == "":
		return name
	case strings.HasPrefix(s.Name, c.Title):
		return c.ID + ": " + s.Name
	default:
		return name + " (" + s.Name + ")"
	}
}
