package service

import (
	"slices"
	"time"
)

// due is something that happens at a time, in little space: there may be a million.
type due struct {
	ns      int64  // since 1970
	message uint64 // the message's or the delivery's id
	change  uint32
	struck  bool
	kind    dueKind
}

func dueAt(at time.Time, kind dueKind, r ref) due {
	return due{at.UnixNano(), r.message, r.change, r.struck, kind}
}

func (d due) ref() ref { return ref{d.message, d.change, d.struck} }

func (d due) at() time.Time { return time.Unix(0, d.ns).UTC() }

type dueKind uint8

const (
	stepDue    dueKind = iota // a message's next step
	attemptDue                // a delivery's next attempt
	entryDue                  // an entry that was held back comes to the queue
)

// ref is a Ref in little space, and whether a fault has struck it already.
type ref struct {
	message uint64
	change  uint32
	struck  bool
}

func (r ref) public() Ref { return Ref{r.message, int(r.change)} }

type dueHeap []due

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].ns < h[j].ns }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(due)) }
func (h *dueHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = slices.Delete(old, len(old)-1, len(old))
	return x
}
