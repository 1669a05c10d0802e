package load

import (
	"sync"
	"time"
)

// How long a connection waits after an attempt that failed without an answer,
// doubled from one to the next: a dead receiver is not dialled in a hot loop.
const (
	firstPause = time.Millisecond
	maxPause   = 50 * time.Millisecond
)

// worker sends one request after the other on one connection.
type worker struct {
	e     *engine
	wake  chan struct{}
	timer *time.Timer
	maker Maker
	link  *link
	tally *tally
	head  headMaker
	pause time.Duration // before the next attempt
}

func (e *engine) newWorker(i int, head headMaker) *worker {
	w := &worker{e: e, wake: make(chan struct{}, 1), maker: e.config.Source.Maker(), link: e.newLink(),
		tally: e.tallies[i%len(e.tallies)], head: head, timer: time.NewTimer(time.Hour)}
	w.timer.Stop()
	return w
}

// newLink makes a link, before the run begins.
func (e *engine) newLink() *link {
	to, _ := e.config.endpoint() // Validate has looked
	l := &link{to: to, config: &e.config, stopped: &e.stopped}
	e.links = append(e.links, l)
	return l
}

// call makes a waiting worker look again. It does not wait for it.
func (w *worker) call() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run works until the end.
func (w *worker) run() {
	defer w.link.close()
	for w.rest() {
		j, ok := w.e.take(w)
		if !ok {
			return
		}
		if j.attempt == 1 {
			if j.id, ok = w.maker.Next(); !ok {
				w.e.exhausted()
				continue
			}
		}
		w.attempt(j)
	}
}

// rest waits after failures; it is false at the end of the run.
func (w *worker) rest() bool {
	if w.pause == 0 {
		return true
	}
	w.timer.Reset(w.pause)
	select {
	case <-w.timer.C:
		return true
	case <-w.e.quit:
		w.timer.Stop()
		return false
	}
}

// buffers are for requests on their way. They are not a link's own: the one
// that was used last is still in the processor's cache.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// request makes a job's request in a buffer: the body behind room for the
// head, then the head in front of it.
func (w *worker) request(buf *[]byte, j job) (request []byte, head, events int) {
	room := w.head.size()
	if cap(*buf) < room {
		*buf = make([]byte, room, 64<<10)
	}
	all, events := w.maker.Append((*buf)[:room], j.id)
	*buf = all
	start := w.head.put(all[:room], j.id, len(all)-room)
	return all[start:], room - start, events
}

// attempt makes one attempt.
func (w *worker) attempt(j job) {
	e := w.e
	now := time.Now()
	started := now.Sub(e.start)
	if e.config.Pace == nil && j.attempt == 1 {
		j.due = started
	}
	buf := buffers.Get().(*[]byte)
	request, head, events := w.request(buf, j)
	f := e.config.Faults.of(e.config.Seed, j.id, j.attempt)
	t := try{job: j, fault: f, began: now, events: events, buf: buf, request: request, head: head}
	if f == slow {
		select {
		case l := <-e.aside:
			t := t // so that only this one is on the heap
			e.inFlight.Add(1)
			e.group.Go(func() {
				e.play(l, w.tally, &t, nil)
				l.close()
				e.aside <- l
			})
			return
		default: // as many as may be slow already are
		}
	}
	e.inFlight.Add(1)
	o := e.play(w.link, w.tally, &t, w)
	switch {
	case o.kind < 1000 || o.kind == kindFault:
		w.pause = 0
	case w.pause == 0:
		w.pause = firstPause
	default:
		w.pause = min(2*w.pause, maxPause)
	}
}

// try is an attempt under way.
type try struct {
	job
	fault   fault
	began   time.Time
	events  int
	buf     *[]byte // nil once it was given back
	request []byte
	head    int
}

func (t *try) release() {
	if t.buf != nil {
		buffers.Put(t.buf)
		t.buf, t.request = nil, nil
	}
}

// play makes the attempt on the link and sees to what follows from it. Where it
// has to be made anew at once, the worker makes its bytes again; an attempt
// aside has none and needs none, since its link is fresh.
func (e *engine) play(l *link, tally *tally, t *try, w *worker) outcome {
	until := t.began.Add(e.config.Timeout)
	var c counters
	c.attempts = 1
	if t.attempt == 1 {
		c.requests, c.events, c.begun = 1, uint64(t.events), t.began.Sub(e.start)
	} else {
		c.retries = 1
	}
	if t.late {
		c.late = 1
	}
	var o outcome
	for {
		if err := l.open(e.ctx, t.began, until); err != nil {
			o = outcome{kind: dialKind(err)}
			t.release()
			break
		}
		o = l.exchange(t, until, e.quit)
		c.bytes += uint64(o.bytes)
		if !o.stale || w == nil {
			break
		}
		c.resent++
		t.buf = buffers.Get().(*[]byte)
		t.request, t.head, _ = w.request(t.buf, t.job)
	}
	end := time.Now()
	l.lastUsed = end
	if e.stopped.Load() && !o.acknowledged() && o.kind >= 1000 && o.kind != kindFault {
		o.kind = kindStopped
	}
	latency, service := end.Sub(e.start)-t.due, end.Sub(o.sent)
	switch {
	case o.acknowledged():
		c.acknowledged = 1
		tally.book(c, o, t.fault, latency, service)
		e.inFlight.Add(-1)
		e.settled(t.id, true)
	case o.kind == kindStopped:
		tally.book(c, o, t.fault, latency, service)
		e.inFlight.Add(-1)
		e.unsettle(t.id)
	default:
		base := t.due
		if t.attempt == 1 {
			base = t.began.Sub(e.start)
		}
		kept := e.again(t.job, base)
		if !kept {
			c.dropped = 1
		}
		tally.book(c, o, t.fault, latency, service)
		e.inFlight.Add(-1)
		if !kept {
			e.settled(t.id, false)
		}
	}
	return o
}
