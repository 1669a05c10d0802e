package load

import "github.com/ctxpush/ctxpush/mocksender/internal/wire"

// headMaker makes the heads of requests, which differ in their length and in
// Profile2026 in their id.
type headMaker struct {
	start []byte // all but the length
	id    int    // where the request's id is in it; -1 where it has none
	seed  uint64
}

// maxEnd is the longest that AppendEnd appends.
const maxEnd = len("Content-Length: 9223372036854775807\r\n\r\n")

func newHeadMaker(c Config) (headMaker, error) {
	to, err := c.endpoint()
	if err != nil {
		return headMaker{}, err
	}
	h := headMaker{start: to.AppendStart(nil), id: -1, seed: c.Seed}
	for _, f := range c.request().Fields {
		if f.Value == requestIDMark {
			h.id = len(h.start) + len(f.Name) + len(": ")
		}
		h.start = wire.AppendField(h.start, f.Name, f.Value)
	}
	return h, nil
}

// size is the longest that a head can be.
func (h headMaker) size() int { return len(h.start) + maxEnd }

// put writes the head so that it ends where room ends, and tells where it
// starts.
func (h headMaker) put(room []byte, id BatchID, body int) int {
	var buf [maxEnd]byte
	end := wire.AppendEnd(buf[:0], body)
	start := len(room) - len(h.start) - len(end)
	copy(room[start:], h.start)
	copy(room[len(room)-len(end):], end)
	if h.id >= 0 {
		at := start + h.id
		wire.AppendRequestID(room[at:at], h.seed, uint64(id))
	}
	return start
}
