//go:build unix

package files

import (
	"math"
	"os"
	"syscall"
)

// Left is how many files this process may have open at once, and how many it may
// open besides those that it has.
func Left() (limit, left int) {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil || uint64(r.Cur) > math.MaxInt32 {
		return math.MaxInt32, math.MaxInt32
	}
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return int(r.Cur), 0 // there was none left for the look
	}
	return int(r.Cur), max(0, int(r.Cur)-len(open)+1) // but for the look itself
}
