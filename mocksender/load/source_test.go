package load_test

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/ctxpush/ctxpush/mocksender/load"
)

// source is traffic for tests: n batches, 0 for no end, whose bodies are as long
// as they ought to be and name their batch.
type source struct {
	n    uint64
	size int // of a body, about

	next     atomic.Uint64
	finished atomic.Bool

	mu      sync.Mutex
	settled map[load.BatchID]bool // acknowledged or not; nil: not kept
	twice   []load.BatchID        // settled more than once
}

func newSource(n uint64, size int) *source {
	return &source{n: n, size: size, settled: map[load.BatchID]bool{}}
}

func (s *source) Maker() load.Maker { return maker{s} }

func (s *source) Finish() { s.finished.Store(true) }

func (s *source) Settled(id load.BatchID, acknowledged bool) {
	if s.settled == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, again := s.settled[id]; again {
		s.twice = append(s.twice, id)
	}
	s.settled[id] = acknowledged
}

type maker struct{ s *source }

func (m maker) Next() (load.BatchID, bool) {
	if m.s.finished.Load() {
		return 0, false
	}
	i := m.s.next.Add(1)
	if m.s.n > 0 && i > m.s.n {
		return 0, false
	}
	return load.BatchID(i), true
}

var filler = bytes.Repeat([]byte{'x'}, 64<<10)

func (m maker) Append(dst []byte, id load.BatchID) ([]byte, int) {
	dst = append(dst, `[{"batch":`...)
	dst = strconv.AppendUint(dst, uint64(id), 10)
	dst = append(dst, `,"fill":"`...)
	for left := m.s.size; left > 0; left -= len(filler) {
		dst = append(dst, filler[:min(left, len(filler))]...)
	}
	return append(dst, `"}]`...), 3
}

// body is what a batch's body must be.
func (s *source) body(id load.BatchID) string {
	b, _ := maker{s}.Append(nil, id)
	return string(b)
}

// batchOf is the batch that a body names.
func batchOf(body []byte) (load.BatchID, error) {
	var id load.BatchID
	_, err := fmt.Sscanf(string(body[:min(len(body), 40)]), `[{"batch":%d,`, &id)
	return id, err
}
