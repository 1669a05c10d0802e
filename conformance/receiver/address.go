package receiver

import "sync/atomic"

// address is where a receiver is reached, which is asked for while it is
// started again.
type address struct{ url atomic.Pointer[string] }

func (a *address) set(url string) { a.url.Store(&url) }

// get is empty before the first start.
func (a *address) get() string {
	if url := a.url.Load(); url != nil {
		return *url
	}
	return ""
}
