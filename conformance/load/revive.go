package load

import (
	"fmt"
	"sync"
)

// ends are how the receiver ended of its own, since they were told last.
type ends struct {
	mu  sync.Mutex
	how []string
}

func (e *ends) add(how string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.how = append(e.how, how)
}

// tell takes over into the report how the receiver ended; gone is why it was not
// started again the last time.
func (e *ends) tell(rep *Report, gone error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, how := range e.how {
		rep.Crashed = how
		rep.Notes = append(rep.Notes, fmt.Sprintf("the receiver %s, and was started again", how))
	}
	if len(e.how) > 0 && gone != nil {
		rep.Notes = rep.Notes[:len(rep.Notes)-1] // which was not
	}
	e.how = nil
}
