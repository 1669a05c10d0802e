package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// shutdownGrace is how long requests under way may take once the receiver is to
// end.
const shutdownGrace = 10 * time.Second

func newReceiver(s streams) *cobra.Command {
	var (
		opts   reference.Options
		mutant string
		list   bool
		quiet  bool
	)
	cmd := &cobra.Command{
		Use:   "receiver",
		Short: "Serve the reference receiver",
		Long: `Receiver serves a correct webhook receiver that keeps the final state of every
message, in a SQLite file with --store: the webhook itself, GET /state and POST /states to ask
for states, and GET /healthz. It ends on Ctrl-C or SIGTERM, after the requests
under way. With --mutant it has one known bug, to see how that is found.`,
		Example: `  CTXPUSH_SECRET=s3cret ctxpush receiver --listen 127.0.0.1:8080 --store state.db
  CTXPUSH_SECRET=s3cret ctxpush receiver --mutant last-arrival-wins
  ctxpush receiver --list-mutants`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&opts.Listen, "listen", "127.0.0.1:8080", "host:port to listen on")
	f.StringVar(&opts.Secret, "secret", "", "the shared secret (better in CTXPUSH_SECRET: process lists show flags)")
	f.StringVar(&opts.Identity, "identity", "device", "device: a state for each device; user: one for each message")
	f.Var(&once{value: &opts.Store}, "store", "SQLite file that keeps states (default in memory, which no restart outlives)")
	f.StringVar(&opts.Path, "path", "/webhook", "the webhook's path")
	f.StringVar(&mutant, "mutant", "", "name of a planted bug")
	f.BoolVar(&list, "list-mutants", false, "list the planted bugs and end")
	f.BoolVar(&quiet, "quiet", false, "log no requests")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if list {
			return listMutants(s)
		}
		if opts.Secret == "" {
			return mistakef("secret is not set: want CTXPUSH_SECRET in the environment, or --secret")
		}
		if mutant != "" {
			var err error
			if opts, err = mutants.New(mutant, opts); err != nil {
				return mistake{err}
			}
		}
		if !quiet {
			opts.Log = s.err
		}
		server, err := reference.Start(opts)
		switch {
		case errors.Is(err, reference.ErrLocked):
			return err
		case err != nil:
			return mistake{err}
		}
		if opts.Store == "" {
			fmt.Fprintln(s.err, "receiver: states are kept in memory, and are gone when it ends: --store FILE keeps them")
		}
		fmt.Fprintf(s.err, "receiver: listening on %s%s, identity %s\n", server.URL(), opts.Path, opts.Identity)
		<-cmd.Context().Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), shutdownGrace)
		defer cancel()
		return server.Shutdown(ctx)
	}
	return cmd
}

// once is a text flag that is given once at most: the second of two stores would
// be used without a word about the first.
type once struct {
	value *string
	given bool
}

// String is the value.
func (o *once) String() string {
	if o.value == nil {
		return ""
	}
	return *o.value
}

// Type is string.
func (o *once) Type() string { return "string" }

// Set takes the value.
func (o *once) Set(text string) error {
	if o.given {
		return fmt.Errorf("it is given twice, and is %q already", *o.value)
	}
	*o.value, o.given = text, true
	return nil
}

func listMutants(s streams) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, m := range mutants.List() {
		fmt.Fprintf(w, "%s\t%s\n", m.Name, m.Bug)
	}
	return w.Flush()
}
