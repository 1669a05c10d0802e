package scenarios

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scenario.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if s.DraftVersion != 2020 {
		t.Errorf("the schema's draft is %d: want 2020", s.DraftVersion)
	}
	return s
}

// validate holds each document of the file against the schema, as editors do.
func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	docs, err := strictyaml.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	for _, doc := range docs {
		text, err := doc.JSON()
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(instance); err != nil {
			return err
		}
	}
	return nil
}

func TestSchemaTakesTheCatalogue(t *testing.T) {
	s := compileSchema(t)
	err := fs.WalkDir(catalogue, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(catalogue, name)
		if err == nil {
			if err := validate(t, s, string(text)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// file is a scenario file of one message m and one step, with the parts put in
// place of its own.
func file(parts map[string]string) string {
	all := map[string]string{
		"scenario": "s",
		"messages": "{m: {history: [pending, delivered]}}",
		"deliver":  "[{batch: [m.pending]}]",
	}
	maps.Copy(all, parts)
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if all[key] != "" {
			b.WriteString(key + ": " + all[key] + "\n")
		}
	}
	return b.String()
}

func message(text string) string { return file(map[string]string{"messages": "{m: " + text + "}"}) }
func step(text string) string    { return file(map[string]string{"deliver": "[" + text + "]"}) }
func head(key, text string) string {
	return file(map[string]string{key: text})
}

func TestSchemaAndParserJudgeAlike(t *testing.T) {
	valid := []string{
		file(nil), head("level", "recommended"), head("clauses", "[]"), head("clauses", "[order, gaps]"), head("protocol", "'2026'"), head("protocol", "2025"),
		head("counterexample", "order/reversed"), head("found", "'lost: not known'"), head("judge", "[content, status]"), head("judge", "[]"),
		head("expect", "{}"), head("expect", "{m: unknown}"), head("expect", "{m: delivered}"),
		head("for", "{n: [1, two, true]}"),
		message("{history: [pending], spacing: 1ms}"), message("{history: [pending], after: -31d}"), message("{history: [pending], after: 0}"), message("{history: [pending], after: 1d12h}"),
		message("{history: [pending, {status: delivered, at: +250ms}]}"), message("{history: [pending, {status: delivered, at: +31d, method: traditional}]}"),
		message("{history: [{status: pending, at: 0}]}"), message("{history: [{status: pending, at: 1.5h}]}"),
		message("{devices: {a: [pending], b: [pending, failed]}}"), message("{devices: {a: [pending, cancelled]}}"), message("{count: 100, history: [pending]}"),
		message("{planned: traditional, history: [pending]}"), message("{length: {user_id: 1000}, history: [pending]}"),
		message("{content: emoji, history: [pending]}"), message("{content: 4 KB, history: [pending]}"), message("{content: 50B, history: [pending]}"),
		message("{content: '{\"a\": 1}', history: [pending]}"), message("{content: {a: [1, null]}, history: [pending]}"),
		file(map[string]string{"messages": "{m: {history: [pending]}, n: {like: m, differs: {user_id: case, campaign_id: other}, history: [pending]}}"}),
		step("{batch: [m]}"), step("{batch: [m.delivered, m.pending]}"), step("{raw: ''}"), step("{raw: hello, answer: any}"), step("{batch: [m], answer: 4xx, secret: wrong}"),
		step("{batch: [m], fault: copy}"), step("{batch: [m], fault: [none, lost-ack]}"), step("{batch: [m], proxy: 503}"), step("{batch: [m], proxy: [302, reset, timeout]}"),
		step("{batch: [m], answer: dropped, proxy: [500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500]}"),
		step("{batch: [m], headers: {X-Trace: 1, x-ctx-secret: $secret}}"), step("{batch: [m], add: {a: {b: [null, 1]}}}"),
		step("{together: [[m], [m]]}"), step("{together: [[m], {batch: [m], fault: copy}, {raw: a, answer: any}]}"),
		step("{restart: kill, together: [[m]]}"), step("{together: [[m]], restart: kill, moment: mid-request}"), step("{together: [[m]], restart: stop, moment: 1 acknowledged}"),
		step("{together: [[m]], outage: network-cut}"), step("{together: [[m]], outage: services-killed, lasts: 2s, moment: sent}"), step("{together: [[m], [m]], outage: receiver-paused, moment: 2 acknowledged}"),
		message("{key: {user_id: a, campaign_id: 7}, history: [pending]}"), message("{key: {user_id: a$id, campaign_id: b, idempotency_key: c}, count: 2, history: [pending]}"),
		message("{across: us-autumn, after: 3h, history: [pending]}"), message("{age: 2h, history: [pending]}"),
		step("{neutral: 1}"), step("{neutral: 100}"), step("{provided: {m: pending}}"), step("{wait: others}"),
		step("{restart: kill}"), step("{wait: 250ms}"), step("{expect: {m: unknown}}"),
		file(nil) + "---\nscenario: more\ndeliver: [{restart: stop}]\n",
	}
	invalid := []string{
		head("scenario", ""), head("scenario", "''"), head("scenario", "' '"), head("scenario", "[s]"), head("deliver", ""), head("scenarios", "a"),
		head("level", "optional"), head("clauses", "order"), head("clauses", "[ordre]"), head("protocol", "2027"), head("cause", "''"), head("counterexample", "[a]"), head("found", "''"),
		head("judge", "content"), head("judge", "[contents]"), head("expect", "[m]"), head("expect", "{m: open}"), head("expect", "{m: }"), head("expect", "{m.: pending}"),
		head("for", "{}"), head("for", "{n: []}"), head("for", "{n: 1}"), head("for", "{n: [[1]]}"), head("for", "{N: [1]}"), head("for", "{secret: [a]}"),
		head("messages", "{}"), head("messages", "[m]"), head("messages", "{M: {history: [pending]}}"),
		message("{}"), message("[pending]"), message("{history: []}"), message("{history: pending}"), message("{history: [pending], devices: {a: [pending]}}"),
		message("{history: [sent]}"), message("{history: [{at: 1s}]}"), message("{history: [{status: pending, at: -1s}]}"), message("{history: [{status: pending, when: 1s}]}"),
		message("{history: [{status: pending, method: later}]}"), message("{history: [pending, {status: delivered, at: 250}]}"),
		message("{devices: {}}"), message("{devices: {opened: [pending]}}"), message("{devices: {A: [pending]}}"),
		message("{history: [pending], spacing: -1s}"), message("{history: [pending], spacing: 1}"), message("{history: [pending], after: soon}"),
		message("{history: [pending], count: 0}"), message("{history: [pending], count: 10001}"), message("{history: [pending], count: many}"),
		message("{history: [pending], key: {}}"), message("{history: [pending], key: {user_id: ''}}"), message("{history: [pending], key: {device_token: a}}"), message("{history: [pending], key: {user_id: [a]}}"),
		message("{history: [pending], across: noon}"), message("{history: [pending], across: midnight, age: 1h}"), message("{history: [pending], age: 0}"), message("{history: [pending], age: -1h}"),
		step("{neutral: 0}"), step("{neutral: 101}"), step("{neutral: many}"), step("{provided: {}}"), step("{provided: [m]}"), step("{neutral: 1, wait: 1s}"), step("{wait: other}"),
		message("{history: [pending], differs: {user_id: other}}"), message("{history: [pending], planned: soon}"),
		message("{history: [pending], length: {user: 5}}"), message("{history: [pending], length: {user_id: 1001}}"),
		message("{history: [pending], content: smileys}"), message("{history: [pending], content: [a]}"), message("{history: [pending], content: 4MB}"),
		file(map[string]string{"messages": "{m: {history: [pending]}, n: {like: m, length: {user_id: 5}, history: [pending]}}"}),
		file(map[string]string{"messages": "{m: {history: [pending]}, n: {like: m, differs: {user_id: upper}, history: [pending]}}"}),
		file(map[string]string{"messages": "{m: {history: [pending]}, n: {like: m, differs: {device_token: other}, history: [pending]}}"}),
		head("deliver", "[]"), head("deliver", "{batch: [m]}"), step("{}"), step("m"), step("{batch: [m], raw: a}"), step("{batch: []}"), step("{batch: m}"), step("{batch: [m..pending]}"),
		step("{batch: [m.]}"), step("{batch: [m()]}"), step("{batch: [m.a.pending.x]}"), step("{send: [m]}"), step("{raw: [a]}"),
		step("{batch: [m], fault: lost}"), step("{batch: [m], fault: {a: b}}"), step("{batch: [m], proxy: 200}"), step("{batch: [m], proxy: [600]}"), step("{batch: [m], proxy: cut}"),
		step("{batch: [m], secret: right}"), step("{batch: [m], headers: [a]}"), step("{batch: [m], headers: {a b: c}}"), step("{batch: [m], headers: {Host: c}}"), step("{batch: [m], headers: {a: [b]}}"),
		step("{batch: [m], add: {user_id: a}}"), step("{batch: [m], add: [a]}"), step("{raw: a, add: {b: 1}}"), step("{batch: [m], answer: 200}"),
		step("{batch: [m], answer: 4xx, fault: copy}"), step("{batch: [m], answer: any, proxy: 500}"), step("{batch: [m], answer: dropped}"), step("{batch: [m], answer: dropped, proxy: 500}"),
		step("{together: [m]}"), step("{together: [[m]]}"), step("{together: []}"), step("{together: [[m], {wait: 1s}]}"), step("{together: [[m], {batch: [m], moment: sent}]}"), step("{together: [[m], [m]], fault: copy}"),
		step("{together: [[m]], restart: kill, moment: later}"), step("{together: [[m]], restart: kill, moment: 0 acknowledged}"), step("{restart: kill, moment: sent}"), step("{together: [[m], [m]], moment: sent}"),
		step("{together: [[m]], restart: stop, moment: mid-request}"),
		step("{together: [[m]], outage: flood}"), step("{together: [[m]], outage: network-cut, restart: kill}"), step("{together: [[m]], outage: network-cut, moment: mid-request}"), step("{together: [[m]], restart: kill, moment: before}"), step("{together: [[m], [m]], lasts: 1s}"), step("{batch: [m], outage: network-cut}"), step("{outage: network-cut}"),
		step("{restart: again}"), step("{restart: kill, wait: 1s}"), step("{wait: 1}"), step("{wait: -1s}"), step("{wait: 1s, answer: any}"), step("{expect: m}"), step("{expect: {m: gone}}"),
		file(nil) + "---\nscenario: more\n", file(nil) + "---\ndeliver: [{restart: stop}]\n",
	}
	s := compileSchema(t)
	for _, text := range valid {
		if err := validate(t, s, text); err != nil {
			t.Errorf("the schema refuses\n%s%v", text, err)
		}
		if _, err := Parse("f.yaml", "user/f", []byte(text)); err != nil {
			t.Errorf("the parser refuses\n%s%v", text, err)
		}
	}
	for _, text := range invalid {
		if validate(t, s, text) == nil {
			t.Errorf("the schema takes\n%s", text)
		}
		if _, err := Parse("f.yaml", "user/f", []byte(text)); err == nil {
			t.Errorf("the parser takes\n%s", text)
		}
	}
}

// schemaDoc is the schema as it is written.
func schemaDoc(t *testing.T) (at func(path ...string) map[string]any) {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	return func(path ...string) map[string]any {
		node := doc
		for _, name := range path {
			next, ok := node[name].(map[string]any)
			if !ok {
				t.Fatalf("the schema has no %s", strings.Join(path, "/"))
			}
			node = next
		}
		return node
	}
}

func TestSchemaHasTheParsersKeys(t *testing.T) {
	at := schemaDoc(t)
	change := at("$defs", "history", "items")["anyOf"].([]any)[1].(map[string]any)
	request := at("$defs", "sending")["anyOf"].([]any)[1].(map[string]any)
	for _, c := range []struct {
		name   string
		schema map[string]any
		parser []string
	}{
		{"a document", at(), slices.Concat(headKeys, scenarioKeys)},
		{"a message", at("$defs", "message"), messageKeys},
		{"a change", change, changeKeys},
		{"a step", at("$defs", "step"), stepKeys},
		{"a request", request, batchKeys},
	} {
		if c.schema["additionalProperties"] != false {
			t.Errorf("%s takes other keys", c.name)
		}
		properties := c.schema["properties"].(map[string]any)
		if got, want := slices.Sorted(maps.Keys(properties)), slices.Sorted(slices.Values(c.parser)); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v, the parser %v", c.name, got, want)
		}
		for key, p := range properties { // editors show it for the key under the cursor
			p := p.(map[string]any)
			if ref, ok := p["$ref"].(string); ok && c.name == "a request" {
				p = at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			}
			if p["description"] == nil {
				t.Errorf("%s: %s has no description", c.name, key)
			}
		}
	}
}

func TestSchemaHasTheParsersWords(t *testing.T) {
	at := schemaDoc(t)
	var contents []string
	for _, c := range append(fixtures.Contents(), fixtures.RiskyContents()...) {
		contents = append(contents, c.Name)
	}
	for _, c := range []struct {
		name   string
		schema any
		words  []string
	}{
		{"clauses", at("properties", "clauses", "items"), ClauseNames},
		{"judge", at("properties", "judge", "items"), judgeWords},
		{"status", at("$defs", "status"), statusWords()},
		{"expectation", at("$defs", "expectation", "additionalProperties"), append(statusWords(), unknown)},
		{"fault", at("$defs", "step", "properties", "fault")["anyOf"].([]any)[0], append(mocksender.FaultNames(), NoFault)},
		{"secret", at("$defs", "step", "properties", "secret"), secretWords},
		{"content", at("$defs", "message", "properties", "content"), contents},
		{"parts", map[string]any{"enum": keysOf(at("$defs", "message", "properties", "differs", "properties"))}, partWords()},
	} {
		var got []string
		for _, word := range enum(c.schema.(map[string]any)) {
			got = append(got, word.(string))
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(c.words)); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v, the parser %v", c.name, got, want)
		}
	}
}

// enum is the words that a place of the schema allows.
func enum(node map[string]any) []any {
	if words, ok := node["enum"].([]any); ok {
		return words
	}
	for _, choice := range node["anyOf"].([]any) {
		if words, ok := choice.(map[string]any)["enum"].([]any); ok {
			return words
		}
	}
	return nil
}

func keysOf(m map[string]any) []any {
	var keys []any
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}
