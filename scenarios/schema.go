package scenarios

import (
	_ "embed"
	"slices"
)

//go:embed scenario.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of one document of a scenario file,
// for editors. What needs more than one place of the file to be judged, such as
// the name of a message, is judged by Parse alone.
func Schema() []byte { return slices.Clone(schema) }
