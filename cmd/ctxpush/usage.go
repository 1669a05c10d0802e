package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manyFlags are so many that a reader wants them in groups.
const manyFlags = 15

// commonFlags are those that most users of a command need, by the command.
var commonFlags = map[string][]string{
	"certify":      {"config", "url", "command", "image", "env", "ready", "probe-path", "probe-bulk", "focus", "report-dir"},
	"doctor":       {"config", "url", "command", "image", "env", "ready", "path", "probe-path", "probe-bulk", "identity"},
	"init":         {"url", "command", "image", "compose", "env", "ready", "path", "probe-path", "output", "force"},
	"scenario run": {"config", "built-in", "url", "command", "env", "ready", "probe-path", "probe-bulk", "seed", "watch"},
	"load":         {"config", "url", "rate", "duration", "connections", "batch", "faults", "verify", "threshold", "report-dir"},
}

// outputFlags are about what a command writes.
var outputFlags = []string{"report-dir", "baseline", "only-new", "fail-on-skip", "strict-waivers", "quiet", "verbose",
	"trace-requests", "traces", "json", "events", "metrics", "threshold", "output", "dry-run", "ready-file", "help"}

// receiverFlags name the receiver and are no key of its file.
var receiverFlags = []string{"config", "built-in", "secret-env"}

// flagGroup is a part of a command's flags under a title of its own.
type flagGroup struct {
	title string
	flags []*pflag.Flag
}

// groupOf is the title under which a flag stands.
func groupOf(f *pflag.Flag) string {
	key := strings.Join(f.Annotations[targetFlag], "")
	switch {
	case strings.HasPrefix(key, "probe."):
		return "Probe: how its state is read"
	case key != "" || slices.Contains(receiverFlags, f.Name):
		return "Receiver: how it is started and reached"
	case slices.Contains(outputFlags, f.Name):
		return "Output: what is written, and what the exit code says"
	default:
		return "Play: what is sent"
	}
}

// groupTitles are all groups in their order.
var groupTitles = []string{"Common flags", "Receiver: how it is started and reached", "Probe: how its state is read",
	"Play: what is sent", "Output: what is written, and what the exit code says", "Flags"}

// flagGroups are a command's flags in groups; one group where they are few.
func flagGroups(cmd *cobra.Command) []flagGroup {
	cmd.InitDefaultHelpFlag()
	common := commonFlags[strings.TrimPrefix(cmd.CommandPath(), "ctxpush ")]
	byTitle := map[string][]*pflag.Flag{}
	all := cmd.Flags()
	few := countFlags(all) < manyFlags
	all.VisitAll(func(f *pflag.Flag) {
		title := groupOf(f)
		switch {
		case f.Hidden:
			return
		case few:
			title = "Flags"
		case slices.Contains(common, f.Name):
			title = "Common flags"
		}
		byTitle[title] = append(byTitle[title], f)
	})
	slices.SortStableFunc(byTitle["Common flags"], func(a, b *pflag.Flag) int {
		return cmp.Compare(slices.Index(common, a.Name), slices.Index(common, b.Name))
	})
	var groups []flagGroup
	for _, title := range groupTitles {
		if len(byTitle[title]) > 0 {
			groups = append(groups, flagGroup{title, byTitle[title]})
		}
	}
	return groups
}

func countFlags(set *pflag.FlagSet) (n int) {
	set.VisitAll(func(*pflag.Flag) { n++ })
	return n
}

// Where a flag's text begins, in columns; below a longer flag, on the next line.
const textColumn = 28

// usages are the group's flags, a line or more each, at most width columns wide.
func (g flagGroup) usages(width int) string {
	var b strings.Builder
	for _, f := range g.flags {
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if f.Value.Type() != "bool" {
			name += " " + valueName(f)
		}
		for _, line := range wrap(flagText(f), width-textColumn) {
			if utf8.RuneCountInString(name) > textColumn-2 {
				b.WriteString(name + "\n")
				name = ""
			}
			fmt.Fprintf(&b, "%-*s%s\n", textColumn, name, line)
			name = ""
		}
	}
	return b.String()
}

// valueNames are words for values that are a plain text.
var valueNames = map[string]string{"config": "FILE", "baseline": "FILE", "output": "FILE", "report-dir": "DIR", "scenarios": "PATH",
	"focus": "PATTERN", "skip": "PATTERN", "threshold": "RULE", "find-max": "RULE", "rate": "N/s", "metrics": "ADDRESS", "json": "FILE"}

// valueName says what a flag takes.
func valueName(f *pflag.Flag) string {
	if name, ok := valueNames[f.Name]; ok {
		return name
	}
	switch kind := f.Value.Type(); kind {
	case "string", "strings", "stringArray":
		return "TEXT"
	case "int", "uint64", "float64":
		return "N"
	case "duration":
		return "DURATION"
	default:
		return kind
	}
}

// flagText is what a flag is for, and what it is by default where the text does
// not say so itself.
func flagText(f *pflag.Flag) string {
	switch {
	case strings.Contains(f.Usage, "(default"), f.Value.Type() == "bool", slices.Contains([]string{"", "0", "0s", "[]"}, f.DefValue):
		return f.Usage
	default:
		return fmt.Sprintf("%s (default %s)", f.Usage, strings.Trim(f.DefValue, "[]"))
	}
}

// wrap breaks a text into lines of at most width columns, between words.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// withUsage gives root and all below it our own usage text, as wide as the
// terminal, between 80 and 120 columns.
func withUsage(root *cobra.Command, width int) {
	width = min(max(width, 80), 120)
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := fmt.Fprint(cmd.OutOrStdout(), usage(cmd, width))
		return err
	})
}

func usage(cmd *cobra.Command, width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		b.Reset()
		fmt.Fprintf(&b, "Usage:\n  %s COMMAND [flags]\n", cmd.CommandPath())
		if cmd.Args != nil && cmd.HasParent() && len(commonFlags[cmd.Name()]) > 0 {
			fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
		}
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n" + commandList(cmd))
	}
	if !cmd.HasParent() {
		b.WriteString("\nTopics of the manual, shown by ctxpush help TOPIC:\n" + topicList() + "\n")
	}
	for _, g := range flagGroups(cmd) {
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.usages(width))
	}
	return b.String()
}

func commandList(cmd *cobra.Command) string {
	var b strings.Builder
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(&b, "  %-12s%s\n", c.Name(), c.Short)
		}
	}
	return b.String()
}
