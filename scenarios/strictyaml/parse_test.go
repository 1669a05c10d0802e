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
		strings.Repeat("# comment\n", strictyaml.MaxSize/10+1): "f.yaml: has 262150 bytes: want at most 262144",
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
		{func() error { _, err := with.Map("count"); return err }(), "f.yaml:1: $key: $key stands for nothing; known are $size"},
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
