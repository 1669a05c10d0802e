package owner

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// thisHost names the space in which a process has one number: the host, since
// its boot, in this PID namespace; and the user, who may see no others.
func thisHost() string {
	name, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid")
	return fmt.Sprintf("%s/%s/%s/%d", name, strings.TrimSpace(string(boot)), space, os.Getuid())
}

// StartOf says when a process started, in ticks since the boot, which no change
// of the clock moves; empty for one that has ended. The other result is
// whether that is known.
func StartOf(pid int) (string, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", errors.Is(err, fs.ErrNotExist)
	}
	const state, startTime = 0, 19
	fields := StatFields(stat)
	if len(fields) <= startTime {
		return "", false
	}
	if s := string(fields[state]); s == "Z" || s == "X" {
		return "", true
	}
	return string(fields[startTime]), true
}

// StatFields are the fields of /proc/PID/stat from the state on: the name
// before them may hold anything.
func StatFields(stat []byte) [][]byte {
	return bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
}
