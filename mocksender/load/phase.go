package load

import "time"

// begin runs the clock.
func (e *engine) begin() {
	e.start = time.Now()
	if e.config.Duration > 0 {
		e.mu.Lock()
		e.timer = time.AfterFunc(e.config.Duration, e.timeUp)
		e.mu.Unlock()
	}
}

// timeUp ends the time in which new requests are due.
func (e *engine) timeUp() {
	e.mu.Lock()
	backlog := e.config.Pace != nil && !e.over && !e.stopped.Load() && e.nextDue < e.config.Duration
	if backlog {
		e.timer = time.AfterFunc(grace, e.finish)
	}
	e.mu.Unlock()
	if !backlog {
		e.finish()
	}
}

// finish begins the drain.
func (e *engine) finish() {
	e.finishOnce.Do(func() {
		e.config.Source.Finish()
		e.mu.Lock()
		defer e.mu.Unlock()
		e.giveUpBacklog()
		e.draining = true
		if e.timer != nil {
			e.timer.Stop()
		}
		switch {
		case e.stopped.Load():
		case e.config.Drain < 0:
			e.stopLocked(false)
		default:
			e.timer = time.AfterFunc(e.config.Drain, func() { e.stop(false) })
			e.rouse()
		}
	})
}

// giveUpBacklog counts what was due and is not begun.
func (e *engine) giveUpBacklog() {
	if e.draining || e.over || e.config.Pace == nil {
		return
	}
	end := e.now()
	if e.config.Duration > 0 {
		end = min(end, e.config.Duration)
	}
	n := e.overdue(end)
	e.unsent += n
	if n > 0 {
		e.next += n
		e.nextDue = e.config.Pace.Due(e.next)
	}
}

// overdue is how many requests are due before the time and not begun. It finds
// them by bisection, after it has doubled its steps until one is too far.
func (e *engine) overdue(end time.Duration) uint64 {
	if e.over || e.config.Pace == nil || e.nextDue >= end {
		return 0
	}
	due, not := uint64(0), uint64(1)
	for e.config.Pace.Due(e.next+not) < end {
		if due, not = not, 2*not; not > 1<<62 {
			return due
		}
	}
	for not-due > 1 {
		if mid := due + (not-due)/2; e.config.Pace.Due(e.next+mid) < end {
			due = mid
		} else {
			not = mid
		}
	}
	return due + 1
}

// stop ends the run.
func (e *engine) stop(interrupted bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopLocked(interrupted)
}

func (e *engine) stopLocked(interrupted bool) {
	if e.stopped.Load() {
		return
	}
	e.giveUpBacklog()
	e.interrupted = interrupted
	e.stopped.Store(true)
	if e.timer != nil {
		e.timer.Stop()
	}
	close(e.quit)
	e.cancel()
	for _, l := range e.links {
		l.interrupt()
	}
	for _, w := range e.idle {
		w.call()
	}
	e.idle = nil
	e.rouse()
}
