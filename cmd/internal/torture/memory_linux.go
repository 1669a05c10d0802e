package torture

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// waitMeasured waits for the command's end and tells the most resident memory,
// in bytes, that it had. What the kernel tells at its end (ru_maxrss) is of no
// use: it begins with the memory of the process that the command was forked from.
func waitMeasured(cmd *exec.Cmd) (peak int64, err error) {
	ended, most := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		var high int64
		for {
			high = max(high, highWater(cmd.Process.Pid))
			select {
			case <-tick.C:
			case <-ended:
				most <- high
				return
			}
		}
	}()
	err = cmd.Wait()
	close(ended)
	return <-most, err
}

// highWater is the most resident memory that the process had since it began to
// run its program; 0 where it has ended.
func highWater(pid int) int64 {
	var kb int64
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	if _, after, ok := bytes.Cut(status, []byte("\nVmHWM:")); ok {
		_, _ = fmt.Fscan(bytes.NewReader(after), &kb) // 0 then
	}
	return kb << 10
}
