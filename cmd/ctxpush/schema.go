package main

import (
	"slices"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/loadtest"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
	"github.com/spf13/cobra"
)

// schemas are the formats of files, by name.
var schemas = map[string]func() []byte{
	"receiver": config.Schema,
	"scenario": scenarios.Schema,
	"load":     loadtest.JSONSchema,
}

func newSchema(s streams) *cobra.Command {
	names := []string{"receiver", "scenario", "load"}
	return &cobra.Command{
		Use:   "schema receiver|scenario|load",
		Short: "Print the JSON Schema of a file format",
		Long: `Schema prints the JSON Schema (draft 2020-12) of receiver.yaml, of a scenario
file, or of what load --json writes, so that editors complete and check files
while you write, and programs know what they read.`,
		Example:   `  ctxpush schema scenario > scenario.schema.json`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(names, args[0]) {
				return mistakef("schema %q is not known; %s", args[0], strictyaml.Suggest(args[0], names))
			}
			_, err := s.out.Write(schemas[args[0]]())
			return err
		},
	}
}
