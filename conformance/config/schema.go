package config

import (
	_ "embed"
	"slices"
)

//go:embed receiver.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of receiver.yaml, for editors. What
// needs the environment, the disk or jq is judged by Load and Validate alone.
func Schema() []byte { return slices.Clone(schema) }
