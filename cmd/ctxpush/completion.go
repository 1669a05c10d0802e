package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// shells write a root command's completion script.
var shells = map[string]func(*cobra.Command, io.Writer) error{
	"bash":       func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
	"zsh":        func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) },
	"fish":       func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	"powershell": func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) },
}

func newCompletion(s streams) *cobra.Command {
	names := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes commands, flags and check ids in a shell",
		Long: `Completion prints a script for your shell, which then completes commands, flags,
the ids of checks, the words that a flag takes, and the names of files. To have it
in every bash, put the first example into ~/.bashrc.`,
		Example: `  source <(ctxpush completion bash)
  ctxpush completion zsh > _ctxpush
  ctxpush completion fish > ctxpush.fish`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(names, args[0]) {
				return mistakef("shell %q is not known; %s", args[0], strictyaml.Suggest(args[0], names))
			}
			return shells[args[0]](cmd.Root(), s.out)
		},
	}
}

// completer completes a flag's value or an argument.
type completer = cobra.CompletionFunc

// flagCompleters are by the flags' names, whatever the command. A flag that is
// not among them, and takes a text, has nothing that could be known of it.
var flagCompleters = map[string]completer{
	"focus":      checkPatterns,
	"skip":       checkPatterns,
	"explore":    words(scenarios.Depths),
	"level":      words([]scenarios.Level{scenarios.Required, scenarios.Recommended}),
	"status":     words(mocksender.Statuses),
	"fault":      words(mocksender.FaultNames()),
	"mutant":     mutantNames,
	"config":     files("yaml", "yml"),
	"output":     files("yaml", "yml"),
	"baseline":   files("json"),
	"json":       files("json"),
	"store":      anyFile,
	"scenarios":  anyFile,
	"report-dir": folders,
	"secret-env": fixed(config.EnvName("secret")),
	"traces":     words([]conformance.Traces{conformance.FailureTraces, conformance.AllTraces}),
	"verify":     fixed("all", "sample=1000", "none"),
	"rate":       fixed("max", "500/s"),
	"ramp":       fixed("0..2000/s:60s"),
	"batch":      fixed("100", "1..100"),
	"send batch": fixed("100"),
	"faults":     fixed("duplicate=5%,reorder=10%,drop=5%,lost-ack=1%", "slow=1%", "reset=1%"),
	"threshold":  fixed("p99<250ms", "error_rate<0.1%", "wrong==0", "missing==0", "dropped==0", "events_per_s>5000"),
	"find-max":   fixed("p99<250ms"),
	"metrics":    fixed("127.0.0.1:9464"),
	"shard":      fixed("1/2"),
	"duration":   fixed("30s"),
	"mix":        nothing,
	"time-scale": nothing,
	"seed":       nothing,
	"epoch":      nothing,
	"listen":     fixed("127.0.0.1:8080"),
}

// targetCompleters complete what needs more than the words of the table.
var targetCompleters = map[string]completer{
	"waive":        waivers,
	"statuses":     statusWordsOf,
	"compose":      files("yaml", "yml"),
	"probe-header": fixed("Authorization:"),
}

// targetCompleter completes a flag of receiver.yaml's keys.
func targetCompleter(f config.Flag) completer {
	if complete := targetCompleters[f.Name]; complete != nil {
		return complete
	}
	switch f.Value {
	case "FILE", "COMMAND":
		return anyFile
	case "DIR":
		return folders
	}
	return fixed(f.Words...)
}

// argumentCompleters are by the commands' paths.
var argumentCompleters = map[string]completer{
	"ctxpush certify":       oneOf(files("yaml", "yml")),
	"ctxpush doctor":        oneOf(files("yaml", "yml")),
	"ctxpush load":          oneOf(files("yaml", "yml")),
	"ctxpush load merge":    files("json"),
	"ctxpush report":        oneOf(folders),
	"ctxpush man":           oneOf(folders),
	"ctxpush scenario run":  scenarioNames,
	"ctxpush scenario show": scenarioNames,
}

// withCompletion gives each flag and argument below cmd its completion.
func withCompletion(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		withCompletion(c)
	}
	if complete := argumentCompleters[cmd.CommandPath()]; complete != nil && cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = complete
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		complete := flagCompleters[f.Name]
		if own := flagCompleters[cmd.Name()+" "+f.Name]; own != nil {
			complete = own
		}
		if complete != nil && f.Value.Type() != "bool" {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // a flag that has its own keeps it
		}
	})
}

const noFiles = cobra.ShellCompDirectiveNoFileComp

func words[T ~string](all []T) completer {
	texts := make([]string, len(all))
	for i, w := range all {
		texts[i] = string(w)
	}
	return fixed(texts...)
}

// fixed completes to given words, also behind the commas of a list.
func fixed(all ...string) completer {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		before := begun[:strings.LastIndexByte(begun, ',')+1]
		var found []string
		for _, w := range all {
			if strings.HasPrefix(before+w, begun) {
				found = append(found, before+w)
			}
		}
		directive := noFiles
		if len(all) == 1 && strings.HasSuffix(all[0], ":") {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return found, directive
	}
}

func nothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, noFiles
}

func anyFile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func files(extensions ...string) completer {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

func folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// oneOf completes the first argument only.
func oneOf(complete completer) completer {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, noFiles
		}
		return complete(cmd, args, begun)
	}
}

// checkIDs are the checks' ids, each with its title.
func checkIDs(each func(id, title string)) {
	for _, c := range scenarios.Catalogue() {
		each(c.ID, c.Title)
	}
	for _, e := range scenarios.Explorations("", scenarios.ByDevice) {
		each(e.Check.ID, e.Check.Title)
	}
}

// checkPatterns completes to ids, and to the patterns of whole groups, also
// behind the commas of a list.
func checkPatterns(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	before := begun[:strings.LastIndexByte(begun, ',')+1]
	var found []string
	add := func(id, title string) {
		if strings.HasPrefix(before+id, begun) && !slices.Contains(found, before+id+"\t"+title) {
			found = append(found, before+id+"\t"+title)
		}
	}
	checkIDs(func(id, _ string) {
		group, _, _ := strings.Cut(id, "/")
		add(group+"/*", "all of "+group)
	})
	checkIDs(add)
	return found, noFiles
}

// waivers completes to CHECK=, behind which comes the reason.
func waivers(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var found []string
	checkIDs(func(id, title string) {
		if strings.HasPrefix(id+"=", begun) {
			found = append(found, id+"=\t"+title)
		}
	})
	return found, noFiles | cobra.ShellCompDirectiveNoSpace
}

// scenarioNames completes to ids of the catalogue, and to files.
func scenarioNames(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var found []string
	for _, c := range scenarios.Catalogue() {
		if strings.HasPrefix(c.ID, begun) {
			found = append(found, c.ID+"\t"+c.Title)
		}
	}
	return found, cobra.ShellCompDirectiveDefault
}

// statusWordsOf completes the right side of WORD=STATUS.
func statusWordsOf(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	word, _, ok := strings.Cut(begun, "=")
	if !ok {
		return nil, noFiles | cobra.ShellCompDirectiveNoSpace
	}
	var found []string
	for _, s := range mocksender.Statuses {
		found = append(found, word+"="+string(s))
	}
	return found, noFiles
}

func mutantNames(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var found []string
	for _, m := range mutants.List() {
		if strings.HasPrefix(m.Name, begun) {
			found = append(found, m.Name+"\t"+m.Bug)
		}
	}
	return found, noFiles
}
