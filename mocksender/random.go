package mocksender

import (
	"encoding/binary"
	"hash/fnv"
)

// jitterStream keeps the jitter apart from what else is drawn from a seed.
const jitterStream = 0x6a69747465720000

// mixSeed makes a seed of a seed and the bytes that it is for.
func mixSeed(seed uint64, data []byte) uint64 {
	h := fnv.New64a()
	h.Write(binary.BigEndian.AppendUint64(nil, seed))
	h.Write(data)
	return h.Sum64()
}
