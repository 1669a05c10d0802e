// Command torture runs ctxpush against receivers that misbehave, and prints a
// table: behaviour, command, exit code, time, peak of memory, what was left
// behind, and where the secret was seen. It exits 1 if a row is wrong.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/ctxpush/ctxpush/cmd/internal/torture"
	"github.com/ctxpush/ctxpush/fixtures/hostile"
)

// receiverWord makes this program a receiver that misbehaves.
const receiverWord = "receiver"

func main() {
	hostile.Linger()
	if len(os.Args) == 3 && os.Args[1] == receiverWord {
		os.Exit(hostile.Main(os.Args[2]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	program := flag.String("program", "", "the program under test; empty: it is built")
	parallel := flag.Int("parallel", 2, "how many runs go on side by side")
	quick := flag.Bool("short", false, "each behaviour by one command only")
	command := flag.String("command", "", "play one command only: certify, scenario run or load")
	signals := flag.Int("signals", 0, "interrupt so many runs at random moments, in place of the table")
	seed := flag.Uint64("seed", 1, "where the moments come from")
	isLong := flag.Bool("long", false, "see whether long runs need more and more memory, goroutines or files, in place of the table")
	l := long{}
	flag.DurationVar(&l.load, "long-load", 10*time.Minute, "of -long: how long load goes on at full speed; 0 is not at all")
	flag.IntVar(&l.certify, "long-certify", 300, "of -long: how often the built-in receiver is certified in one process; 0 is not at all")
	flag.StringVar(&l.plots, "plots", "", "of -long: the folder where the curves are drawn, as SVG")
	list := flag.Bool("list", false, "list the behaviours")
	flag.Parse()
	if *list {
		for _, b := range hostile.List() {
			fmt.Printf("%-26s %s\n", b.Name(), b.About())
		}
		return nil
	}
	begin := time.Now()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	p := torture.Program{Path: *program, Receiver: []string{self, receiverWord}}
	if p.Path == "" {
		dir, err := os.MkdirTemp("", "ctxpush-torture-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if p.Path, err = build(ctx, dir); err != nil {
			return err
		}
	}
	if *isLong {
		l.parallel, l.seed = *parallel, *seed
		return l.run(ctx, p)
	}
	if *signals > 0 {
		return interrupt(ctx, p, *seed, *signals, *parallel)
	}
	cases := torture.Cases()
	if *quick {
		cases = torture.Quick()
	}
	cases = slices.DeleteFunc(cases, func(c torture.Case) bool { return *command != "" && string(c.Command) != *command })
	if cases, err = torture.Matching(cases, flag.Args()...); err != nil {
		return err
	}
	torture.WriteHead(os.Stdout)
	wrong := 0
	var memory int64
	err = p.Play(ctx, cases, *parallel, func(row torture.Row) {
		row.Write(os.Stdout)
		memory = max(memory, row.Memory)
		if len(row.Wrong) > 0 {
			wrong++
		}
	})
	if err != nil {
		return err
	}
	fmt.Printf("\n%d runs, %d wrong, at most %d MiB each, in %.0f s\n", len(cases), wrong, memory>>20, time.Since(begin).Seconds())
	if wrong > 0 {
		return fmt.Errorf("%d of %d runs are wrong: see above", wrong, len(cases))
	}
	return nil
}

// build builds the program.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "ctxpush")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/ctxpush/ctxpush/cmd/ctxpush")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // it is also run where there is nothing else
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("ctxpush can't be built: %w\n%s", err, out)
	}
	return path, nil
}
