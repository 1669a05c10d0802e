// Package owner tells which process made what is found later: one that was killed
// can't remove what it made.
package owner

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Owner is the process that made something: the host that it runs on, its number
// there, and since when it has that number.
type Owner struct{ Host, PID, Started string }

// Self is this process.
var Self = sync.OnceValue(func() Owner {
	pid := os.Getpid()
	started, _ := StartOf(pid)
	sum := sha256.Sum256([]byte(thisHost()))
	return Owner{Host: hex.EncodeToString(sum[:8]), PID: strconv.Itoa(pid), Started: started}
})

// Mark names o and one of a run's receivers where there is but a word for it.
func (o Owner) Mark(receiver string) string {
	return strings.Join([]string{o.Host, o.PID, o.Started, receiver}, "-")
}

// OfMark is the owner that a mark names; the zero Owner where it names none.
func OfMark(mark string) Owner {
	parts := strings.Split(mark, "-")
	if len(parts) != 4 {
		return Owner{}
	}
	return Owner{Host: parts[0], PID: parts[1], Started: parts[2]}
}

// IsGone reports whether o has certainly ended. What can't be seen from here,
// such as a process of another host, user or container, may be alive.
func (o Owner) IsGone() bool {
	pid, err := strconv.Atoi(o.PID)
	if err != nil || pid <= 0 || o.Started == "" || o.Host != Self().Host {
		return false
	}
	started, known := StartOf(pid)
	return known && started != o.Started
}
