package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The README's YAML is YAML, what it shows of the workflows is what the
// examples have, and what it links to is there. Its commands are run by
// .ci/readme.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Error("no YAML")
	}
	examples := ""
	for _, name := range []string{".github/examples/github.yml", ".github/examples/gitlab.yml", "fixtures/reference/compose/receiver.yaml"} {
		example, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		examples += string(example)
	}
	for _, b := range blocks {
		var v any
		if err := yaml.Unmarshal([]byte(b[1]), &v); err != nil {
			t.Errorf("%v\n%s", err, b[1])
		}
		for line := range strings.Lines(b[1]) {
			line = strings.TrimLeft(strings.TrimSpace(line), "- ")
			if !strings.Contains(examples, line) {
				t.Errorf("the examples have no line %q", line)
			}
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Error(err)
		}
	}
}
