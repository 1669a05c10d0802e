// Command cases certifies receivers as people write them (fixtures/cases) and
// prints, for each, how long it took, what was said and what is right. It exits 1
// if a right receiver is accused, a wrong one is not found by the check named for
// it, or either takes too many lines, unless the case is known not to be right
// yet; how long it takes decides nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ctxpush/ctxpush/cmd/internal/cases"
)

func main() {
	o := cases.Options{}
	flag.StringVar(&o.Program, "program", filepath.Join("bin", "ctxpush"), "the program that certifies")
	flag.StringVar(&o.Dir, "dir", filepath.Join("bin", "cases"), "where the reports are left; it is emptied first")
	flag.IntVar(&o.Parallel, "parallel", 2, "how many are certified side by side")
	busy := flag.Int("busy", 0, "how many loops keep the machine busy meanwhile")
	strict := flag.Bool("strict", false, "fail where a case's program is not installed")
	flag.Parse()
	o.Only = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for range *busy {
		go func() {
			for ctx.Err() == nil {
			}
		}()
	}
	if err := run(ctx, o, *strict); err != nil {
		fmt.Fprintln(os.Stderr, "cases:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o cases.Options, strict bool) (err error) {
	for _, p := range []*string{&o.Program, &o.Dir, &o.Root} {
		if *p, err = filepath.Abs(*p); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(o.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	right, open, absent := 0, 0, 0
	var wrong []string
	err = cases.Run(ctx, o, func(r cases.Row) {
		switch {
		case r.Missing != "":
			absent++
			fmt.Printf("MISSING %-28s %s is not installed\n", r.Case.Name, r.Missing)
			return
		case len(r.Wrong) > 0 && r.Case.Open != "":
			open++
			fmt.Printf("OPEN    %-28s %s: %s\n", r.Case.Name, r.Case.Open, strings.Join(r.Wrong, "; "))
		case len(r.Wrong) > 0:
			wrong = append(wrong, fmt.Sprintf("%s: %s", r.Case.Name, strings.Join(r.Wrong, "; ")))
			fmt.Printf("WRONG   %-28s %s\n", r.Case.Name, strings.Join(r.Wrong, "; "))
		case r.Vague != "":
			open++
			fmt.Printf("OPEN    %-28s %s\n", r.Case.Name, r.Vague)
		default:
			right++
		}
		fmt.Printf("%7s %-28s exit %d in %.1f s (aim %d), %d lines, %d failed, %s: %s\n", "", r.Case.Name, r.Exit, r.Took.Seconds(), r.Case.Seconds,
			r.Lines, len(r.Failed), cases.Named(r.Causes), r.Case.What)
	})
	fmt.Printf("\ncases: %d right, %d wrong, %d known not to be right yet, %d not installed\n", right, len(wrong), open, absent)
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case len(wrong) > 0:
		return fmt.Errorf("%s; the reports are in %s", strings.Join(wrong, "; "), o.Dir)
	case strict && absent > 0:
		return fmt.Errorf("%d cases were not played: their programs are not installed", absent)
	}
	return nil
}
