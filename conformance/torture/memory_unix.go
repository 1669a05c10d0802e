//go:build unix

package torture

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the most resident memory, in bytes, that the process or one
// that it waited for had.
func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10
}
