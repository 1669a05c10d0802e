package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaNamed is the schema that ctxpush schema prints.
func schemaNamed(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, _ := ctxpush(t, exitOK, "schema", name)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// conforms sees that a JSON text is as the schema says, and reads it into v.
func conforms(t *testing.T, schema *jsonschema.Schema, text string, v any) {
	t.Helper()
	instance, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if err := schema.Validate(instance); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
}

// Each member that a program can meet is told of in the schema.
func TestSchemasKnowEachMember(t *testing.T) {
	for name, v := range map[string]any{"scenario-run": playedScenario{}, "scenario-show": shownScenario{}, "send": sentBatch{}, "doctor": doctor.Finding{}} {
		text, _ := ctxpush(t, exitOK, "schema", name)
		for _, member := range membersOf(reflect.TypeOf(v), nil) {
			if !strings.Contains(text, `"`+member+`": {`) {
				t.Errorf("%s: no %s in the schema", name, member)
			}
		}
	}
}

// membersOf are the names of all members that a value of the type may have.
func membersOf(of reflect.Type, known []reflect.Type) []string {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of.PkgPath() == "time" || slices.Contains(known, of) {
		return nil
	}
	var all []string
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			all = append(all, name)
		}
		if name != "-" {
			all = append(all, membersOf(f.Type, append(known, of))...)
		}
	}
	return all
}

func TestScenarioRunForPrograms(t *testing.T) {
	schema := schemaNamed(t, "scenario-run")
	file := write(t, "counterexamples/order-reversed.yaml", counterexample)
	var played []playedScenario
	out, _ := ctxpush(t, exitFellShort, append([]string{"scenario", "run", file, "copies/entry", "--json"}, wrongReceiver(t)...)...)
	conforms(t, schema, out, &played)
	if len(played) != 2 || played[0].Result != event.Fail || played[0].Counterexample != "order/reversed" || len(played[0].Failures) != 1 || played[1].Result != event.Pass {
		t.Errorf("got %+v", played)
	}
	if tr := played[0].Trace; tr == nil || len(tr.Steps) < 3 || played[0].Receiver.Kind != "url" || played[0].Tool.Seed == 0 {
		t.Errorf("got\n%s", out)
	}
	if strings.Contains(out, "s3cret-of-the-test") {
		t.Errorf("the secret shows:\n%s", out)
	}
	if _, stderr := ctxpush(t, exitMistake, "scenario", "run", file, "--built-in", "--json", "--watch"); !strings.Contains(stderr, "--json beside --watch") {
		t.Errorf("got %s", stderr)
	}
}

func TestScenarioShowForPrograms(t *testing.T) {
	args := []string{"scenario", "show", "order/delivered-after-opened", "secret/wrong", "--seed", "7", "--epoch", "2026-11-23T00:00:00Z", "--json", "--secret", "s3cret-of-the-test"}
	out, _ := ctxpush(t, exitOK, args...)
	var shown []shownScenario
	conforms(t, schemaNamed(t, "scenario-show"), out, &shown)
	if len(shown) < 2 || len(shown[0].Steps) == 0 || len(shown[0].Steps[0].Requests) != 1 || len(shown[0].Expect) == 0 || shown[0].Tool.Seed != 7 {
		t.Errorf("got\n%s", out)
	}
	plain, _ := ctxpush(t, exitOK, slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return arg == "--json" })...)
	for _, step := range shown[0].Steps {
		for _, request := range step.Requests {
			if !strings.Contains(plain, request.Body) || !json.Valid([]byte(request.Body)) {
				t.Errorf("no such body without --json: %s", request.Body)
			}
		}
	}
	if again, _ := ctxpush(t, exitOK, args...); again != out || strings.Contains(out, "s3cret-of-the-test") {
		t.Errorf("the same seed tells something else, or the secret shows:\n%s", again)
	}
}

func TestSendForPrograms(t *testing.T) {
	schema := schemaNamed(t, "send")
	var sent []sentBatch
	receiver := wrongReceiver(t)[:4] // without --settle
	out, _ := ctxpush(t, exitOK, append([]string{"send", "--messages", "3", "--batch", "2", "--fault", "lost-ack", "--json"}, receiver...)...)
	conforms(t, schema, out, &sent)
	if len(sent) != 2 || sent[0].Entries != 2 || sent[0].Outcome != "acknowledged" || len(sent[0].Attempts) != 2 || sent[0].Attempts[0].Fault != "lost-ack" || sent[0].Attempts[1].Status != 200 {
		t.Errorf("got\n%s", out)
	}
	out, _ = ctxpush(t, exitFellShort, "send", "--url", "http://127.0.0.1:1", "--secret", "x", "--time-scale", "100000", "--json")
	if conforms(t, schema, out, &sent); len(sent) != 1 || sent[0].Outcome != "dropped" || sent[0].Attempts[0].Error == "" {
		t.Errorf("got\n%s", out)
	}
	out, _ = ctxpush(t, exitOK, "send", "--dry-run", "--json", "--secret", "s3cret-of-the-test")
	if conforms(t, schema, out, &sent); len(sent) != 1 || sent[0].Request == nil || !json.Valid([]byte(sent[0].Request.Body)) || strings.Contains(out, "s3cret") {
		t.Errorf("got\n%s", out)
	}
}

func TestDoctorForPrograms(t *testing.T) {
	schema := schemaNamed(t, "doctor")
	var found []doctor.Finding
	out, _ := ctxpush(t, exitOK, "doctor", "--built-in", "--json")
	if conforms(t, schema, out, &found); len(found) < 5 || found[0].Step != "config" {
		t.Errorf("got\n%s", out)
	}
	out, _ = ctxpush(t, exitMistake, "doctor", write(t, "receiver.yaml", "receiver: {url: 7}\nnothing: 1\n"), "--json")
	if conforms(t, schema, out, &found); len(found) != 1 || found[0].Result != doctor.Failed {
		t.Errorf("got\n%s", out)
	}
}

func TestCertifyWritesEvents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.ndjson")
	args, _ := certifying(t, wrongReceiver(t), append(twoOrders, "--events", file)...)
	ctxpush(t, exitFellShort, args...)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	schema := schemaNamed(t, "events")
	counts, plays := map[string]int{}, map[int]int{}
	for line := range bytes.Lines(text) {
		var e struct {
			Event  string
			Play   int
			Schema string
		}
		conforms(t, schema, string(line), &e)
		if len(counts) == 0 && (e.Event != "run_started" || e.Schema == "") {
			t.Errorf("the first line is %s", line)
		}
		counts[e.Event]++
		switch e.Event {
		case "scenario_started":
			plays[e.Play]++
		case "scenario_finished":
			plays[e.Play]--
		case "attempt_finished":
			if plays[e.Play] != 1 {
				t.Errorf("belongs to no play: %s", line)
			}
		}
	}
	if counts["run_finished"] != 1 || counts["check_finished"] < 2 || counts["attempt_finished"] < 4 || len(plays) < 2 {
		t.Errorf("got %v", counts)
	}
	for n, open := range plays {
		if open != 0 {
			t.Errorf("play %d has no end", n)
		}
	}
	if bytes.Contains(text, []byte("s3cret-of-the-test")) {
		t.Error("the secret shows")
	}
	args, dir := certifying(t, nil, "--events", filepath.Join(file, "none"))
	if _, stderr := ctxpush(t, exitMistake, args...); !strings.Contains(stderr, "--events ") {
		t.Errorf("got %s", stderr)
	}
	if found, _ := os.ReadDir(dir); len(found) > 0 {
		t.Errorf("a run that never began left %v", found)
	}
}
