package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/scenarios"
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

// origin is what everything made-up follows from.
type origin struct {
	seed  *uint64
	salt  *string
	epoch *time.Time
}

// add adds the flags of all three.
func (o origin) add(f *pflag.FlagSet) {
	f.Var(seedFlag{o.seed}, "seed", "where everything made-up comes from (default a random one, which is printed)")
	f.StringVar(o.salt, "salt", "", "what the messages' keys follow from beside the seed, so that a seed can be played again at a receiver "+
		"that keeps its data (default a random one, which is printed, where something is sent)")
	f.Var(timeFlag{o.epoch}, "epoch", "when the made-up messages were scheduled (default half an hour ago)")
}

// choose makes what was not given, but for the salt.
func (o origin) choose() error {
	if strings.ContainsFunc(*o.salt, func(r rune) bool { return r <= ' ' || r > '~' }) || len(*o.salt) > maxSalt {
		return mistakef("--salt %s: want at most %d letters, digits and signs, without spaces", strconv.Quote(*o.salt), maxSalt)
	}
	if *o.seed == 0 {
		*o.seed = fixtures.NewSeed()
	}
	if o.epoch.IsZero() {
		*o.epoch = fixtures.DefaultEpoch(time.Now())
	}
	return nil
}

// chooseSalt makes a salt where none was given: what is sent must be new to the
// receiver.
func (o origin) chooseSalt() {
	if *o.salt == "" {
		*o.salt = fixtures.NewSalt()
	}
}

const maxSalt = 40 // characters

func (o origin) String() string {
	salt := ""
	if *o.salt != "" {
		salt = ", salt " + *o.salt
	}
	return fmt.Sprintf("seed %d%s, epoch %s", *o.seed, salt, o.epoch.Format(time.RFC3339))
}

// words are the flags of the seed and the epoch.
func (o origin) words() []string {
	return []string{"--seed", strconv.FormatUint(*o.seed, 10), "--epoch", o.epoch.Format(time.RFC3339)}
}

// bounds are those of the user's own scenario files.
type bounds struct{ lifted bool }

func (b *bounds) add(f *pflag.FlagSet) {
	f.BoolVar(&b.lifted, "no-bounds", false, fmt.Sprintf("take scenario files of your own that wait for more than %v or send more than %d entries",
		scenarios.MaxWaits, scenarios.MaxEntries))
}

func (b *bounds) judge(checks []scenarios.Check) error {
	for _, c := range checks {
		if err := c.Bounded(); err != nil && !b.lifted && c.File != "" {
			return err
		}
	}
	return nil
}
