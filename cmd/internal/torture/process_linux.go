package torture

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// descendants are the processes that carry the mark in their environment, each
// with its command line: all that a marked process has started, whoever their
// parent is by now.
func descendants(mark string) []string {
	var found []string
	environs, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is right
	for _, name := range environs {
		env, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(env, []byte(mark)) {
			continue
		}
		dir := filepath.Dir(name)
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // it may have ended meanwhile
		text := strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))
		if text != "" {
			found = append(found, fmt.Sprintf("process %s: %s", filepath.Base(dir), text))
		}
	}
	return found
}

// lingering are the descendants that are still there after a moment: one that
// was killed may take a while to be gone.
func lingering(mark string) []string {
	deadline := time.Now().Add(time.Second)
	for {
		left := descendants(mark)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// processNow is the resident memory, in bytes, and the number of open files of
// the process: a number, or self.
func processNow(pid string) (resident int64, files int, err error) {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, 0, err
	}
	_, after, ok := bytes.Cut(status, []byte("\nVmRSS:"))
	if _, err := fmt.Fscan(bytes.NewReader(after), &resident); !ok || err != nil {
		return 0, 0, fmt.Errorf("process %s has no memory any more", pid)
	}
	open, err := os.ReadDir("/proc/" + pid + "/fd")
	return resident << 10, len(open), err
}
