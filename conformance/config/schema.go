package config

import (
	"bytes"
	"encoding/json"
	"strings"
)

// schemaID is where editors find the schema: receiver.schema.json beside this
// file.
const schemaID = "https://raw.githubusercontent.com/ctxpush/ctxpush/main/conformance/config/receiver.schema.json"

// schemaHead is what the schema has beside the keys.
const (
	schemaHead = `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "` + schemaID + `", "title": "receiver.yaml", ` +
		`"description": "The receiver under test of ctxpush. In every text ${NAME} is an environment variable; ` +
		`${PORT} and ${SECRET} get their values when the receiver starts; $${ is a literal ${.", "minProperties": 1, `
	schemaDefs = `, "$defs": {
		"variable": {"description": "A text with an environment variable in it.",
			"type": "string", "pattern": "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}"},
		"anyText": {"description": "A text; numbers and true and false are taken as they are written.",
			"type": ["string", "number", "boolean"]},
		"path": {"anyOf": [{"type": "string", "pattern": "^/[^\\s#]*$"}, {"$ref": "#/$defs/variable"}]},
		"url": {"anyOf": [
			{"type": "string", "pattern": "^https?://[^\\s/?#@]+(/[^\\s?#@]*)?$"}, {"$ref": "#/$defs/variable"}]},
		"duration": {"examples": ["500ms", "2s", "1m30s"], "anyOf": [
			{"type": "string", "pattern": "^\\+?(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$"},
			{"$ref": "#/$defs/variable"}]}}}`
)

// Schema is the JSON Schema (draft 2020-12) of receiver.yaml, for editors. What
// needs the environment, the disk or jq is judged by Load and Validate alone.
func Schema() []byte {
	var b bytes.Buffer
	text := schemaHead + (group{}).schema(&key{}) + schemaDefs
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		panic("config: the table makes no JSON Schema: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func (t group) schema(k *key) string {
	var members, required, either []string
	for _, m := range byParent[k.name] {
		text := `"description": ` + jsonText(m.doc) + `, ` + m.of.schema(m)
		if m.byDef != "" {
			text += `, "default": ` + jsonText(m.byDef)
		}
		members = append(members, jsonText(m.label())+`: {`+text+`}`)
		switch {
		case m.not != "":
			either = append(either, `{"required": [`+jsonText(m.label())+`]}`)
		case m.missing != "":
			required = append(required, jsonText(m.label()))
		}
	}
	text := `"type": "object", "additionalProperties": false, "properties": {` + strings.Join(members, ", ") + `}`
	if required != nil {
		text += `, "required": [` + strings.Join(required, ", ") + `]`
	}
	if either != nil {
		text += `, "oneOf": [` + strings.Join(either, ", ") + `]`
	}
	if t.choice {
		text += `, "minProperties": 1` + t.onlyOneSchema(k)
	}
	if t.list {
		return `"type": "array", "items": {` + text + `}`
	}
	return text
}

// onlyOneSchema lets at most one kind of a choice be set.
func (t group) onlyOneSchema(k *key) string {
	if len(kinds(k.name)) == len(byParent[k.name]) {
		return `, "maxProperties": 1`
	}
	var either []string
	for i, a := range kinds(k.name) {
		for _, b := range kinds(k.name)[:i] {
			either = append(either, `{"required": [`+jsonText(a.label())+`, `+jsonText(b.label())+`]}`)
		}
	}
	return `, "not": {"anyOf": [` + strings.Join(either, ", ") + `]}`
}

// jsonText is a text as JSON has it, and YAML.
func jsonText(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has a JSON form
	return strings.TrimSuffix(b.String(), "\n")
}
