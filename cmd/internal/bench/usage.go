package bench

import (
	"os"
	"time"
)

// usage is what a process has used in its life. What this system does not tell
// is 0.
type usage struct {
	cpu    time.Duration
	memory int64 // resident at most, in bytes
}

// usageOf is the usage of a process that has ended.
func usageOf(p *os.ProcessState) usage {
	return usage{cpu: p.UserTime() + p.SystemTime(), memory: memoryOf(p)}
}
