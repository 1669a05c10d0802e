package receiver

import (
	"os"
	"sync"
)

// markVariable marks, in their environment, the processes that a receiver's
// process starts with whose they are.
const markVariable = "CTXPUSH_OWNER"

// removeStaleOnce removes what runs that were killed have left on this machine:
// processes and temporary folders. What stays here is found by the next run.
var removeStaleOnce = sync.OnceFunc(func() {
	_ = endStrays(func(mark string) bool { return ownerOfMark(mark).gone() })
	removeStaleTemps(os.TempDir())
})
