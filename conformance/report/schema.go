package report

import (
	_ "embed"
	"slices"
)

//go:embed report.schema.json
var schema []byte

// JSONSchema is the JSON Schema (draft 2020-12) of report.json, for programs
// that read it. It lets members pass that it does not know, as a later version
// may add some.
func JSONSchema() []byte { return slices.Clone(schema) }
