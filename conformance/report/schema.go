package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

//go:embed report.schema.json
var schema []byte

// JSONSchema is the JSON Schema (draft 2020-12) of report.json, for programs
// that read it. It lets members pass that it does not know, as a later version
// may add some.
func JSONSchema() []byte { return slices.Clone(schema) }

// definitions are those of report.json's schema, by their names.
var definitions = func() map[string]json.RawMessage {
	var of struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &of); err != nil {
		panic("report.schema.json: " + err.Error())
	}
	return of.Defs
}()

var reference = regexp.MustCompile(`"#/\$defs/(\w+)"`)

// WithDefinitions is a JSON Schema without definitions of its own, with those of
// report.json's schema that it names: a failure or a trace is the same wherever it is
// told. A name that is not known panics.
func WithDefinitions(schema []byte) []byte {
	var defs bytes.Buffer
	known := map[string]bool{}
	for text := schema; len(text) > 0; {
		var further []byte
		for _, m := range reference.FindAllSubmatch(text, -1) {
			name := string(m[1])
			if known[name] {
				continue
			}
			if definitions[name] == nil {
				panic("no definition is called " + name)
			}
			if len(known) > 0 {
				defs.WriteByte(',')
			}
			known[name] = true
			fmt.Fprintf(&defs, "\n    %q: %s", name, definitions[name])
			further = append(further, definitions[name]...)
		}
		text = further
	}
	body := bytes.TrimSuffix(bytes.TrimSpace(schema), []byte("\n}"))
	return fmt.Appendf(slices.Clone(body), ",\n  \"$defs\": {%s\n  }\n}\n", defs.Bytes())
}
