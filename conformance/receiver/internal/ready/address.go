package ready

import "sync/atomic"

// Address is where a receiver is reached, which is asked for while it is
// started again.
type Address struct{ url atomic.Pointer[string] }

// Set is where the receiver is from now on.
func (a *Address) Set(url string) { a.url.Store(&url) }

// Get is empty before the first start.
func (a *Address) Get() string {
	if url := a.url.Load(); url != nil {
		return *url
	}
	return ""
}
