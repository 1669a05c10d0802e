package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// bindEnvironment gives the flags that were not given the values of their
// variables. The target's flags are left to config.Overlay, which puts them
// over the file.
func bindEnvironment(cmd *cobra.Command, env func(string) (string, bool)) error {
	var wrong error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Annotations[targetFlag] != nil || f.Name == "help" || wrong != nil {
			return
		}
		name := config.EnvName(f.Name)
		if text, ok := env(name); ok && text != "" {
			if err := cmd.Flags().Set(f.Name, text); err != nil {
				wrong = mistakef("%s: %w", name, err)
			}
		}
	})
	return wrong
}

// targetFlag marks the flags that set a key of receiver.yaml.
const targetFlag = "ctxpush_target"

// texts is a flag's values as they were given, none of them looked at yet.
type texts struct {
	values []string
	kind   string
}

func (t *texts) String() string     { return "" }
func (t *texts) Set(s string) error { t.values = append(t.values, s); return nil }
func (t *texts) Type() string       { return t.kind }

// target is the receiver under test as file and flags name it.
type target struct {
	file  string
	flags map[string]*texts
}

// addTarget adds --config and the flags of receiver.yaml's keys; only those
// that are named, all of them where none is.
func addTarget(cmd *cobra.Command, only ...string) *target {
	t := addKeys(cmd, only...)
	cmd.Flags().StringVar(&t.file, "config", "", "receiver.yaml, which describes the receiver under test")
	return t
}

// addKeys is addTarget without --config.
func addKeys(cmd *cobra.Command, only ...string) *target {
	t := &target{flags: map[string]*texts{}}
	for _, f := range config.Flags() {
		if len(only) > 0 && !slices.Contains(only, f.Name) {
			continue
		}
		value := &texts{kind: f.Value}
		t.flags[f.Name] = value
		cmd.Flags().Var(value, f.Name, f.Help)
		_ = cmd.Flags().SetAnnotation(f.Name, targetFlag, []string{f.Key}) // the flag was just made
		_ = cmd.RegisterFlagCompletionFunc(f.Name, targetCompleter(f))
	}
	return t
}

// argument takes a command's one argument for the file.
func (t *target) argument(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if t.file != "" && cmd.Flags().Changed("config") {
		return mistakef("%s beside --config %s: want one file", args[0], t.file)
	}
	t.file = args[0]
	return nil
}

// config reads the file, puts flags and environment over it, and judges the
// whole.
func (t *target) config(env func(string) (string, bool)) (config.Config, error) {
	var c config.Config
	if t.file != "" {
		var err error
		if c, err = config.Load(t.file, env); err != nil {
			return c, err
		}
	}
	if err := t.overlay(&c, env); err != nil {
		return c, err
	}
	c.SetDefaults()
	return c, c.Validate()
}

// overlay puts flags and environment over c.
func (t *target) overlay(c *config.Config, env func(string) (string, bool)) error {
	given := func(name string) []string {
		if value, ok := t.flags[name]; ok {
			return value.values
		}
		return nil
	}
	known := func(name string) (string, bool) {
		for flag := range t.flags {
			if config.EnvName(flag) == name {
				return env(name)
			}
		}
		return "", false
	}
	return c.Overlay(given, known)
}

// repeatLine is the command line that repeats a run: what was given, without
// secrets, and the seed and epoch that it had.
func repeatLine(cmd *cobra.Command, args []string, seed uint64, epoch time.Time) string {
	words := strings.Fields(cmd.CommandPath())
	words = append(words, args...)
	tail := ""
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "seed", "epoch", "report-dir", "quiet", "verbose", "trace-requests":
		case "secret":
			tail += ` --secret "$CTXPUSH_SECRET"`
		case "probe-sql-dsn":
			tail += ` --probe-sql-dsn "$CTXPUSH_PROBE_SQL_DSN"`
		case "probe-header", "env", "probe-exec-env":
			for _, v := range f.Value.(*texts).values {
				at := strings.IndexAny(v, ":=") + 1
				words = append(words, "--"+f.Name, v[:at]+"…")
			}
		default:
			words = append(words, flagWords(f)...)
		}
	})
	words = append(words, "--seed", strconv.FormatUint(seed, 10), "--epoch", epoch.Format(time.RFC3339))
	return shellquote.Join(words...) + tail
}

func flagWords(f *pflag.Flag) []string {
	var values []string
	switch v := f.Value.(type) {
	case *texts:
		values = v.values
	case pflag.SliceValue:
		values = v.GetSlice()
	default:
		if v.Type() == "bool" {
			return []string{"--" + f.Name + "=" + v.String()}
		}
		values = []string{v.String()}
	}
	var words []string
	for _, v := range values {
		words = append(words, "--"+f.Name, v)
	}
	return words
}

// seedFlag is a seed of at least 1; 0 until it is given.
type seedFlag struct{ n *uint64 }

func (s seedFlag) String() string { return "" }
func (s seedFlag) Type() string   { return "N" }
func (s seedFlag) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return mistakef("want a whole number of 1 or more")
	}
	*s.n = n
	return nil
}

// timeFlag is an instant; zero until it is given.
type timeFlag struct{ t *time.Time }

func (f timeFlag) String() string { return "" }
func (f timeFlag) Type() string   { return "TIME" }
func (f timeFlag) Set(text string) error {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return mistakef("want a time such as 2026-11-23T00:00:00Z")
	}
	*f.t = t.UTC()
	return nil
}
