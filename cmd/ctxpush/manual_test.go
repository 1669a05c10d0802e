package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/kballard/go-shellquote"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// sheets are the README and the manual's pages. Their commands are run by
// .ci/readme.
func sheets(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no pages", err)
	}
	all := map[string]string{}
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[file] = string(text)
	}
	return all
}

// blocks are a sheet's code of a language.
func blocks(text, language string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestReadmeIsShort(t *testing.T) {
	if n := strings.Count(sheets(t)["../../README.md"], "\n"); n > 200 {
		t.Errorf("README.md has %d lines: want at most 200, and the rest in the manual", n)
	}
}

func TestEachTopicIsAPage(t *testing.T) {
	all := sheets(t)
	for _, topic := range topics {
		file := "docs/" + topic.name + ".md"
		if all[file] == "" {
			t.Errorf("no %s", file)
		}
		if !strings.Contains(all["../../README.md"], "(cmd/ctxpush/"+file+")") {
			t.Errorf("README.md does not link to %s", file)
		}
		delete(all, file)
	}
	delete(all, "../../README.md")
	for file := range all {
		t.Errorf("%s is no topic of help", file)
	}
}

func TestLinksAreThere(t *testing.T) {
	for file, text := range sheets(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// YAML that describes a receiver can be read as such, and YAML of a workflow is
// line by line that of the examples, which are tested.
func TestYAMLIsRight(t *testing.T) {
	examples := ""
	for _, name := range []string{"github.yml", "gitlab.yml"} {
		example, err := os.ReadFile(filepath.Join("../../.github/examples", name))
		if err != nil {
			t.Fatal(err)
		}
		examples += string(example)
	}
	for file, text := range sheets(t) {
		for _, block := range blocks(text, "yaml") {
			var v any
			if err := yaml.Unmarshal([]byte(block), &v); err != nil {
				t.Errorf("%s: %v\n%s", file, err, block)
			}
			if m, ok := v.(map[string]any); ok && m["receiver"] != nil {
				any := func(string) (string, bool) { return "any", true }
				if _, err := config.Parse("receiver.yaml", []byte(block), t.TempDir(), any); err != nil {
					t.Errorf("%s: %v\n%s", file, err, block)
				}
				continue
			}
			for line := range strings.Lines(block) {
				if line = strings.TrimLeft(strings.TrimSpace(line), "- "); !strings.Contains(examples, line) {
					t.Errorf("%s: the examples have no line %q", file, line)
				}
			}
		}
	}
}

func TestComposePageShowsTheFileThatIsPlayed(t *testing.T) {
	example, err := os.ReadFile("../../fixtures/reference/compose/receiver.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if page := sheets(t)["docs/compose.md"]; !strings.Contains(page, "```yaml\n"+string(example)+"```") {
		t.Errorf("it has another text than\n%s", example)
	}
}

// Commands that are shown only are at least ones that there are, with flags that
// there are.
func TestCommandsAreThere(t *testing.T) {
	called := regexp.MustCompile(`(?:^|[\s/])ctxpush ([a-z].*)`)
	seen := 0
	for file, text := range sheets(t) {
		for _, block := range append(blocks(text, "sh"), blocks(text, "console")...) {
			for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", " ")) {
				m := called.FindStringSubmatch(line)
				if m != nil {
					seen++
					lookUp(t, file, m[1])
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d commands: want more, or this test finds none", seen)
	}
}

func lookUp(t *testing.T, file, command string) {
	t.Helper()
	words, err := shellquote.Split(command)
	if err != nil {
		t.Errorf("%s: %s: %v", file, command, err)
		return
	}
	cmd, left, err := newRoot(streams{}).Find(words)
	if err != nil || !cmd.HasParent() {
		t.Errorf("%s: no command: %s (%v)", file, command, err)
		return
	}
	for _, word := range left {
		if name, isFlag := strings.CutPrefix(word, "--"); isFlag {
			name, _, _ = strings.Cut(name, "=")
			if cmd.Flags().Lookup(name) == nil {
				t.Errorf("%s: %s has no flag %s", file, cmd.CommandPath(), word)
			}
		}
	}
}

func TestPagesFitAScreen(t *testing.T) {
	for _, topic := range topics {
		for line := range strings.Lines(topic.render(false)) {
			if strings.Contains(line, "](") || strings.HasPrefix(line, "```") {
				t.Errorf("%s: not made for a terminal: %s", topic.name, line)
			}
		}
	}
}
