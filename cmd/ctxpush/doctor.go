package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

func newDoctor(s streams) *cobra.Command {
	var (
		t      *target
		o      doctor.Options
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "doctor [receiver.yaml]",
		Short: "See whether a receiver is ready to be certified",
		Long: `Doctor starts the receiver, or sees that it can be reached, sends it a few
requests, reads its state, and prints a line a step: ok, failed or skipped. Below
a step that failed stands what to do. It needs seconds where certify needs
longer, and judges no more than whether certify could.`,
		Example: `  ctxpush doctor --built-in
  ctxpush doctor receiver.yaml
  CTXPUSH_SECRET=… ctxpush doctor --url http://127.0.0.1:3000 --probe-path /state`,
		Args: cobra.MaximumNArgs(1),
	}
	t = addTarget(cmd)
	f := cmd.Flags()
	f.Var(seedFlag{&o.Seed}, "seed", "where the messages come from (default a random one)")
	f.BoolVar(&asJSON, "json", false, "print the findings as a JSON array")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := t.argument(cmd, args); err != nil {
			return err
		}
		p := findings{out: s.out, color: s.outColor, quiet: asJSON}
		var err error
		if o.Target, err = t.config(cmd.Context(), s); err != nil {
			var wrong *config.Error
			if !errors.As(err, &wrong) {
				return err
			}
			p.print(doctor.Finding{Step: "config", Result: doctor.Failed, Detail: "can't be used",
				Advice: []string{"ctxpush init writes a receiver.yaml; ctxpush schema receiver has its keys"}})
			return errors.Join(err, p.end())
		}
		p.print(doctor.Finding{Step: "config", Result: doctor.OK, Detail: o.Target.Name + ", identity " + string(o.Target.Identity)})
		o.Tell = p.print
		found, err := doctor.Examine(cmd.Context(), o)
		if err = errors.Join(err, p.end()); err != nil {
			return err
		}
		if !asJSON {
			p.sum(t.file)
		}
		if code := doctor.ExitCode(found); code != exitOK {
			return verdict(code)
		}
		return nil
	}
	return cmd
}

// findings prints them as they come.
type findings struct {
	out   io.Writer
	color bool
	quiet bool
	all   []doctor.Finding
}

func (p *findings) print(f doctor.Finding) {
	p.all = append(p.all, f)
	if p.quiet {
		return
	}
	word, code := string(f.Result), map[doctor.Result]string{doctor.OK: "32", doctor.Failed: "31", doctor.Skipped: "33"}[f.Result]
	if f.Result == doctor.Failed {
		word = strings.ToUpper(word)
	}
	word = fmt.Sprintf("%-8s", word)
	if p.color {
		word = "\x1b[" + code + "m" + word + "\x1b[0m"
	}
	fmt.Fprintf(p.out, "%s %-15s  %s\n", word, f.Step, terminal.Printable(f.Detail))
	for i, line := range f.Advice {
		mark := "→"
		if i > 0 {
			mark = " "
		}
		fmt.Fprintf(p.out, "%24s  %s %s\n", "", mark, terminal.Printable(line))
	}
}

// end prints them all where they are for programs.
func (p *findings) end() error {
	if !p.quiet {
		return nil
	}
	return writeJSON(p.out, p.all)
}

// sum says in the last line whether the receiver is ready.
func (p *findings) sum(file string) {
	counts := map[doctor.Result]int{}
	for _, f := range p.all {
		counts[f.Result]++
	}
	next := "not ready to be certified"
	if counts[doctor.Failed] == 0 {
		next = "ready to be certified"
		if file != "" {
			next = "ready: ctxpush certify " + file
		}
	}
	fmt.Fprintf(p.out, "\n%d ok, %d failed, %d skipped: %s\n", counts[doctor.OK], counts[doctor.Failed], counts[doctor.Skipped], next)
}
