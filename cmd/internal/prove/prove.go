package prove

import (
	"context"
	"path"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/fixtures/designs"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
)

// Options are what is measured, and how thoroughly.
type Options struct {
	// Seed is the first seed; 0 is 7.
	Seed uint64
	// Seeds is with how many seeds each correct design is certified; 0 is 1.
	Seeds int
	// Parallel is how many receivers are certified side by side; 0 is 8. Most of
	// their time is waiting.
	Parallel int
	// Only is a pattern, as path.Match has it, of the receivers' names; empty is
	// all of them. What no mutant fails is not told then.
	Only string
	// DesignsOnly leaves the mutants out.
	DesignsOnly bool
	// Smallest looks for each mutant's smallest counterexample.
	Smallest bool
	// Done is told each row as it comes, one at a time; nil is nobody.
	Done func(Row)
}

// Run certifies every mutant and every correct design, and returns what came of
// it, the rows in the order of the receivers' lists. The error is ctx's, or of
// the servers that designs share.
func Run(ctx context.Context, o Options) (Matrix, error) {
	if o.Seed == 0 {
		o.Seed = 7
	}
	o.Seeds = max(o.Seeds, 1)
	if o.Parallel == 0 {
		o.Parallel = 8
	}
	begin := time.Now()
	var servers designs.Servers
	var jobs []func() Row
	if !o.DesignsOnly {
		for _, t := range trialsOf(mutants.List()) {
			if o.plays(t.mutant.Name) {
				jobs = append(jobs, func() Row { return t.run(ctx, o.Seed, o.Smallest) })
			}
		}
	}
	wrong := len(jobs)
	for _, d := range designs.List() {
		if !o.plays(d.Name) {
			continue
		}
		for _, identity := range d.Identities {
			jobs = append(jobs, func() Row { return runDesign(ctx, d, identity, &servers, o.Seed, o.Seeds) })
		}
	}
	rows := make([]Row, len(jobs))
	free := make(chan struct{}, o.Parallel)
	var all sync.WaitGroup
	var telling sync.Mutex
	for i, job := range jobs {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			if ctx.Err() != nil {
				return
			}
			rows[i] = job()
			if o.Done != nil {
				telling.Lock()
				defer telling.Unlock()
				o.Done(rows[i])
			}
		})
	}
	all.Wait()
	m := Matrix{Seed: o.Seed, Mutants: rows[:wrong], Designs: rows[wrong:], Needless: []string{}, Took: time.Since(begin)}
	if !o.DesignsOnly && o.Only == "" {
		m.Needless = needless(m.Mutants)
	}
	if err := servers.Close(); err != nil {
		return m, err
	}
	return m, ctx.Err()
}

// plays tells whether the receiver of that name is certified.
func (o Options) plays(name string) bool {
	ok, err := path.Match(o.Only, name)
	return ok || err != nil || o.Only == ""
}
