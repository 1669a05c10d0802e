package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kballard/go-shellquote"
	"github.com/onsi/gomega"
	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/fixtures/reference"
)

const exampleSecret = "s3cret"

// example is a line of a help text, as a shell reads it.
type example struct {
	text string
	env  map[string]string
	args []string // behind ctxpush
}

var within = regexp.MustCompile(`<\((.*)\)`)

// examples are those of a command's help.
func examples(t *testing.T, cmd *cobra.Command) []example {
	t.Helper()
	var all []example
	for line := range strings.Lines(strings.ReplaceAll(cmd.Example, "\\\n", " ")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		e := example{text: line, env: map[string]string{}}
		if m := within.FindStringSubmatch(line); m != nil {
			line = m[1]
		}
		line, _, _ = strings.Cut(line, " > ")
		words, err := shellquote.Split(line)
		if err != nil {
			t.Fatalf("%s: %q: %v", cmd.CommandPath(), line, err)
		}
		for len(words) > 0 && words[0] != "ctxpush" {
			name, value, ok := strings.Cut(words[0], "=")
			if !ok {
				t.Fatalf("%s: %q is no call of ctxpush", cmd.CommandPath(), line)
			}
			e.env[name], words = value, words[1:]
		}
		if len(words) == 0 {
			t.Fatalf("%s: %q is no call of ctxpush", cmd.CommandPath(), line)
		}
		e.args = words[1:]
		all = append(all, e)
	}
	return all
}

// commands are all that can be run, the root too.
func commands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		if c.Name() != "help" {
			all = append(all, commands(c)...)
		}
	}
	return all
}

// played are the commands whose examples are run. Those of others, and those
// that need the user's own image or program, are parsed.
var played = []string{"certify", "checks", "completion", "doctor", "init", "load", "man", "receiver", "report", "scenario", "schema", "send", "version"}

// Every command has examples, and they do what they say.
func TestExamples(t *testing.T) {
	server, err := reference.Start(reference.Options{Secret: exampleSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Kill() })
	for _, cmd := range commands(newRoot(streams{out: &buffer{}, err: &buffer{}})) {
		all := examples(t, cmd)
		if len(all) == 0 {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for _, e := range all {
			t.Run(strings.ReplaceAll(e.text, "/", "|"), func(t *testing.T) {
				users := slices.ContainsFunc(e.args, func(a string) bool {
					return slices.Contains([]string{"--image", "--build", "--command", "--compose", "--find-max"}, a)
				})
				if users || len(e.args) == 0 || !slices.Contains(played, e.args[0]) {
					parseExample(t, e)
					return
				}
				playExample(t, e, server.URL())
			})
		}
	}
}

// parseExample sees that the command, its flags and its arguments are known.
func parseExample(t *testing.T, e example) {
	t.Helper()
	root := newRoot(streams{out: &buffer{}, err: &buffer{}})
	cmd, rest, err := root.Find(e.args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s: %v", e.text, err)
	}
}

// soon makes an example of a load, a merge or a report one that ends soon, holds on
// a slow machine, and finds the files that it names.
func soon(t *testing.T, args []string) []string {
	t.Helper()
	prepare := func(args ...string) {
		p := program{env: map[string]string{"CTXPUSH_SECRET": exampleSecret}}
		if code := p.run(t.Context(), args...); code != exitOK {
			t.Fatalf("ctxpush %q: exit code %d\n%s%s", args, code, p.out.String(), p.err.String())
		}
	}
	switch {
	case args[0] == "report":
		prepare("certify", "--built-in", "--focus", "order/reversed")
		return args
	case args[0] != "load":
		return args
	}
	for i, a := range args {
		switch before := args[i-min(i, 1)]; {
		case before == "--duration":
			args[i] = "100ms"
		case before == "--threshold" && strings.HasPrefix(a, "p99<"):
			args[i] = "p99<10m"
		case before == "--ramp":
			args[i] = "0..200/s:200ms"
		case args[1] == "merge" && strings.HasSuffix(a, ".json") && before != "--json":
			prepare("load", "--built-in", "--duration", "50ms", "--seed", "7", "--shard", strings.TrimSuffix(a, ".json")+"/4", "--json", a)
		}
	}
	if args[1] != "merge" && !slices.Contains(args, "--duration") && !slices.Contains(args, "--ramp") {
		args = append(args, "--duration", "100ms")
	}
	return args
}

// playExample runs it in a folder that has the files which examples name,
// against a receiver where they name an address.
func playExample(t *testing.T, e example, url string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	rewrite(t, filepath.Join(dir, "my-scenario.yaml"), late)
	rewrite(t, filepath.Join(dir, "my-scenarios", "late.yaml"), late)
	p := program{env: e.env}
	if e.args[0] == "init" {
		p.typed = "url\n" + url + strings.Repeat("\n", 12)
	} else {
		rewrite(t, filepath.Join(dir, "receiver.yaml"), "receiver: {url: \""+url+"\"}\nsecret: {value: "+exampleSecret+"}\nsettle: 50ms\n")
	}
	if _, ok := p.env["CTXPUSH_SECRET"]; ok {
		p.env["CTXPUSH_SECRET"] = exampleSecret
	}
	args := slices.Clone(e.args)
	for i, a := range args {
		switch {
		case strings.HasPrefix(a, "http://127.0.0.1:"):
			args[i] = url
		case a == "127.0.0.1:8080":
			args[i] = "127.0.0.1:0"
		}
	}
	if args[0] == "receiver" && !slices.Contains(args, "--listen") {
		args = append(args, "--listen", "127.0.0.1:0")
	}
	if args[0] == "certify" && !slices.Contains(args, "--focus") {
		args = append(args, "--focus", "order/reversed")
	}
	args = soon(t, args)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	want := exitOK
	if slices.Contains(args, "--watch") || args[0] == "receiver" && !slices.Contains(args, "--list-mutants") {
		want = exitInterrupted
		done := make(chan struct{})
		defer func() { <-done }()
		go func() {
			defer close(done)
			defer cancel(interrupt{os.Interrupt})
			gomega.NewWithT(t).Eventually(func() string { return p.out.String() + p.err.String() }).
				WithTimeout(slow).Should(gomega.Or(gomega.ContainSubstring("listening on"), gomega.ContainSubstring("PASSED")))
		}()
	}
	if got := p.run(ctx, args...); got != want {
		t.Errorf("ctxpush %q: exit code %d: want %d\n%s%s", args, got, want, p.out.String(), p.err.String())
	}
}
