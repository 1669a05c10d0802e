// Command prove measures ctxpush's own error rate: it certifies every mutant
// and every correct design, prints the outcome of each, and writes the matrix
// as Markdown and JSON. It exits 1 if a mutant survives, is found by a check of
// another rule, or a correct design is accused, and if the README states other
// counts than those that were measured.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/ctxpush/ctxpush/cmd/internal/prove"
)

func main() {
	var o prove.Options
	seeds := flag.Int("seeds", 1, "with how many seeds each correct design is certified")
	flag.Uint64Var(&o.Seed, "seed", 7, "the first seed")
	flag.IntVar(&o.Parallel, "parallel", 8, "how many receivers are certified side by side")
	flag.BoolVar(&o.DesignsOnly, "designs-only", false, "leave the mutants out")
	flag.BoolVar(&o.Smallest, "smallest", true, "look for each mutant's smallest counterexample")
	flag.StringVar(&o.Only, "only", "", "a pattern of the names of mutants and designs; empty: all")
	load := flag.Bool("load", false, "keep another core busy meanwhile")
	strict := flag.Bool("strict", false, "fail where a design's programs are not installed")
	out := flag.String("out", filepath.Join("bin", "prove"), "where matrix.md and matrix.json are written")
	readme := flag.String("readme", "", "a file that must state the counts just measured; empty: none")
	flag.Parse()
	o.Seeds = *seeds
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *load {
		go busy(ctx)
	}
	if err := run(ctx, o, *out, *readme, *strict); err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		os.Exit(1)
	}
}

// busy keeps a core at work until ctx ends: a slow machine must accuse nobody.
func busy(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
	}
}

func run(ctx context.Context, o prove.Options, out, readme string, strict bool) error {
	o.Done = func(r prove.Row) {
		fmt.Printf("%-9s %s", r.Outcome, r)
		if r.Check != "" {
			fmt.Printf(", by %s", r.Check)
		}
		fmt.Printf(" in %d ms %s\n", r.TookMS, r.Detail)
	}
	m, err := prove.Run(ctx, o)
	if err != nil {
		return err
	}
	if err := write(out, m); err != nil {
		return err
	}
	fmt.Printf("\n%s, in %.0f s; see %s\n", m.Counts(), m.Took.Seconds(), filepath.Join(out, "matrix.md"))
	for _, id := range m.Needless {
		fmt.Printf("needless: no mutant fails %s: give it one, or remove the check\n", id)
	}
	switch missing := prove.Count(m.Designs, prove.Missing); {
	case !m.Good():
		return fmt.Errorf("the suite is wrong: see above")
	case missing > 0 && strict:
		return fmt.Errorf("%d designs were not certified: their programs are not installed", missing)
	}
	if readme == "" {
		return nil
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(m.Counts())) {
		return fmt.Errorf("%s does not state %q", readme, m.Counts())
	}
	return nil
}

func write(dir string, m prove.Matrix) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := m.Markdown(&page); err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "matrix.md"), page.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "matrix.json"), append(data, '\n'), 0o644)
}
