package torture

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Play plays the cases, so many side by side, and tells each row as it comes,
// one at a time. The error is of this machine, or ctx's.
func (p Program) Play(ctx context.Context, cases []Case, parallel int, done func(Row)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	free := make(chan struct{}, max(1, parallel))
	var all sync.WaitGroup
	var telling sync.Mutex
	for _, c := range cases {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			if ctx.Err() != nil {
				return
			}
			row, err := p.Run(ctx, c)
			if err != nil {
				cancel(fmt.Errorf("%s: %w", c, err))
				return
			}
			telling.Lock()
			defer telling.Unlock()
			done(row)
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

const rowFormat = "%-5s %-34s %-12s %4s %6s %6.1fs %5d MiB %9s %6s  %s\n"

// WriteHead writes the table's head.
func WriteHead(w io.Writer) {
	fmt.Fprintf(w, "%-5s %-34s %-12s %4s %6s %7s %9s %9s %6s  %s\n", "", "BEHAVIOUR", "COMMAND", "EXIT", "WANT", "TIME", "MEMORY", "LEFTOVERS", "SECRET", "SAYS")
}

// Write writes one row, and below it what is wrong.
func (row Row) Write(w io.Writer) {
	word := "ok"
	if len(row.Wrong) > 0 {
		word = "WRONG"
	}
	says := strings.Join(strings.Fields(row.Says), " ")
	if len(says) > 160 {
		says = strings.ToValidUTF8(says[:160], "") + "…"
	}
	fmt.Fprintf(w, rowFormat, word, row.Name(), row.Command, fmt.Sprint(row.Exit), codes(row.Want), row.Took.Seconds(), row.Memory>>20,
		count(row.Leftovers), count(row.Secret), says)
	for _, wrong := range row.Wrong {
		fmt.Fprintf(w, "      %s\n", wrong)
	}
}

// count is how many there are, in a word where there is none.
func count(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return fmt.Sprint(len(all))
}
