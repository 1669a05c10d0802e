package strictyaml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

func TestParseRefusesWhatWouldKeepItBusy(t *testing.T) {
	deep := strictyaml.MaxDepth + 1
	for text, want := range map[string]string{
		strings.Repeat("[", deep):                              "f.yaml:1: is nested deeper than 100 levels",
		strings.Repeat("{a: ", 20_000):                         "f.yaml:1: is nested deeper than 100 levels",
		strings.Repeat("- ", deep):                             "f.yaml:1: is nested deeper than 100 levels",
		strings.Repeat("? a\n", strictyaml.MaxKeys+1):          "f.yaml:15001: has more than 15000 keys and list items",
		strings.Repeat("a:\n", strictyaml.MaxKeys+1):           "f.yaml:15001: has more than 15000 keys and list items",
		strings.Repeat("# comment\n", strictyaml.MaxSize/10+1): "f.yaml: is larger than 256 KiB: want at most that",
	} {
		if _, err := strictyaml.Parse("f.yaml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.20q…: got %v: want %s", text, err, want)
		}
	}
	nested := "a: " + strings.Repeat("[", 99) + strings.Repeat("]", 99) + "\nb: [[1], [2]]\n"
	if _, err := strictyaml.Parse("f.yaml", []byte(nested)); err != nil {
		t.Errorf("99 levels: %v", err)
	}
}

func TestVariablesAreWholeWords(t *testing.T) {
	n := parse(t, `{a: $name, b: $names, c: "costs $5, $name.", d: $other}`).With(map[string]string{"name": "$other", "other": "x"})
	m, err := n.Map()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"a": "$other", "b": "$names", "c": "costs $5, $other.", "d": "x"} {
		value, _ := m.Get(key)
		if got, err := value.Text(); got != want || err != nil {
			t.Errorf("%s is %q, %v: want %q", key, got, err, want)
		}
	}
}

func TestErrorsNameAVariableWithoutAValue(t *testing.T) {
	n := parse(t, "{count: $sise, $key: 1}")
	with := n.With(map[string]string{"size": "5"})
	count := func(n strictyaml.Node) error {
		m, err := n.Map()
		if err != nil {
			return err
		}
		value, _ := m.Get("count")
		_, err = value.Int(1, 10)
		return err
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{count(n), "f.yaml:1: count: $sise stands for nothing: want for: {sise: [...]} in the same document"},
		{count(with), `f.yaml:1: count: $sise stands for nothing; did you mean "$size"?`},
		{func() error { _, err := with.Map("count"); return err }(), "f.yaml:1: $key: $key stands for nothing; want $size"},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("got %v\nwant %s", c.err, c.want)
		}
	}
}

func TestParseDurationStaysInItsRange(t *testing.T) {
	for _, text := range []string{"106752d", "106751d24h", "1d+1h", "9999999999h"} {
		if got, err := strictyaml.ParseDuration(text); err == nil {
			t.Errorf("%s: got %v: want an error", text, got)
		}
	}
	if got, err := strictyaml.ParseDuration("106751d"); err != nil || got != 106751*24*time.Hour {
		t.Errorf("got %v, %v: want 106751 days", got, err)
	}
}

func TestParseOneReadsAliases(t *testing.T) {
	for text, want := range map[string]string{
		"a: &x {b: 1}\nc: *x\n":      `{"a":{"b":1},"c":{"b":1}}`,
		"\ufeffa: !!str 5\r\n":       `{"a":"5"}`,
		"%YAML 1.2\n---\n? a\n: b\n": `{"a":"b"}`,
		"---\na: b\n...\n":           `{"a":"b"}`,
		"a: b\n---\n":                `{"a":"b"}`,
		"# c\n":                      "f.yaml: is empty: want keys and values",
		"---\n---\na: b\n":           "f.yaml:2: a document that holds nothing: leave its --- out",
		"a: b\n---\nc: d\n":          "f.yaml:3: a second document: want one",
		"a: *x\n":                    "f.yaml:1: a: the alias *x has no anchor &x",
		"a: &x 1\nb: &x 2\n":         "f.yaml:2: the anchor &x is set twice",
		"a: !!binary eA==\n":         `f.yaml:1: a: the tag "!!binary" is not read here; leave it out`,
		"a: &x 1\n<<: *x\n":          "f.yaml:2: merge keys (<<) are not read here; write the keys out",
		"a: &x []\n*x : b\n":         "f.yaml:2: a key is a list: want text",
		"a: \"\x00\"\n":              "f.yaml:1: control character U+0000: want a text file",
		"a: {b: ${C}, d: e}\n":       "f.yaml:1: malformed YAML: ',' or '}' must be specified; between { and } a \"${NAME}\" is quoted",
		"a: &x\n  b: *x\n":           "f.yaml:2: a" + strings.Repeat(".b", 100) + ": its aliases lead to more than can be written",
	} {
		n, err := strictyaml.ParseOne("f.yaml", []byte(text))
		got := ""
		if err == nil {
			got, err = n.JSON()
		}
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}
