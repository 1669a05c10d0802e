package load

import (
	"context"
	"time"
)

// Run sends the load until its time is over and what was begun is settled, or
// ctx ends: then it stops at once. The Result is complete as far as the run came, also
// where there is an error: that of a Config which is not valid, or ctx's.
// Whatever the receiver does is no error but in the Result.
func Run(ctx context.Context, c Config) (Result, error) {
	empty := Result{Started: time.Now(), Latency: NewHistogram(), Service: NewHistogram()}
	if err := c.Validate(); err != nil {
		return empty, err
	}
	c = c.withDefaults()
	head, err := newHeadMaker(c)
	if err != nil {
		return empty, err
	}
	e := newEngine(ctx, c)
	workers := make([]*worker, c.Connections)
	for i := range workers {
		workers[i] = e.newWorker(i, head)
	}
	started := time.Now()
	e.begin()
	release := context.AfterFunc(ctx, func() { e.stop(true) })
	collector := newCollector(e)
	for _, w := range workers {
		e.group.Go(w.run)
	}
	collector.run()
	e.group.Wait()
	release()
	e.leave()
	collector.observe(collector.collect(true))
	r := collector.result()
	r.Started, r.Interrupted = started, e.interrupted
	if e.interrupted {
		return r, context.Cause(ctx)
	}
	return r, nil
}

// leave gives up what waits at the end of the run.
func (e *engine) leave() {
	e.finishOnce.Do(e.config.Source.Finish)
	e.mu.Lock()
	left := e.waiting
	e.waiting = nil
	e.mu.Unlock()
	for _, r := range left {
		e.unsettle(r.id)
	}
}
