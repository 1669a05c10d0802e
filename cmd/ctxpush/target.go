package main

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// targetFlag marks the flags that set a key of receiver.yaml.
const targetFlag = "ctxpush_target"

// targetFile is taken where nothing names a receiver.
const targetFile = "receiver.yaml"

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
	file    string
	builtIn bool
	spare   bool // the command does without a receiver
	flags   map[string]*texts
}

// addTarget adds --config, --built-in and the flags of receiver.yaml's keys; only
// those keys that are named, all of them where none is.
func addTarget(cmd *cobra.Command, only ...string) *target {
	t := addKeys(cmd, only...)
	f := cmd.Flags()
	f.StringVar(&t.file, "config", "", "receiver.yaml, which describes the receiver under test (default ./receiver.yaml)")
	f.BoolVar(&t.builtIn, "built-in", false, "take the built-in reference receiver")
	return t
}

// addKeys is addTarget without --config and --built-in.
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
// whole. What is private in it the screen hides from then on.
func (t *target) config(ctx context.Context, s streams) (config.Config, error) {
	var c config.Config
	env := s.lookupEnv
	if err := t.choose(env); err != nil {
		return c, err
	}
	if t.file != "" {
		var err error
		if c, err = await(ctx, func() (config.Config, error) { return config.Load(t.file, env) }); err != nil {
			return c, err
		}
		s.screen.hide(c.Private())
	}
	if err := t.overlay(&c, env); err != nil {
		return c, err
	}
	switch kind := c.Receiver.Kind(); {
	case t.builtIn && kind != "":
		return c, mistakef("--built-in beside a receiver of kind %s: want one of the two", kind)
	case !t.builtIn && kind == "" && !t.spare:
		return c, c.Mistake("receiver", "missing: want url, command, container or compose, or --built-in for the reference receiver")
	}
	c.SetDefaults()
	return c, c.Validate()
}

// choose takes ./receiver.yaml where nothing names a receiver.
func (t *target) choose(env func(string) (string, bool)) error {
	if t.file != "" || t.builtIn {
		return nil
	}
	for _, f := range config.Flags() {
		value := t.flags[f.Name]
		if text, _ := env(f.Env); f.Kind && value != nil && (len(value.values) > 0 || text != "") {
			return nil
		}
	}
	if _, err := os.Stat(targetFile); err == nil {
		t.file = targetFile
	} else if !t.spare {
		return mistakef("no receiver is named and there is no ./%s: want a file, which ctxpush init writes, "+
			"a flag such as --url, or --built-in for the reference receiver", targetFile)
	}
	return nil
}

// overlay puts flags and environment over c. Of the environment a built-in
// receiver takes nothing that names another.
func (t *target) overlay(c *config.Config, env func(string) (string, bool)) error {
	given := func(name string) []string {
		if value, ok := t.flags[name]; ok {
			return value.values
		}
		return nil
	}
	known := func(name string) (string, bool) {
		for _, f := range config.Flags() {
			if f.Env == name && t.flags[f.Name] != nil && !(f.Kind && t.builtIn) {
				return env(name)
			}
		}
		return "", false
	}
	return c.Overlay(given, known)
}

// repeatLine is the command line that repeats a run at the receiver: what was
// given, without secrets, and the seed and epoch that it had. The salt is left
// out: a receiver that keeps its data gets other messages.
func repeatLine(cmd *cobra.Command, c config.Config, from origin) string {
	return repeatAt(cmd, c.Arguments(""), from)
}

// repeatAt is repeatLine with what names the receiver.
func repeatAt(cmd *cobra.Command, arguments string, from origin) string {
	words := strings.Fields(cmd.CommandPath())
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "seed", "salt", "epoch", "report-dir", "quiet", "verbose", "trace-requests", "events", "otel", "traceparent", "config", "built-in":
		default:
			if f.Annotations[targetFlag] == nil {
				words = append(words, flagWords(f)...)
			}
		}
	})
	return shellquote.Join(words[:2]...) + " " + arguments + " " + shellquote.Join(append(words[2:], from.words()...)...)
}

func flagWords(f *pflag.Flag) []string {
	var values []string
	switch v := f.Value.(type) {
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

// await waits for what can't be broken off, such as a read of a file, until ctx
// ends.
func await[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := work()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}
