package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// streams are where a command writes: results to out, progress and errors to
// err.
type streams struct {
	out, err  io.Writer
	screen    *screen // before both; nil: none
	in        io.Reader
	inLive    bool // in is a terminal at which a person sits
	outColor  bool
	errColor  bool
	errLive   bool                       // err is a terminal that a person watches
	outWidth  int                        // columns; 0 is unknown
	errSize   func() (width, height int) // of the terminal, which may change; nil is unknown
	lookupEnv func(string) (string, bool)
}

// with is s with a variable more in the environment, unless it is there.
func (s streams) with(name, value string) streams {
	lookup := s.lookupEnv
	s.lookupEnv = func(asked string) (string, bool) {
		if v, ok := lookup(asked); ok || asked != name {
			return v, ok
		}
		return value, true
	}
	return s
}

func stdio() streams {
	hidden := &screen{}
	s := streams{out: hidden.before(os.Stdout), err: hidden.before(os.Stderr), screen: hidden, in: os.Stdin, lookupEnv: os.LookupEnv}
	outTerminal, errTerminal := term.IsTerminal(int(os.Stdout.Fd())), term.IsTerminal(int(os.Stderr.Fd()))
	color := os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	s.outColor, s.errColor = outTerminal && color, errTerminal && color
	s.errLive = errTerminal && os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb"
	s.inLive = errTerminal && term.IsTerminal(int(os.Stdin.Fd())) && os.Getenv("CI") == ""
	if outTerminal {
		s.outWidth, _, _ = term.GetSize(int(os.Stdout.Fd()))
	}
	if errTerminal {
		s.errSize = func() (width, height int) {
			width, height, _ = term.GetSize(int(os.Stderr.Fd()))
			return width, height
		}
	}
	return s
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "ctxpush",
		Short: "Play ContextPush to a webhook receiver, and see whether it gets everything right",
		Long: `ctxpush plays ContextPush to your webhook receiver, late, twice and out of
order, and says what it gets wrong.

Each option can also be set by an environment variable: --report-dir is
CTXPUSH_REPORT_DIR. A flag wins over the variable, the variable over
receiver.yaml.`,
		Example: `  ctxpush init --command 'node server.js' --env 'WEBHOOK_SECRET=${SECRET}'
  ctxpush doctor
  ctxpush certify
  ctxpush help probe`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate(versionLine())
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return mistakef("%w (%s --help lists the flags)", err, cmd.CommandPath())
	})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return bindEnvironment(cmd, s.lookupEnv) }
	root.Args = func(cmd *cobra.Command, args []string) error {
		return unknownCommand(cmd, args)
	}
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	help := newHelp(s)
	root.SetHelpCommand(help)
	root.AddCommand(help, newCertify(s), newChecks(s), newScenario(s), newSend(s), newLoad(s), newReceiver(s), newServe(s), newRecord(s), newReplay(s), newReport(s), newInit(s), newDoctor(s), newSchema(s), newCompletion(s), newMan(), newVersion(s))
	root.DisableAutoGenTag = true
	withUsage(root, s.outWidth)
	withUsageErrors(root)
	withCompletion(root)
	return root
}

// unknownCommand refuses a word that is no command, naming the nearest one.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, c := range cmd.Commands() {
		known = append(known, c.Name())
	}
	if near := strictyaml.Nearest(args[0], known); near != "" {
		return mistakef("%q is no command; did you mean %q?", args[0], near)
	}
	return mistakef("%q is no command; %s --help lists them", args[0], cmd.CommandPath())
}

// withUsageErrors makes a wrong number of arguments the user's mistake, in all
// commands below cmd.
func withUsageErrors(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		withUsageErrors(c)
		check := c.Args
		if check == nil {
			continue
		}
		c.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			switch {
			case err == nil || isMistake(err):
				return err
			case len(args) == 0:
				return mistakef("an argument is missing: want %s", cmd.UseLine())
			default:
				return mistakef("%q is one argument too many: want %s", args[len(args)-1], cmd.UseLine())
			}
		}
	}
}
