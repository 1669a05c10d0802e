package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// JSON writes r as report.json: indented, its members always in the same order,
// so that equal reports are equal bytes.
func JSON(w io.Writer, r Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("report as JSON: %w", err)
	}
	return nil
}

//go:embed report.schema.json
var schema []byte

// JSONSchema is the JSON Schema (draft 2020-12) of report.json, for programs
// that read it. It lets members pass that it does not know, as a later version
// may add some.
func JSONSchema() []byte { return slices.Clone(schema) }
