package main

import (
	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance/load"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

func newLoadMerge(s streams) *cobra.Command {
	var thresholds []string
	var file string
	cmd := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Add up the --json files of a load's shards",
		Long: `Merge adds up what the shards of one load wrote with --json: counts, and
latencies exactly. Thresholds are judged on the whole: those that are given, or
else those of the files.`,
		Example: `  ctxpush load merge 1.json 2.json 3.json 4.json --threshold 'p99<250ms' --json all.json`,
		Args:    cobra.MinimumNArgs(1),
	}
	f := cmd.Flags()
	f.StringArrayVar(&thresholds, "threshold", nil, "what the whole must keep, as for load (repeatable)")
	f.StringVar(&file, "json", "", "write the sum as JSON to this file; - is stdout")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		rules, err := load.ParseRules(thresholds)
		if err != nil {
			return mistakef("--threshold %w", err)
		}
		var parts []load.Part
		for _, name := range args {
			r, err := await(cmd.Context(), func() (load.Report, error) { return readLoad(name) })
			if err != nil {
				return err
			}
			parts = append(parts, load.Part{Name: name, Report: r})
		}
		r, err := load.Merge(parts, rules)
		if err != nil {
			return err
		}
		if err := tellLoad(s, r, file, ""); err != nil {
			return err
		}
		if code := r.ExitCode(); code != exitOK {
			return verdict(code)
		}
		return nil
	}
	return cmd
}

// readLoad reads a load's report; the error names the file.
func readLoad(name string) (load.Report, error) {
	f, err := strictyaml.Open(name)
	if err != nil {
		return load.Report{}, err
	}
	defer f.Close()
	r, err := load.Read(f)
	if err != nil {
		return r, mistakef("%s: %w", name, err)
	}
	return r, nil
}
