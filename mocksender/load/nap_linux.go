package load

import (
	"syscall"
	"time"
)

// canNap tells whether nap waits more finely than a timer does: the runtime's
// timers are as coarse as a millisecond while it waits for the network.
const canNap = true

// nap waits without the runtime's timers, to about a twentieth of a millisecond.
// It can't be ended early.
func nap(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&ts, nil) // shorter, if a signal comes
}
