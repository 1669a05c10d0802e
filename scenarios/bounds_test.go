package scenarios

import (
	"strings"
	"testing"
)

func TestBounded(t *testing.T) {
	const head = "scenario: s\nmessages: {m: {count: 100, history: [pending, delivered]}}\ndeliver:\n"
	for steps, want := range map[string]string{
		strings.Repeat("  - wait: 1m\n", 10):                             "",
		strings.Repeat("  - wait: 1m\n", 12):                             "f.yaml: its steps wait for 12m0s in all: want at most 10m0s, or --no-bounds",
		strings.Repeat("  - batch: [m.pending]\n", 100):                  "",
		strings.Repeat("  - together: [[m.pending], [m.pending]]\n", 51): "f.yaml: its steps send 10200 entries in all: want at most 10000, or --no-bounds",
		"  - batch: [m.pending]\nfor: {n: [1, 2]}\n":                     "",
		strings.Repeat("  - wait: 1m\n", 6) + "for: {n: [1, 2]}":         "f.yaml: its steps wait for 12m0s in all: want at most 10m0s, or --no-bounds",
	} {
		check, err := Parse("f.yaml", "user/f", []byte(head+steps))
		if err != nil {
			t.Fatalf("%v\n%s", err, head+steps)
		}
		check.File = "f.yaml"
		got := ""
		if err := check.Bounded(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.60q…\n got %s\nwant %s", steps, got, want)
		}
	}
}
