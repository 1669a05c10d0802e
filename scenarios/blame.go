package scenarios

import (
	"cmp"
	"slices"
)

// Blame finds out which of n entries a batch is refused for. refused tells of
// a batch of some of them, by their places from 0. Each part of the answer is a
// few entries that are refused although nothing stands beside them, one alone
// in most cases; without all of them the rest is taken. Blame gives up, with no
// answer, on batches that are refused for their size: where more than two
// entries are needed.
func Blame(n int, refused func(keep []int) bool) [][]int {
	const (
		together = 2 // entries that may be to blame only side by side
		most     = 5 // parts; a batch that has more is refused for what all have
	)
	rest := make([]int, n)
	for i := range rest {
		rest[i] = i
	}
	var blamed [][]int
	for len(rest) > 0 && refused(rest) {
		part := rest
		fewer(len(rest), func(keep []int) bool {
			bad := pick(rest, keep)
			if !refused(bad) {
				return false
			}
			part = bad
			return true
		})
		if len(part) > together || len(part) == n || len(blamed) == most {
			return nil
		}
		blamed = append(blamed, part)
		rest = slices.DeleteFunc(slices.Clone(rest), func(i int) bool { return slices.Contains(part, i) })
	}
	return blamed
}

// Request is the scenario's n-th batch or raw body, counted from 1; those that
// go together count in their order. It is nil where there are fewer.
func (s *Scenario) Request(n int) *Step {
	if sends := s.sends(); n >= 1 && n <= len(sends) {
		return sends[n-1]
	}
	return nil
}

// Keeping is the scenario with only some entries of its n-th request, by their
// places from 0, and without the expectations that they settled.
func (s Scenario) Keeping(id Identity, n int, keep []int) Scenario {
	c := clone(s)
	c.Steps = apart(s)
	send := c.Request(n)
	send.Batch = pick(send.Batch, keep)
	c = sound(c, id)
	c.Steps = grouped(c)
	return c
}

// Unjudged is the scenario without any expectation of a state.
func (s Scenario) Unjudged() Scenario {
	s.Expect = nil
	s.Steps = slices.DeleteFunc(slices.Clone(s.Steps), func(step Step) bool { return step.Expect != nil })
	return s
}

// Acknowledged tells whether the step is a request that must be acknowledged.
func (s Step) Acknowledged() bool { return cmp.Or(s.Answer, Acknowledge) == Acknowledge }
