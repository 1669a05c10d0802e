package strictyaml_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

func parse(t *testing.T, text string) strictyaml.Node {
	t.Helper()
	docs, err := strictyaml.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 1 {
		t.Fatalf("%d documents: want 1", len(docs))
	}
	return docs[0]
}

func TestErrorsNameFileLineAndKey(t *testing.T) {
	read := func(text string) error {
		docs, err := strictyaml.Parse("f.yaml", []byte(text))
		if err != nil {
			return err
		}
		m, err := docs[0].Map("batch", "wait", "size", "kind")
		if err != nil {
			return err
		}
		for _, e := range m.Entries {
			switch e.Key {
			case "batch":
				_, err = e.Value.List()
			case "wait":
				_, err = e.Value.Duration()
			case "size":
				_, err = e.Value.Int(1, 100)
			case "kind":
				_, err = e.Value.Word("opened", "pending")
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for text, want := range map[string]string{
		"batch: [a]\nbatches: [b]":   `f.yaml:2: batches: unknown key; did you mean "batch"?`,
		"zzzzzzzz: 1":                `f.yaml:1: zzzzzzzz: unknown key; want batch, wait, size or kind`,
		"batch: {a: b}":              `f.yaml:1: batch: is a mapping: want a list`,
		"\n\nwait: soon":             `f.yaml:3: wait: is "soon": want a length of time such as 250ms, 2s, 1h30m or 31d`,
		"size: 101":                  `f.yaml:1: size: is "101": want a whole number from 1 to 100`,
		"size: 99999999999999999999": `f.yaml:1: size: is "99999999999999999999": want a whole number from 1 to 100`,
		"size:":                      `f.yaml:1: size: is empty: want a whole number from 1 to 100`,
		"kind: opend":                `f.yaml:1: kind: "opend" is not known; did you mean "opened"?`,
		"kind: [a]":                  `f.yaml:1: kind: is a list: want opened or pending`,
		"batch: [a]\nbatch: [b]":     `f.yaml:2: batch: set twice, first in line 1`,
		"batch: &x [a]":              `f.yaml:1: anchors, aliases, tags and merge keys are not used here: write the value itself`,
		"- batch":                    `f.yaml:1: is a list: want a mapping`,
		"batch: [a,\nwait: 1s":       `f.yaml:1: malformed YAML: sequence end token ']' not found`,
		"batch: \"\xff\"":            `f.yaml:1: byte 0xff is not UTF-8: want a text file in UTF-8`,
	} {
		err := read(text)
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		var typed *strictyaml.Error
		if !errors.As(err, &typed) || err.Error() != want {
			t.Errorf("%q:\n got %s\nwant %s", text, err, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"250ms": 250 * time.Millisecond, "+250ms": 250 * time.Millisecond, "-1h30m": -90 * time.Minute,
		"31d": 31 * 24 * time.Hour, "-31d": -31 * 24 * time.Hour, "+1d12h": 36 * time.Hour,
	} {
		if got, err := strictyaml.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v: want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "1dd", "1d-2h", "99999999d", "1.5d", "--1d", "2"} {
		if got, err := strictyaml.ParseDuration(text); err == nil {
			t.Errorf("%q: got %v: want an error", text, got)
		}
	}
}

func TestVariables(t *testing.T) {
	n := parse(t, "{count: $n, list: [m.$name, $nameless], $name: x}").With(map[string]string{"n": "5", "name": "opened"})
	m, err := n.Map()
	if err != nil {
		t.Fatal(err)
	}
	count, _ := m.Get("count")
	if got, err := count.Int(1, 10); got != 5 || err != nil {
		t.Errorf("count is %d, %v: want 5", got, err)
	}
	if !m.Has("opened") {
		t.Error("a variable in a key is not replaced")
	}
	list, _ := m.Get("list")
	items, _ := list.List()
	if got, _ := items[0].Text(); got != "m.opened" {
		t.Errorf("got %q: want m.opened", got)
	}
}

func TestJSONKeepsOrderAndSpelling(t *testing.T) {
	const want = `{"z":1,"a":[0.10,-2,true,null,"<é>"],"m":{"x":{}}}`
	got, err := parse(t, `{z: 1, a: [0.10, -2, true, ~, "<é>"], m: {x: {}}}`).JSON()
	if err != nil || got != want {
		t.Errorf("got %s, %v: want %s", got, err, want)
	}
	if _, err := parse(t, "n: 0x1F").JSON(); err == nil {
		t.Error("a number that JSON lacks is taken")
	}
}

// FuzzParse: no input panics, and an error is one line.
func FuzzParse(f *testing.F) {
	f.Add("a: [b, {c: d}]\n---\ne: |\n  f\n")
	f.Add("a: &x [*x]")
	f.Fuzz(func(t *testing.T, text string) {
		docs, err := strictyaml.Parse("f.yaml", []byte(text))
		for _, d := range docs {
			var out string
			if out, err = d.JSON(); err == nil && !json.Valid([]byte(out)) {
				t.Errorf("%q gives %q, which is no JSON", text, out)
			}
			if err != nil {
				break
			}
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error has several lines: %q", err)
		}
	})
}
