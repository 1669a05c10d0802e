package load

import "fmt"

// Faults is what goes wrong on the wire: each is a share, 0 to 1, of all
// attempts. Which attempts they are follows from the seed, the batch and the
// attempt's number; a retry is struck anew. They add up to at most 1, since one
// attempt has at most one fault.
type Faults struct {
	// LostAck loses the acknowledgement: the request is sent whole, and the
	// connection cut as the answer begins to come. The batch comes again.
	LostAck float64
	// Slow sends the body in pieces with pauses between them.
	Slow float64
	// Reset resets the connection in the middle of the body. The batch comes
	// again.
	Reset float64
}

// Validate says which share is out of its range, nil if none is.
func (f Faults) Validate() error {
	for _, s := range []struct {
		name  string
		share float64
	}{{"lost-ack", f.LostAck}, {"slow", f.Slow}, {"reset", f.Reset}} {
		if !(s.share >= 0 && s.share <= 1) {
			return fmt.Errorf("fault %s: share %v: want 0 to 1", s.name, s.share)
		}
	}
	if sum := f.LostAck + f.Slow + f.Reset; sum > 1 {
		return fmt.Errorf("faults: lost-ack, slow and reset strike a share of %v together: want at most 1", sum)
	}
	return nil
}

// fault is what strikes one attempt.
type fault uint8

const (
	noFault fault = iota
	lostAck
	slow
	reset
	faultKinds
)

var faultNames = [faultKinds]string{lostAck: "lost-ack", slow: "slow", reset: "reset"}

// of is the fault of one attempt.
func (f Faults) of(seed uint64, id BatchID, attempt int) fault {
	if f == (Faults{}) {
		return noFault
	}
	x := unit(seed^faultStream, id, attempt)
	for _, s := range [...]struct {
		share float64
		fault fault
	}{{f.LostAck, lostAck}, {f.Slow, slow}, {f.Reset, reset}} {
		if x < s.share {
			return s.fault
		}
		x -= s.share
	}
	return noFault
}

// Each use of the seed has a stream of its own, so that one does not follow
// another.
const (
	faultStream  = 0x6661756c74000000
	jitterStream = 0x6a69747465720000
)

// unit is a number in [0, 1) that follows from the seed, the batch and the
// attempt.
func unit(seed uint64, id BatchID, attempt int) float64 {
	x := mix(mix(mix(seed)^uint64(id)) + uint64(attempt))
	return float64(x>>11) / (1 << 53)
}

// mix spreads the bits of x: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
