package report

import (
	"encoding/json"
	"fmt"
	"io"
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
