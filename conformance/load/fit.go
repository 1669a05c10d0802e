package load

import "github.com/ctxpush/ctxpush/fixtures/traffic"

const (
	// fitted is up to how many requests a level's messages are counted out. The
	// rest of the histories that a longer one has begun is a small part of it.
	fitted = 4000
	// fits is how often a number of messages is tried.
	fits = 12
)

// fitting is how many messages make about so many requests, but no more where
// that can be, until all their histories are complete: at a low rate, what a
// level has begun would otherwise last longer than the level. 0 is without end,
// where there are too many requests for that to matter.
func fitting(o traffic.Options, requests uint64) (uint64, error) {
	if requests > fitted {
		return 0, nil
	}
	requests = max(1, requests)
	low, high := uint64(0), uint64(0)                       // messages: the most that fit, and the fewest that are too many
	n := max(1, requests*uint64(o.Batch.Min+o.Batch.Max)/4) // a message has about two entries
	for range fits {
		o.Messages = n
		made, err := made(o, 2*requests)
		if err != nil {
			return 0, err
		}
		if made > requests {
			high = n
		} else if low = n; made*20 >= requests*19 {
			break
		}
		switch {
		case high == 0:
			n = max(n+1, n*requests/max(1, made))
		case high-low <= 1:
			return max(1, low), nil
		default:
			n = low + (high-low)/2
		}
	}
	return max(1, low), nil
}

// made counts a traffic's requests, up to a limit.
func made(o traffic.Options, limit uint64) (n uint64, err error) {
	t, err := traffic.New(o)
	if err != nil {
		return 0, err
	}
	for m := t.Maker(); n < limit; n++ {
		if _, ok := m.Next(); !ok {
			break
		}
	}
	return n, nil
}
