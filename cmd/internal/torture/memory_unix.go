//go:build unix && !linux

package torture

import (
	"os/exec"
	"runtime"
	"syscall"
)

// waitMeasured waits for the command's end and tells the most resident memory,
// in bytes, that it had.
func waitMeasured(cmd *exec.Cmd) (peak int64, err error) {
	err = cmd.Wait()
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, err
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss), err
	}
	return int64(usage.Maxrss) << 10, err
}
