package probe

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// jqWord makes this binary a worker.
const jqWord = "jq-worker-of-the-test"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == jqWord {
		if ServeJQ(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Both ways come to the same, and a program that takes more and more memory is
// broken off by either.
func TestProgramsOfTheOwner(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	apart := &worker{argv: []string{self, jqWord}}
	defer func() {
		if err := apart.close(); err != nil {
			t.Error(err)
		}
	}()
	ways := map[string]func(src string) runner{
		"apart": func(string) runner { return apart },
		"in this process": func(src string) runner {
			code, err := config.HTTPProbe{JQ: src}.Program()
			if err != nil {
				t.Fatal(err)
			}
			return inProcess{code}
		},
	}
	for way, runnerOf := range ways {
		for _, c := range []struct{ src, in, want, wrong string }{
			{`{delivery_status: .a}`, `{"a":"opened","n":12345678901234567890}`, `{"delivery_status":"opened"}`, ""},
			{`.n`, `{"n":12345678901234567890}`, `12345678901234567890`, ""},
			{`empty`, `{}`, ``, ""},
			{`.a, .b`, `{}`, ``, "more than one result"},
			{`error("no")`, `{}`, ``, "failed: "},
			{`.`, `{`, ``, "no JSON"},
			{`[limit(1e9; repeat("x" * 1000000))] | length`, `{}`, ``, "takes more than 256 MiB of memory"},
			{`.a`, `{"a":"again"}`, `"again"`, ""},
		} {
			r := &reader{jq: runnerOf(c.src), src: c.src}
			got, err := r.query(t.Context(), json.RawMessage(c.in))
			if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) || string(got) != c.want {
				t.Errorf("%s: %s of %s: got %s, %v", way, c.src, c.in, got, err)
			}
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		const endless = `def f: f; f`
		if _, err := (&reader{jq: runnerOf(endless), src: endless}).query(ended, json.RawMessage("{}")); err == nil || !strings.Contains(err.Error(), "did not end in time") {
			t.Errorf("%s: endless: %v", way, err)
		}
	}
}

func TestIsPath(t *testing.T) {
	for src, want := range map[string]bool{".": true, " .data ": true, ".data.state": true, ".list[0].x": true, ".[0]": true,
		"": false, ".a | .b": false, "[.a]": false, ".a[]": false, ".a * 5": false, "..": false} {
		if isPath(src) != want {
			t.Errorf("%q: want %t", src, want)
		}
	}
}
