package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/ready"
)

// EndStrays kills the processes whose mark pick picks, and those that they start
// meanwhile, and returns when they have ended.
func EndStrays(pick func(mark string) bool) error {
	for deadline := time.Now().Add(reapFor); ; {
		left := strays(pick)
		if len(left) == 0 {
			return nil
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by now
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d is left over: it did not end within %s of SIGKILL", left[0], reapFor)
		}
		time.Sleep(ready.PollEvery)
	}
}

// strays are the processes whose mark pick picks. One that has ended and is not
// reaped yet has no environment any more.
func strays(pick func(mark string) bool) []int {
	var found []int
	environs, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is right
	for _, path := range environs {
		environ, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended, or is another user's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if mark, marked := markOf(environ); err == nil && marked && pid != os.Getpid() && pick(mark) {
			found = append(found, pid)
		}
	}
	return found
}

func markOf(environ []byte) (string, bool) {
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if mark, ok := bytes.CutPrefix(variable, []byte(MarkVariable+"=")); ok {
			return string(mark), true
		}
	}
	return "", false
}
