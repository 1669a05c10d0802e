package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
)

func newScenarioRun(s streams) *cobra.Command {
	var (
		p     playing
		watch bool
	)
	cmd := &cobra.Command{
		Use:   "run FILE|DIR|ID...",
		Short: "Play scenarios against a receiver and print what happens",
		Long: `Run plays scenarios against the receiver, that of ./receiver.yaml where none is
named, and prints a timeline: each step, each attempt with its
answer, and the messages' states wherever they changed. A failing scenario makes
exit code 1. A counterexample, as certify writes it, says FAILED still or FIXED;
one whose requests race is played many times before it says FIXED, and one that
did not fail again when it was found says NOT SHOWN.

With --watch the scenarios are played again, with fresh messages, whenever one of
their files, receiver.yaml or a file of the receiver changes, or you press Enter,
until Ctrl-C. The receiver's files are those in the folder of --command or
--build; it is started anew each time. ctxpush help scenario has more.`,
		Example: `  ctxpush scenario run order/delivered-after-opened --built-in
  ctxpush scenario run my-scenarios/ --config receiver.yaml
  CTXPUSH_SECRET=… ctxpush scenario run my-scenario.yaml --url http://127.0.0.1:3000 --watch`,
		Args: cobra.MinimumNArgs(1),
	}
	p.add(cmd)
	f := cmd.Flags()
	f.Float64Var(&p.TimeScale, "time-scale", conformance.DefaultTimeScale, "how much faster than real time retries come; 1 takes two hours for a dropped batch")
	p.bounds.add(f)
	f.BoolVar(&p.asJSON, "json", false, "print a JSON array, an object a scenario, in place of the timeline")
	f.BoolVar(&watch, "watch", false, "play again when a scenario, receiver.yaml or a file of the receiver changes, or on Enter")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if p.TimeScale < 1 {
			return mistakef("--time-scale %g: want 1 (real time) or more", p.TimeScale)
		}
		if watch && p.asJSON {
			return mistakef("--json beside --watch: want one of the two")
		}
		if watch {
			return p.watch(cmd.Context(), s, args)
		}
		return p.play(cmd.Context(), s, args)
	}
	return cmd
}

// play plays what is named, once.
func (p *playing) play(ctx context.Context, s streams, names []string) error {
	var err error
	if p.Scenarios, err = loadScenarios(ctx, names); err != nil {
		return err
	}
	if err := p.bounds.judge(p.Scenarios); err != nil {
		return err
	}
	if err := p.settle(ctx, s); err != nil {
		return err
	}
	p.from().chooseSalt()
	played, err := p.tellPlayed(ctx, s)
	switch {
	case isMistake(err), errors.Is(err, context.Canceled):
		return err
	case err != nil:
		fmt.Fprintln(s.err, "ctxpush:", err)
	}
	code := exitOK
	for _, scenario := range played {
		switch {
		case scenario.Result == event.Fail:
			code = exitFellShort
		case scenario.Result == event.Errored && code == exitOK:
			code = exitSurroundings
		}
	}
	if err != nil && code == exitOK {
		code = exitSurroundings
	}
	if code != exitOK {
		return verdict(code)
	}
	return nil
}

// tellPlayed plays the scenarios, and prints what happens in them and what they came
// to.
func (p *playing) tellPlayed(ctx context.Context, s streams) ([]conformance.Played, error) {
	if p.asJSON {
		return p.playJSON(ctx, s.out)
	}
	lines := &timeline{w: s.out}
	p.Observers = []event.Observer{event.Func(lines.observe)}
	played, err := conformance.Play(ctx, p.Config, lines.tell)
	lines.results(played)
	return played, err
}

// playJSON plays the scenarios, and prints what they came to for programs.
func (p *playing) playJSON(ctx context.Context, w io.Writer) ([]conformance.Played, error) {
	var run event.RunStarted
	p.Observers = []event.Observer{event.Func(func(e event.Event) {
		if e, ok := e.(event.RunStarted); ok {
			run = e
		}
	})}
	played, err := conformance.Play(ctx, p.Config, nil)
	if isMistake(err) {
		return nil, err
	}
	all := []playedScenario{}
	for _, one := range played {
		named := nameScenario(conformance.Previewed{Check: one.Check, Scenario: one.Scenario})
		all = append(all, playedScenario{namedScenario: named, Tool: run.Tool, Receiver: run.Receiver, Result: one.Result,
			Reason: one.Reason, Rounds: one.Rounds, Trace: one.Trace, Failures: append([]event.Failure{}, one.Failures...)})
	}
	return played, errors.Join(err, writeJSON(w, all))
}

// watch plays what is named again and again, each time after a change of a
// file or when a person presses Enter, until ctx ends. What goes wrong is told
// and waits for the next change.
func (p *playing) watch(ctx context.Context, s streams, names []string) error {
	var lines <-chan string
	if s.inLive {
		lines = newAsker(s.in, s.err).lines
	}
	w, err := newWatcher(lines)
	if err != nil {
		return err
	}
	defer w.Close()
	for first := true; ; first = false {
		if err := w.watch(append(slices.Clone(names), p.programs(ctx, s)...), p.sources()); err != nil {
			return err
		}
		changed := w.during(first, func() { exitCode(ctx, s.err, p.play(ctx, s, names)) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// A receiver that goes on running knows the last round's messages.
		p.Seed++
		if changed == "" {
			fmt.Fprintf(s.err, "watching %s; Enter plays again, Ctrl-C ends\n", w.watched)
			if changed, err = w.next(ctx); err != nil {
				return err
			}
		}
		fmt.Fprintf(s.out, "\n──── %s ────\n\n", changed)
	}
}

// programs are the file that describes the receiver and the program that is
// started, as far as there are such. What is wrong with the file is told when it
// is played.
func (p *playing) programs(ctx context.Context, s streams) []string {
	if c, err := p.target.config(ctx, s); err == nil {
		p.Target = c
	}
	files := []string{p.target.file}
	if c := p.Target.Receiver.Command; c != nil && strings.ContainsAny(c.Argv[0], `/\`) {
		files = append(files, filepath.Join(p.Target.Abs(c.Dir), c.Argv[0]))
	}
	return files
}

// sources are the folders with the receiver's own files, where ctxpush starts
// what is in them.
func (p *playing) sources() []string {
	switch r := p.Target.Receiver; {
	case r.Command != nil:
		return []string{p.Target.Abs(r.Command.Dir)}
	case r.Container != nil && r.Container.Build != nil:
		return []string{p.Target.Abs(r.Container.Build.Context)}
	}
	return nil
}
