package process

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/owner"
)

// endWithParent has the kernel kill the child when the thread that starts it
// ends, and so also when this process is killed. It reaches the process itself,
// not its children.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// running reports whether a process of the group has not ended: one whose
// parent does not reap it stays in its group for good.
func running(group int) bool {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return true
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		fields := owner.StatFields(stat)
		if len(fields) > 2 && string(fields[2]) == strconv.Itoa(group) && string(fields[0]) != "Z" && string(fields[0]) != "X" {
			return true
		}
	}
	return false
}
