package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("receiver.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("receiver.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if s.DraftVersion != 2020 {
		t.Errorf("the schema's draft is %d, want 2020", s.DraftVersion)
	}
	return s
}

func judge(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return judgeText(s, text)
}

// judgeText judges a YAML text by the schema.
func judgeText(s *jsonschema.Schema, text string) error {
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return err
	}
	js, err := json.Marshal(v)
	if err != nil {
		return err
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(js))
	if err != nil {
		return err
	}
	return s.Validate(instance)
}

func schemaEnv(name string) (string, bool) {
	v, ok := map[string]string{"X": "x", "ID": "user", "URL": "http://h", "P": "/p", "D": "3s", "N": "80", "T": "a/b"}[name]
	return v, ok
}

// The loader and the schema must judge alike whatever needs neither the
// environment, nor the disk, nor jq.
func TestSchemaAndLoaderJudgeAlike(t *testing.T) {
	const command = "receiver: {command: {argv: [a, '${PORT}']}}\n"
	valid := []string{
		"name: a", "name: ''", "protocol: 2025", "protocol: '2026'", "identity: ${ID}", "path: ${P}", "path: /",
		"secret: {env: X}", "secret: {value: a b}", "settle: 1m0.5s", "settle: +1s", "timeout: ${D}", "timeout: .5s",
		command, "secret: {value: x}\nreceiver: {url: 'https://h:80/base/'}", "secret: {value: x}\nreceiver: {url: '${URL}/x'}",
		"receiver: {command: {argv: ['${PORT}', 1, true, 1.5], env: {A: 1, B: true, C: ''}, dir: ., ready: {http: /h, timeout: 1s}}}",
		"receiver: {container: {image: 'a:1', port: 80, env: {A: b}, ready: {}}}",
		"receiver: {container: {build: {}, port: '${N}'}}", "receiver: {container: {build: {context: ., dockerfile: D}, port: 65535}}",
		"probe: {http: {}}", "probe: {http: {path: /a, url: 'http://h', bulk: /b, headers: {A: b, C: 1}, jq: .a}}",
		"receiver: {compose: {service: a, port: 80}}", "receiver: {compose: {file: c.yaml, service: '${X}', port: '${N}', env: {A: 1}, ready: {http: /h, timeout: 1s}}}",
		"probe: {sql: {driver: sqlite, dsn: a.db, query: 'SELECT :user_id'}}", "probe: {exec: {argv: [a, 1, true], env: {A: b}}}",
		"receiver: {compose: {service: a, port: 80}}\nprobe: {sql: {driver: postgres, dsn: 'postgres://${HOST}:${PORT_5432}/x', query: 'SELECT :user_id'}}",
		"statuses: {a: opened, b: pending}", "statuses: {}", "ignores: []", "ignores: [failed, cancelled]",
		"waive: [{check: a/b-c, why: x}]", "waive: [{check: '${T}', why: x}]",
	}
	invalid := []string{
		"recever: {}", "{}", "[]", "text", "name: 1", "name: [a]", "protocol: 2027", "protocol: true", "identity: all", "path: a", "path: /a b", "path: 1",
		"secret: a", "secret: {}", "secret: {env: X, value: b}", "secret: {value: 1}", "secret: {value: ''}", "secret: {file: a}",
		"settle: 2", "settle: '2'", "settle: -1s", "timeout: 1 s", "timeout: 1d",
		"receiver: {}", "receiver: {url: 'http://h', command: {argv: [a]}}", "receiver: {url: h}", "receiver: {url: 'ftp://h'}",
		"receiver: {url: 'http://u@h'}", "receiver: {url: 'http://h?a'}", "receiver: {compose: {}}", "receiver: {compose: {service: a}}", "receiver: {compose: {port: 80}}", "receiver: {compose: {service: a b, port: 80}}",
		"receiver: {compose: {service: a, port: 80, image: b}}", "receiver: {compose: {service: a, port: 80, file: ''}}",
		"receiver: {image: a}",
		"receiver: {command: {}}", "receiver: {command: {argv: []}}", "receiver: {command: {argv: a}}", "receiver: {command: {argv: [[a]]}}",
		"receiver: {command: {argv: [a], env: [a]}}", "receiver: {command: {argv: [a], env: {A: null}}}", "receiver: {command: {argv: [a], dir: ''}}",
		"receiver: {command: {argv: [a], ready: {url: a}}}", "receiver: {command: {argv: [a], ready: {http: a}}}",
		"receiver: {container: {image: a}}", "receiver: {container: {port: 80}}", "receiver: {container: {image: a, build: {}, port: 80}}",
		"receiver: {container: {image: a, port: 0}}", "receiver: {container: {image: a, port: 65536}}", "receiver: {container: {image: a, port: '80'}}",
		"receiver: {container: {image: a b, port: 80}}", "receiver: {container: {build: {file: a}, port: 80}}", "receiver: {container: {build: {dockerfile: ''}, port: 80}}",
		"probe: {}", "probe: {sql: {}}", "probe: {sql: {driver: oracle, dsn: a, query: 'SELECT :user_id'}}", "probe: {sql: {driver: sqlite, query: 'SELECT :user_id'}}",
		"probe: {sql: {driver: sqlite, dsn: a}}", "probe: {sql: {driver: sqlite, dsn: ' ', query: 'SELECT :user_id'}}", "probe: {sql: {driver: sqlite, dsn: a, query: 'SELECT :user_id', jq: a}}",
		"probe: {exec: {}}", "probe: {exec: {argv: []}}", "probe: {exec: {argv: a}}", "probe: {exec: {argv: [a], env: [a]}}", "probe: {exec: {argv: [a], dir: b}}", "probe: {http: {paths: a}}", "probe: {http: {path: a}}", "probe: {http: {headers: [a]}}", "probe: {http: {jq: 1}}",
		"statuses: [a]", "statuses: {a: b}", "ignores: pending", "ignores: [sent]",
		"waive: [{check: a/b}]", "waive: [{why: a}]", "waive: [{check: a, why: b}]", "waive: [{check: a/b, why: ' '}]", "waive: [{check: a/b, why: c, until: d}]",
	}
	s := compileSchema(t)
	load := func(text string) error {
		c, err := Parse("receiver.yaml", []byte(text), "", schemaEnv)
		if err == nil {
			err = c.Validate()
		}
		return err
	}
	for _, text := range valid {
		if err := judge(t, s, text); err != nil {
			t.Errorf("the schema refuses %s\n%v", text, err)
		}
		if err := load(text); err != nil {
			t.Errorf("the loader refuses %s\n%v", text, err)
		}
	}
	for _, text := range invalid {
		if judge(t, s, text) == nil {
			t.Errorf("the schema takes %s", text)
		}
		if load(text) == nil {
			t.Errorf("the loader takes %s", text)
		}
	}
}

func TestSchemaHasTheLoadersKeys(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	at := func(node map[string]any, path ...string) map[string]any {
		for _, name := range path {
			node = node[name].(map[string]any)
		}
		if ref, ok := node["$ref"].(string); ok {
			node = doc["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		return node
	}
	in := func(path ...string) []string {
		node := doc
		for _, name := range path {
			if name == "[]" {
				node = at(node, "items")
			} else {
				node = at(node, "properties", name)
			}
		}
		if node["additionalProperties"] != false {
			t.Errorf("%v takes other keys", path)
		}
		return slices.Sorted(maps.Keys(node["properties"].(map[string]any)))
	}
	for above, keys := range byParent {
		k := byName[above]
		if above != "" {
			if _, ok := k.of.(group); !ok {
				t.Errorf("%s has keys below it and is no mapping", above)
				continue
			}
		}
		var path []string
		for part := range strings.FieldsFuncSeq(above, func(r rune) bool { return r == '.' }) {
			path = append(path, part)
		}
		if k != nil && k.of.(group).list {
			path = append(path, "[]")
		}
		if got, want := in(path...), slices.Sorted(slices.Values(labels(keys))); !slices.Equal(got, want) {
			t.Errorf("%v: the schema has %v, the loader %v", path, got, want)
		}
	}

	// Editors show the description of the key under the cursor.
	var walk func(path string, node map[string]any)
	walk = func(path string, node map[string]any) {
		for name, p := range at(node)["properties"].(map[string]any) {
			p := p.(map[string]any)
			if p["description"] == nil && at(p)["description"] == nil {
				t.Errorf("%s.%s has no description", path, name)
			}
			if at(p)["properties"] != nil {
				walk(path+"."+name, p)
			}
		}
	}
	walk("", doc)
}

// Editors get the schema from the repository, at its $id.
func TestSchemaIsInTheRepository(t *testing.T) {
	kept, err := os.ReadFile("receiver.schema.json")
	if err != nil || !bytes.Equal(kept, Schema()) {
		t.Errorf("receiver.schema.json is not the table's (%v): want go run ./cmd/ctxpush schema receiver >conformance/config/receiver.schema.json", err)
	}
}
