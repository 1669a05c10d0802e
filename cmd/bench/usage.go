package main

import (
	"os"
	"syscall"
	"time"
)

// usage is what a process has used in its life.
type usage struct {
	cpu    time.Duration
	memory int64 // resident at most, in bytes
}

func selfUsage() syscall.Rusage {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // can't fail with these arguments
	return r
}

func cpuOf(r syscall.Rusage) time.Duration {
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// usageOf is the usage of a process that has ended.
func usageOf(p *os.ProcessState) usage {
	r, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return usage{cpu: p.UserTime() + p.SystemTime()}
	}
	return usage{cpuOf(*r), r.Maxrss << 10}
}
