package load

import "time"

// maxWaiting is how many batches wait to be sent again at most: 16 MB of them.
const maxWaiting = 1 << 20

// retry is a batch that waits to be sent again. Its key is when it is due, in
// microseconds after the start, and in the lowest bits the number of the
// attempt, from 2: that is enough for eight years and 65,535 attempts.
type retry struct {
	id  BatchID
	key uint64
}

const attemptBits = 16

func newRetry(id BatchID, due time.Duration, attempt int) retry {
	us := max(0, (due+time.Microsecond-1)/time.Microsecond)
	return retry{id, uint64(us)<<attemptBits | uint64(attempt)}
}

func (r retry) due() time.Duration { return time.Duration(r.key>>attemptBits) * time.Microsecond }

func (r retry) attempt() int { return int(r.key & (1<<attemptBits - 1)) }

// retries is a heap with what is due first at its top.
type retries []retry

// top is when the first is due; Never if none waits.
func (h retries) top() time.Duration {
	if len(h) == 0 {
		return Never
	}
	return h[0].due()
}

func (h *retries) push(r retry) {
	s := append(*h, r)
	*h = s
	for i := len(s) - 1; i > 0; {
		parent := (i - 1) / 2
		if s[parent].key <= s[i].key {
			break
		}
		s[parent], s[i] = s[i], s[parent]
		i = parent
	}
}

// pop takes the top of a heap that has one.
func (h *retries) pop() retry {
	s := *h
	first := s[0]
	last := len(s) - 1
	s[0] = s[last]
	s = s[:last]
	*h = s
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1].key < s[child].key {
			child++
		}
		if s[i].key <= s[child].key {
			break
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
	return first
}
