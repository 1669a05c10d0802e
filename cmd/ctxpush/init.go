package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/conformance/subject"
)

// initing is what the init command writes and where.
type initing struct {
	*target
	streams
	output    string
	force     bool
	yes       bool
	secretEnv string
	ask       *asker // nil: no questions
}

func newInit(s streams) *cobra.Command {
	o := &initing{streams: s}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a receiver.yaml",
		Long: `Init writes a commented receiver.yaml, which certify, doctor and the others read.
On a terminal it asks what it must know; with flags that describe the receiver,
with --yes or without a terminal it asks nothing. It looks at the receiver where
one runs at --url, or at the image that --image names, and says what it found;
it sends neither the secret nor an entry. The secret is never written: the file
names the environment variable that holds it.`,
		Example: `  ctxpush init
  ctxpush init --url http://127.0.0.1:3000 --path /webhook
  ctxpush init --image acme/receiver:1.4 --output acme.yaml
  ctxpush init --command 'python3 receiver.py' --ready /healthz --force
  ctxpush init --compose compose.yaml --service receiver --port 8080`,
		Args: cobra.NoArgs,
	}
	o.target = addKeys(cmd)
	f := cmd.Flags()
	f.StringVar(&o.output, "output", "receiver.yaml", "file to write; - is standard output")
	f.BoolVar(&o.force, "force", false, "overwrite the file")
	f.BoolVar(&o.yes, "yes", false, "ask nothing: take flags, what is found, and defaults")
	f.StringVar(&o.secretEnv, "secret-env", "", "environment variable that holds the secret (default CTXPUSH_SECRET for a receiver at a url, else a random secret for each run)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) }
	return cmd
}

func (o *initing) run(ctx context.Context) error {
	if o.output != "-" && !o.force {
		if _, err := os.Lstat(o.output); err == nil {
			return mistakef("%s is there already: want --force to overwrite it, or --output with another name", o.output)
		}
	}
	described := slices.ContainsFunc(config.Flags(), func(f config.Flag) bool { return o.given(f.Name) })
	if o.inLive && !o.yes && !described {
		o.ask = newAsker(o.in, o.err)
	}
	if err := o.describe(ctx); err != nil {
		return err
	}
	c, err := o.settled()
	if err != nil {
		return err
	}
	text, err := c.Commented(o.secretEnv)
	if err != nil {
		return err
	}
	if o.output == "-" {
		_, err := o.out.Write(text)
		return err
	}
	if err := o.write(text); err != nil {
		return err
	}
	if o.secretEnv != "" {
		o.say("the secret is not in the file: put it into the variable %s", o.secretEnv)
	}
	_, err = fmt.Fprintf(o.out, "%s is written; now: ctxpush doctor %s\n", o.output, o.output)
	return err
}

func (o *initing) say(format string, args ...any) {
	fmt.Fprintln(o.err, "init:", terminal.Printable(fmt.Sprintf(format, args...)))
}

// given tells whether a flag or its variable is set.
func (o *initing) given(flag string) bool {
	if len(o.flags[flag].values) > 0 {
		return true
	}
	text, ok := o.lookupEnv(config.EnvName(flag))
	return ok && text != "" && flag != "secret"
}

// settled is the Config that is written.
func (o *initing) settled() (config.Config, error) {
	var c config.Config
	if err := o.overlay(&c, o.lookupEnv); err != nil {
		return c, err
	}
	if o.secretEnv == "" && (c.Secret != "" || c.Receiver.URL != "") {
		o.secretEnv = config.EnvName("secret")
	}
	// Judged with a secret of some kind: that of a url is missing as yet.
	whole := c
	whole.Secret = config.Secret(subject.NewSecret())
	whole.SetDefaults()
	if err := whole.Validate(); err != nil {
		return c, err
	}
	return c, o.rebase(&c)
}

// rebase makes paths, which are relative to where the command runs, relative to
// the file.
func (o *initing) rebase(c *config.Config) error {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	paths := c.Receiver.Paths()
	if sql := c.Probe.SQL; sql != nil && sql.Driver == sqltext.SQLite && !strings.Contains(string(sql.DSN), ":") {
		file := string(sql.DSN)
		paths = append(paths, &file)
		defer func() { sql.DSN = config.Secret(file) }()
	}
	if exec := c.Probe.Exec; exec != nil && !c.Receiver.IsContained() && len(exec.Argv) > 0 && strings.ContainsRune(exec.Argv[0], '/') {
		paths = append(paths, &exec.Argv[0])
	}
	base, err := filepath.Abs(filepath.Dir(o.output))
	if o.output == "-" {
		base = here
	}
	for _, p := range paths {
		if err != nil || filepath.IsAbs(*p) || base == here {
			continue
		}
		*p, err = filepath.Rel(base, filepath.Join(here, *p))
	}
	c.Dir = base
	return err
}

// write writes the file whole or not at all.
func (o *initing) write(text []byte) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	name := o.output
	if o.force {
		name = o.output + ".new"
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return mistakef("%s is there already: want --force to overwrite it, or --output with another name", o.output)
	}
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Close())
	}
	if err == nil && o.force {
		err = os.Rename(name, o.output)
	}
	if err != nil {
		return mistakef("%s can't be written: %w", o.output, err)
	}
	return nil
}
