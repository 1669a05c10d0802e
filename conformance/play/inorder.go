package play

import "sync"

// Teller tells what happens in one of several scenarios that are played side by
// side.
type Teller struct {
	all *inOrder
	n   int
}

// inOrder tells one scenario after the other: the first that has not ended as it
// happens, the others later.
type inOrder struct {
	tell func(Trace)

	mu    sync.Mutex
	first int // that has not ended
	held  [][]Trace
	ended []bool
}

// InOrder are the tellers of so many scenarios.
func InOrder(tell func(Trace), scenarios int) []Teller {
	all := &inOrder{tell: tell, held: make([][]Trace, scenarios), ended: make([]bool, scenarios)}
	tellers := make([]Teller, scenarios)
	for n := range tellers {
		tellers[n] = Teller{all, n}
	}
	return tellers
}

// Tell tells something of the scenario.
func (t Teller) Tell(what Trace) {
	q := t.all
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.n == q.first {
		q.tell(what)
	} else {
		q.held[t.n] = append(q.held[t.n], what)
	}
}

// End says that the scenario has ended.
func (t Teller) End() {
	q := t.all
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.ended[t.n] = true; q.first < len(q.ended) && q.ended[q.first]; {
		if q.first++; q.first < len(q.held) {
			for _, what := range q.held[q.first] {
				q.tell(what)
			}
			q.held[q.first] = nil
		}
	}
}
