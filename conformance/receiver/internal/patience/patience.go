// Package patience says how long a receiver may take to end.
package patience

import "time"

const (
	againGrace = time.Second            // for one that has outlived the whole grace before
	closeGrace = 500 * time.Millisecond // at the end, of which nothing is judged any more
)

// Patience is how long a receiver may take to end once it is asked to: the whole
// grace until it has outlived that, little from then on.
type Patience struct {
	Grace    time.Duration
	outlived bool
}

// Now is how long the receiver may take this time.
func (p *Patience) Now() time.Duration {
	if p.outlived {
		return min(againGrace, p.Grace)
	}
	return p.Grace
}

// End is how long it may take at the very end: nothing where it is known not to
// end.
func (p *Patience) End() time.Duration {
	if p.outlived {
		return 0
	}
	return min(closeGrace, p.Grace)
}

// Outlive notes a receiver that was killed after Now, which is returned, and tells
// whether it was so before.
func (p *Patience) Outlive() (after time.Duration, again bool) {
	after, again = p.Now(), p.outlived
	p.outlived = true
	return after, again
}
