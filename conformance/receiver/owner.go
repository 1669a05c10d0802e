package receiver

import (
	"os"
	"strconv"
	"sync"
)

// The labels of what is made for a run.
const (
	labelRun      = "ctxpush.run"      // Env.RunID
	labelReceiver = "ctxpush.receiver" // one of a run's receivers
	labelHost     = "ctxpush.host"     // where the run's process is
	labelPID      = "ctxpush.pid"      // its number there
	labelStarted  = "ctxpush.started"  // since when it has that number
)

// owner is the process that made something.
type owner struct{ host, pid, started string }

// self is this process.
var self = sync.OnceValue(func() owner {
	pid := os.Getpid()
	started, _ := startOf(pid)
	return owner{host: thisHost(), pid: strconv.Itoa(pid), started: started}
})

func ownerOf(labels map[string]string) owner {
	return owner{host: labels[labelHost], pid: labels[labelPID], started: labels[labelStarted]}
}

// labels name o, a run and one of its receivers.
func (o owner) labels(run, receiver string) map[string]string {
	return map[string]string{
		labelRun:      run,
		labelReceiver: receiver,
		labelHost:     o.host,
		labelPID:      o.pid,
		labelStarted:  o.started,
	}
}

// gone reports whether o has certainly ended. What can't be seen from here,
// such as a process of another host, user or container, may be alive.
func (o owner) gone() bool {
	pid, err := strconv.Atoi(o.pid)
	if err != nil || pid <= 0 || o.started == "" || o.host != self().host {
		return false
	}
	started, known := startOf(pid)
	return known && started != o.started
}
