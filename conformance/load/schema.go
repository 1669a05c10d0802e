package load

import (
	_ "embed"
	"slices"
)

//go:embed load.schema.json
var schemaText []byte

// JSONSchema is the JSON Schema (draft 2020-12) of what JSON writes.
func JSONSchema() []byte { return slices.Clone(schemaText) }
