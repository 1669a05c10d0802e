//go:build !linux

package load

import "time"

// canNap tells whether nap waits more finely than a timer does.
const canNap = false

func nap(time.Duration) {}
