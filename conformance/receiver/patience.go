package receiver

import "time"

const (
	againGrace = time.Second            // for one that has outlived the whole grace before
	closeGrace = 500 * time.Millisecond // at the end, of which nothing is judged any more
)

// patience is how long a receiver may take to end once it is asked to: the
// whole grace until it has outlived that, little from then on.
type patience struct {
	grace    time.Duration
	outlived bool
}

// now is how long the receiver may take this time.
func (p *patience) now() time.Duration {
	if p.outlived {
		return min(againGrace, p.grace)
	}
	return p.grace
}

// end is how long it may take at the very end: nothing where it is known not to
// end.
func (p *patience) end() time.Duration {
	if p.outlived {
		return 0
	}
	return min(closeGrace, p.grace)
}

// outlive is the error of a receiver that was killed after now.
func (p *patience) outlive(receiver, signal, remedy string) *StopError {
	e := &StopError{Receiver: receiver, Signal: signal, After: p.now(), Remedy: remedy, Again: p.outlived}
	p.outlived = true
	return e
}
