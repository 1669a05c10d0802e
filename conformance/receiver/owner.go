package receiver

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
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

// imageRepo is the repository of the images that are built for a run. Its name
// holds a registry, so that testcontainers looks for it in no other one.
const imageRepo = "localhost/ctxpush"

// owner is the process that made something.
type owner struct{ host, pid, started string }

// self is this process.
var self = sync.OnceValue(func() owner {
	pid := os.Getpid()
	started, _ := startOf(pid)
	sum := sha256.Sum256([]byte(thisHost()))
	return owner{host: hex.EncodeToString(sum[:8]), pid: strconv.Itoa(pid), started: started}
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

// mark names o and one of a run's receivers where there is but a word for it.
func (o owner) mark(receiver string) string {
	return strings.Join([]string{o.host, o.pid, o.started, receiver}, "-")
}

func ownerOfMark(mark string) owner {
	parts := strings.Split(mark, "-")
	if len(parts) != 4 {
		return owner{}
	}
	return owner{host: parts[0], pid: parts[1], started: parts[2]}
}

// image is the name of an image that o builds for one of a run's receivers. An
// image carries its owner in its name: each label would be a step of the build.
func (o owner) image(receiver string) string { return imageRepo + ":" + o.mark(receiver) }

func ownerOfImage(name string) owner {
	tag, ours := strings.CutPrefix(name, imageRepo+":")
	if !ours {
		return owner{}
	}
	return ownerOfMark(tag)
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
