package wire

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// requestIDStream keeps the ids apart from what else is drawn from a seed.
const requestIDStream = 0x7265717565737400

// RequestIDLength is the length of a request's idempotency key in bytes.
const RequestIDLength = 36

// AppendRequestID appends the n-th request's idempotency key under a seed, in
// the form of a random UUID.
func AppendRequestID(dst []byte, seed, n uint64) []byte {
	pcg := rand.NewPCG(seed, requestIDStream+n)
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], pcg.Uint64())
	binary.BigEndian.PutUint64(id[8:], pcg.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	var text [RequestIDLength]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return append(dst, text[:]...)
}
