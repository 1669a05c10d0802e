//go:build !linux

package owner

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	gops "github.com/shirou/gopsutil/v4/process"
)

// thisHost names the space in which a process has one number, and the user.
func thisHost() string {
	name, _ := os.Hostname()
	return fmt.Sprintf("%s/%d", name, os.Getuid())
}

// StartOf says when a process started, in milliseconds since 1970; empty for
// one that has ended. The other result is whether that is known.
func StartOf(pid int) (string, bool) {
	p, err := gops.NewProcess(int32(pid))
	if err != nil {
		return "", errors.Is(err, gops.ErrorProcessNotRunning)
	}
	created, err := p.CreateTime()
	if err != nil {
		return "", false
	}
	return strconv.FormatInt(created, 10), true
}
