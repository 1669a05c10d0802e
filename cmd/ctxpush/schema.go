package main

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/load"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/ndjson"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// schemas are the formats that people write or read.
var schemas = []struct {
	name, of string
	text     func() []byte
}{
	{"receiver", "receiver.yaml", config.Schema},
	{"scenario", "a scenario file", scenarios.Schema},
	{"report", "report.json", report.JSONSchema},
	{"load", "what load --json writes", load.JSONSchema},
	{"events", "what certify --events writes, a line each", ndjson.Schema},
	{"scenario-run", "what scenario run --json prints", embedded(playedSchema)},
	{"scenario-show", "what scenario show --json prints", embedded(shownSchema)},
	{"send", "what send --json prints", embedded(sentSchema)},
	{"doctor", "what doctor --json prints", embedded(doctorSchema)},
}

// The schemas of what --json prints.
var (
	//go:embed schemas/scenario-run.schema.json
	playedSchema []byte
	//go:embed schemas/scenario-show.schema.json
	shownSchema []byte
	//go:embed schemas/send.schema.json
	sentSchema []byte
	//go:embed schemas/doctor.schema.json
	doctorSchema []byte
)

// embedded is a schema with the definitions that it names.
func embedded(schema []byte) func() []byte {
	return func() []byte { return report.WithDefinitions(schema) }
}

func newSchema(s streams) *cobra.Command {
	var names, files []string
	for _, f := range schemas {
		names, files = append(names, f.name), append(files, f.of)
	}
	return &cobra.Command{
		Use:   "schema " + strings.Join(names, "|"),
		Short: "Print the JSON Schema of a file format",
		Long: `Schema prints the JSON Schema (draft 2020-12) of a file: ` + strings.Join(files, ", ") + `.
Editors complete and check with it what you write, programs what they read.`,
		Example:   `  ctxpush schema scenario > scenario.schema.json`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(names, args[0]) {
				return mistakef("schema %q is not known; %s", args[0], strictyaml.Suggest(args[0], names))
			}
			_, err := s.out.Write(schemas[slices.Index(names, args[0])].text())
			return err
		},
	}
}
