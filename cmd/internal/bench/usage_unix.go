//go:build unix

package bench

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// selfCPU is the processor time of this process so far.
func selfCPU() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // can't fail with these arguments
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// memoryOf is the most that an ended process had resident, in bytes.
func memoryOf(p *os.ProcessState) int64 {
	r, ok := p.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin" || runtime.GOOS == "ios": // in bytes there, elsewhere in KiB
		return int64(r.Maxrss)
	}
	return int64(r.Maxrss) << 10
}
