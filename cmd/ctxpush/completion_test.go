package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ctxpush/ctxpush/conformance"
)

// slow is a time that no working program needs, however slow the machine.
const slow = time.Minute

// completions are what a shell would offer for the last of the words.
func completions(t *testing.T, words ...string) []string {
	t.Helper()
	out, _ := ctxpush(t, exitOK, append([]string{cobra.ShellCompRequestCmd}, words...)...)
	var found []string
	for line := range strings.Lines(out) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		found = append(found, word)
	}
	return found[:len(found)-1] // the last is the directive
}

func TestCompletion(t *testing.T) {
	for _, c := range []struct {
		words string
		want  []string // are among those offered, and all that is offered where none may be beside them
		only  bool
	}{
		{"cert", []string{"certify"}, true},
		{"certify --focus order/rev", []string{"order/reversed"}, true},
		{"certify --focus order/reversed,ord", []string{"order/reversed,order/*", "order/reversed,order/late-pending"}, false},
		{"certify --skip secr", []string{"secret/*", "secret/wrong"}, false},
		{"doctor --waive entry/unk", []string{"entry/unknown-fields="}, true},
		{"certify --explore ", []string{"quick", "standard", "full"}, true},
		{"certify --level ", []string{"required", "recommended"}, true},
		{"init --identity ", []string{"device", "user"}, true},
		{"send --status pending,op", []string{"pending,opened"}, true},
		{"send --fault lost", []string{"lost-ack"}, true},
		{"receiver --mutant memory", []string{"memory-only"}, true},
		{"schema ", []string{"receiver", "scenario"}, false},
		{"completion ", []string{"bash", "zsh", "fish", "powershell"}, true},
		{"scenario run order/rev", []string{"order/reversed"}, true},
		{"load --verify ", []string{"all", "sample=1000", "none"}, true},
		{"load --faults dup", []string{"duplicate=5%,reorder=10%,drop=5%,lost-ack=1%"}, true},
		{"load --threshold wro", []string{"wrong==0"}, true},
		{"load merge ", []string{"json"}, true},
		{"certify --probe-sql-driver ", []string{"postgres", "mysql", "sqlite"}, true},
		{"certify --compose ", []string{"yaml", "yml"}, true},
		{"certify ", []string{"yaml", "yml"}, true},
		{"certify --config ", []string{"yaml", "yml"}, true},
	} {
		got := completions(t, strings.Split(c.words, " ")...)
		for _, w := range c.want {
			if !slices.Contains(got, w) {
				t.Errorf("ctxpush %s: %q is not offered: %q", c.words, w, got)
			}
		}
		if c.only && len(got) != len(c.want) {
			t.Errorf("ctxpush %s: offered %q: want %q", c.words, got, c.want)
		}
	}
}

func TestCompletionKnowsEveryCheck(t *testing.T) {
	checks, err := conformance.Checks(conformance.Config{})
	if err != nil {
		t.Fatal(err)
	}
	offered := completions(t, "certify", "--focus", "")
	for _, c := range checks {
		if !slices.Contains(offered, c.ID) {
			t.Errorf("%s is not offered", c.ID)
		}
	}
}

// The shells that are installed can read their scripts.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		out, _ := ctxpush(t, exitOK, "completion", shell)
		if !strings.Contains(out, "ctxpush") || !strings.Contains(out, cobra.ShellCompRequestCmd) {
			t.Errorf("%s: got %.200s", shell, out)
		}
		if shell == "powershell" {
			continue
		}
		program, err := exec.LookPath(shell)
		if err != nil {
			continue // but for bash, none has to be there
		}
		if said, err := exec.CommandContext(t.Context(), program, "-n", write(t, "script", out)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell, err, said)
		}
	}
}

func TestManPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man", "man1")
	ctxpush(t, exitOK, "man", dir)
	for _, cmd := range commands(newRoot(streams{out: &buffer{}, err: &buffer{}})) {
		if cmd.Hidden {
			continue
		}
		page, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"))
		if err != nil || !strings.Contains(string(page), ".SH EXAMPLE") {
			t.Errorf("%s: %v, %d bytes", cmd.CommandPath(), err, len(page))
		}
	}
}

// What a shell offers for a flag is taken by the command.
func TestCompletedValuesAreTaken(t *testing.T) {
	// What a flag is not taken without, and how a beginning that is offered ends.
	beside := map[string][]string{
		"ready": {"--command", "x ${PORT}"}, "env": {"--command", "x ${PORT}"},
		"postgres": {"--probe-sql-dsn", "postgres://h/n", "--probe-sql-query", "SELECT :user_id"},
		"mysql":    {"--probe-sql-dsn", "mysql://h/n", "--probe-sql-query", "SELECT :user_id"},
		"sqlite":   {"--probe-sql-dsn", "a", "--probe-sql-query", "SELECT :user_id"},
		"probe-sql-dsn": {"--probe-sql-driver", "postgres", "--probe-sql-query", "SELECT :user_id",
			"--image", "i", "--port", "80"},
		"probe-exec-env": {"--probe-exec", "x"},
	}
	ends := map[string]string{"waive": "why", "url": "1", "probe-url": "1", "probe-header": " x"}
	arguments := map[string][]string{"scenario run": {"order/reversed"}, "scenario show": {"order/reversed"}}
	ended, end := context.WithCancel(t.Context())
	end() // a mistake is told before anything begins
	played := 0
	for _, cmd := range commands(newRoot(streams{out: &buffer{}, err: &buffer{}})) {
		path := strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), "ctxpush"), " ")
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			complete, ok := cmd.GetFlagCompletionFunc(f.Name)
			if !ok || f.Annotations[targetFlag] != nil && path != "doctor" {
				return // those are the same for all
			}
			values, directive := complete(cmd, nil, "")
			if directive&(cobra.ShellCompDirectiveFilterFileExt|cobra.ShellCompDirectiveFilterDirs) != 0 {
				return
			}
			for i := range values {
				values[i], _, _ = strings.Cut(values[i], "\t")
			}
			if f.Name == "skip" {
				values = slices.DeleteFunc(values, func(id string) bool { return strings.HasPrefix(id, "request/") }) // what is left
			}
			if f.Name == "focus" || f.Name == "skip" {
				values = []string{strings.Join(values, ","), values[0]} // together, as they take long
			}
			for _, value := range values {
				if f.Name == "statuses" {
					value = "clicked" + value
				}
				args := slices.Concat(strings.Fields(path), arguments[path], []string{"--" + f.Name, value + ends[f.Name]}, beside[f.Name], beside[value])
				if cmd.Flags().Lookup("report-dir") != nil {
					args = append(args, "--report-dir", t.TempDir())
				}
				if path == "init" {
					args = append(args, "--output", "-")
				}
				var p program
				p.env = map[string]string{"CTXPUSH_SECRET": "s3cret-of-the-test"}
				code := p.run(ended, args...)
				if said := p.err.String(); code == exitMistake && (strings.Contains(said, f.Name) || strings.Contains(said, value)) {
					t.Errorf("ctxpush %q is refused: %s", args, said)
				}
				played++
			}
		})
	}
	if played < 100 {
		t.Errorf("only %d values were played", played)
	}
}
