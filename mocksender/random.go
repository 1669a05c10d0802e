package mocksender

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
)

// Each use of a seed draws from a stream of its own, so that one does not
// repeat another's numbers.
const (
	jitterStream    = 0x6a69747465720000
	requestIDStream = 0x7265717565737400
)

// mixSeed makes a seed of a seed and the bytes that it is for.
func mixSeed(seed uint64, data []byte) uint64 {
	h := fnv.New64a()
	h.Write(binary.BigEndian.AppendUint64(nil, seed))
	h.Write(data)
	return h.Sum64()
}

// requestID is the n-th request's idempotency key under a seed, in the form of
// a random UUID.
func requestID(seed, n uint64) string {
	pcg := rand.NewPCG(seed, requestIDStream+n)
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], pcg.Uint64())
	binary.BigEndian.PutUint64(id[8:], pcg.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
