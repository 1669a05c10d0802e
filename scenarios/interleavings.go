package scenarios

import "iter"

// Bound is how far interleavings go. Both fields are at least 1.
type Bound struct {
	Entries int // how many entries arrive at most, copies counted
	Copies  int // how often one entry arrives at most
}

// Interleavings are all schedules of a message within the bound, each once, the
// smallest first: by their entries, then by their order, then by their batches.
//
// What is symmetric comes once:
//
//   - Copies of an entry are the same bytes, so exchanging two of them gives the
//     same schedule. An order is a sequence of entries, not of copies, and each
//     sequence is made once.
//   - A batch is a sequence, too: a receiver reads an array from its beginning,
//     so its inner order is kept apart.
//   - Of two batches at once neither is the first, but they differ in which of
//     them is on the connection that carried the batches before. Both directions
//     are made, since both orders of the entries are; two batches that are equal
//     are made once.
//   - Three batches at once are left out: what a third one may meet are the
//     states between two others, and each of these occurs in a round of two.
func Interleavings(m Message, b Bound) iter.Seq[Schedule] {
	return func(yield func(Schedule) bool) {
		for n := 1; n <= b.Entries; n++ {
			for s := range interleavingsOf(m, n, b) {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// interleavingsOf are the interleavings of exactly n entries.
func interleavingsOf(m Message, n int, b Bound) iter.Seq[Schedule] {
	return func(yield func(Schedule) bool) {
		for order := range orders(m, n, b.Copies) {
			for rounds := range groupings(order) {
				if !yield(Schedule{Message: m, Rounds: rounds}) {
					return
				}
			}
		}
	}
}

// orders are all sequences of n entries of the message that hold each final one,
// and none more often than copies.
func orders(m Message, n, copies int) iter.Seq[[]Ref] {
	entries, final := m.Entries()
	return func(yield func([]Ref) bool) {
		missing := 0 // final entries that the sequence does not hold yet
		for _, f := range final {
			if f {
				missing++
			}
		}
		used := make([]int, len(entries))
		order := make([]Ref, 0, n)
		var extend func() bool
		extend = func() bool {
			if len(order) == n {
				return yield(append([]Ref(nil), order...))
			}
			for i, e := range entries {
				if used[i] == copies {
					continue
				}
				news := final[i] && used[i] == 0
				if !news && n-len(order) == missing {
					continue // the places that are left belong to what is missing
				}
				if news {
					missing--
				}
				used[i]++
				order = append(order, e)
				more := extend()
				order = order[:len(order)-1]
				used[i]--
				if news {
					missing++
				}
				if !more {
					return false
				}
			}
			return true
		}
		if missing <= n {
			extend()
		}
	}
}

// groupings are all ways to cut an order into batches, the fewest first; each
// with no batches at once, and with each two neighbours.
func groupings(order []Ref) iter.Seq[[]Round] {
	return func(yield func([]Round) bool) {
		for k := 1; k <= len(order); k++ {
			for cut := range cuts(order, k) {
				for pair := -1; pair < k-1; pair++ {
					if !yield(rounds(cut, pair)) {
						return
					}
				}
			}
		}
	}
}

// cuts are all ways to cut an order into exactly k batches. What is yielded is
// made anew by the next.
func cuts(order []Ref, k int) iter.Seq[[][]Ref] {
	return func(yield func([][]Ref) bool) {
		cut := make([][]Ref, 0, k)
		var take func(rest []Ref) bool
		take = func(rest []Ref) bool {
			left := k - len(cut)
			if left == 1 {
				return yield(append(cut, rest))
			}
			for size := 1; size <= len(rest)-left+1; size++ {
				cut = append(cut, rest[:size:size])
				more := take(rest[size:])
				cut = cut[:len(cut)-1]
				if !more {
					return false
				}
			}
			return true
		}
		take(order)
	}
}

// rounds is a round for each batch, but one for the batches pair and pair+1; no
// batches are at once where pair is -1.
func rounds(batches [][]Ref, pair int) []Round {
	all := append([][]Ref(nil), batches...)
	rounds := make([]Round, 0, len(all))
	for i := 0; i < len(all); i++ {
		if i == pair {
			rounds = append(rounds, all[i:i+2:i+2])
			i++
		} else {
			rounds = append(rounds, all[i:i+1:i+1])
		}
	}
	return rounds
}
