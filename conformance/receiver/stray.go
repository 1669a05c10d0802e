package receiver

import "sync"

// markVariable marks, in their environment, the processes that a receiver's
// process starts with whose they are.
const markVariable = "CTXPUSH_OWNER"

// endStaleOnce ends what receivers of runs that were killed have left running.
// What stays here is found by the next run.
var endStaleOnce = sync.OnceFunc(func() {
	_ = endStrays(func(mark string) bool { return ownerOfMark(mark).gone() })
})
