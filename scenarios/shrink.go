package scenarios

import (
	"context"
	"slices"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Fails plays a scenario and tells whether the receiver falls short of it. It
// is asked about many scenarios, about none of them twice, and must tell false
// when ctx has ended.
type Fails func(ctx context.Context, s Scenario) bool

// Shrunk is the smallest scenario that was found to fail.
type Shrunk struct {
	Scenario Scenario
	// Limits are the sizes at which the failure begins.
	Limits []Limit
	// Tries is how many scenarios were played.
	Tries int
}

// Limit is a size at which a failure begins: Scenario fails with Fails of it,
// and Below, which has a little less and is the same else, passes. Of Entries
// and Characters it has one less.
type Limit struct {
	What  Quantity
	Fails int
	Below Scenario
}

// Quantity is what a Limit counts.
type Quantity string

// The quantities that may have a limit.
const (
	Entries      Quantity = "entries"       // of a batch
	ContentBytes Quantity = "content bytes" // of an entry
	Characters   Quantity = "characters"    // of a part of a key
)

// Size is how much a person has to read of a scenario. Sizes compare by their
// first part that differs.
type Size struct {
	// Requests are all attempts that the scenario asks for, Entries those of its
	// batches.
	Requests, Entries int
	// Extras are all things besides: messages, devices, restarts, headers, …
	Extras int
	// Plain counts the bytes of contents and long keys.
	Plain int
}

// Less tells whether a is smaller than b.
func (a Size) Less(b Size) bool {
	switch {
	case a.Requests != b.Requests:
		return a.Requests < b.Requests
	case a.Entries != b.Entries:
		return a.Entries < b.Entries
	case a.Extras != b.Extras:
		return a.Extras < b.Extras
	}
	return a.Plain < b.Plain
}

// Shrink looks for the smallest scenario that still fails, where s does: fewest
// requests first, then fewest entries, then fewest other things, then the
// plainest content. It takes things away one after the other and never adds
// one, so it ends, with a scenario from which nothing can be taken alone; or
// earlier with ctx, with the smallest so far.
//
// What is expected follows from what is left: an expectation that the contract
// does not settle any more, for a receiver of that identity, is taken away with
// what it rested on. So no scenario accuses a correct receiver that s does not
// accuse.
func Shrink(ctx context.Context, s Scenario, id Identity, fails Fails) Shrunk {
	k := &shrinker{ctx: ctx, id: id, fails: fails, best: s, asked: map[string]bool{}}
	if hasTwins(s) {
		return k.result() // which of their entries came last is not known here
	}
	k.rewrite()
	for ctx.Err() == nil {
		before := k.best.Size()
		k.steps()
		k.messages()
		k.members()
		k.devices()
		k.entries()
		k.extras()
		k.contents()
		if k.best.Size() == before {
			break
		}
	}
	return k.result()
}

// shrinker holds the smallest scenario that is known to fail.
type shrinker struct {
	ctx    context.Context
	id     Identity
	fails  Fails
	best   Scenario
	asked  map[string]bool // what was played, as it is written, and what came of it
	limits []Limit
	tries  int
}

func (k *shrinker) result() Shrunk {
	k.best.Steps = grouped(k.best)
	s := Shrunk{Scenario: k.best, Tries: k.tries}
	if l, ok := k.entryLimit(); ok {
		s.Limits = append(s.Limits, l)
	}
	for _, l := range k.limits {
		// A limit that was found early may be of what is gone by now.
		if l.Fails == quantity(k.best, l.What) {
			s.Limits = append(s.Limits, l)
		}
	}
	return s
}

// try plays a candidate and keeps it if it is smaller than the best and fails.
func (k *shrinker) try(c Scenario) bool {
	c = sound(c, k.id)
	if !c.Size().Less(k.best.Size()) || !k.play(c) {
		return false
	}
	k.best = c
	return true
}

// play tells whether a scenario fails. It plays none twice: another answer
// would let the shrinking go round in circles.
func (k *shrinker) play(c Scenario) bool {
	c.Steps = grouped(c)
	text := string(Format(Check{Scenarios: []Scenario{c}}))
	fails, asked := k.asked[text]
	if !asked && k.ctx.Err() == nil {
		k.tries++
		fails = k.fails(k.ctx, c)
		k.asked[text] = fails
	}
	return fails
}

// rewrite writes every batch entry by entry, so that each can be taken away.
func (k *shrinker) rewrite() { k.best.Steps = apart(k.best) }

// fewer looks for a small part of n things that still passes the test, which all
// of them do, and leaves it to the test to remember it. First it looks for where
// the part ends and begins, as one thing alone is often to blame; then it takes
// away halves, quarters and so on of what is between.
func fewer(n int, test func(keep []int) bool) {
	keep := make([]int, n)
	for i := range keep {
		keep[i] = i
	}
	end := bisect(1, n, func(m int) bool { return test(keep[:m]) })
	keep = keep[:end]
	begin := bisect(1, end, func(m int) bool { return test(keep[end-m:]) })
	keep = keep[end-begin:]
	for size := len(keep) / 2; size > 0; size /= 2 {
		for from := 0; from+size <= len(keep) && size < len(keep); {
			rest := slices.Concat(keep[:from], keep[from+size:])
			if test(rest) {
				keep = rest
			} else {
				from += size
			}
		}
	}
}

// bisect is the smallest m from low to high that passes the test, if all larger
// ones do too; high is known to.
func bisect(low, high int, test func(m int) bool) int {
	for low < high {
		middle := low + (high-low)/2
		if test(middle) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return high
}

// entryLimit is the number of entries at which a batch begins to fail.
func (k *shrinker) entryLimit() (Limit, bool) {
	below := clone(k.best)
	below.Steps = apart(below)
	if len(below.Steps) != 1 || len(below.Messages) != 1 || len(below.Steps[0].Batch) < 3 {
		return Limit{}, false
	}
	n := len(below.Steps[0].Batch)
	below.Steps[0].Batch = below.Steps[0].Batch[:n-1]
	below = sound(below, k.id)
	if k.play(below) || k.ctx.Err() != nil {
		return Limit{}, false
	}
	below.Steps = grouped(below)
	return Limit{Entries, n, below}, true
}

// quantity is the largest of that quantity in s.
func quantity(s Scenario, q Quantity) int {
	most := 0
	switch q {
	case Entries:
		for _, step := range s.sends() {
			n := 0
			for _, ref := range step.Batch {
				n += ref.entries(s.Message(ref.Message))
			}
			most = max(most, n)
		}
	case ContentBytes:
		for _, m := range s.Messages {
			most = max(most, m.Content.Size)
		}
	case Characters:
		for _, m := range s.Messages {
			for _, n := range m.Lengths {
				most = max(most, n)
			}
		}
	}
	return most
}

// Size is how large the scenario is.
func (s Scenario) Size() Size {
	size := Size{Extras: len(s.Steps) + len(s.Messages) + len(s.Expect) + len(s.Judge.words())}
	for _, step := range s.Steps {
		size.Extras += len(step.Together) + len(step.Expect) + len(step.Provided) + step.Neutral
	}
	for _, step := range s.sends() {
		size.Requests += 1 + len(step.Faults) + len(step.Proxy)
		size.Extras += len(step.Headers) + len(step.Add)
		for _, ref := range step.Batch {
			size.Entries += ref.entries(s.Message(ref.Message))
		}
	}
	for _, m := range s.Messages {
		size.Extras += m.Count + len(m.Devices) + len(m.Differs) + len(m.Lengths) + len(m.Keys)
		for _, odd := range []bool{m.Like != "", m.After != 0, m.When != When{}, m.Planned == mocksender.Traditional, m.Content != Content{}, !usualTimes(m), !usualMethods(m)} {
			if odd {
				size.Extras++
			}
		}
		size.Plain += m.Content.bytes()
		for _, n := range m.Lengths {
			size.Plain += n
		}
	}
	return size
}

// sends are all batches and raw bodies, also those that go together.
func (s *Scenario) sends() []*Step {
	var sends []*Step
	for i := range s.Steps {
		step := &s.Steps[i]
		switch {
		case step.Together != nil:
			for j := range step.Together {
				sends = append(sends, &step.Together[j])
			}
		case step.Batch != nil || step.Raw != nil:
			sends = append(sends, step)
		}
	}
	return sends
}

// bytes is about how long the content is: 0 for the plain one.
func (c Content) bytes() int {
	switch {
	case c.Size > 0:
		return c.Size
	case c.JSON != "":
		return len(c.JSON)
	case c.Kind != "":
		return fixtures.MaxContent + 1 // its name says more than any other form of it
	}
	return 0
}
