package traffic

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
)

// latest is by how many requests an entry is late at most.
const latest = 20

// asRecorded plays the file's requests again: those that followed one another
// follow one another, those that overlapped may overlap, and all come as late as in
// the file, or faster.
func (v *verdict) asRecorded(ctx context.Context) error {
	s := &stream{verdict: v, ctx: ctx, changes: v.pseudonyms()}
	_, err := Read(v.File, s.play)
	if err == nil {
		err = s.release(true)
	}
	s.wait(time.Time{})
	if err == nil {
		err = s.err
	}
	if err != nil {
		return err
	}
	v.advanced(v.schedules, int64(v.reading.Requests))
	return v.judgeAll(ctx)
}

// judgeAll judges every message of the file.
func (v *verdict) judgeAll(ctx context.Context) error {
	if v.NoProbe {
		return nil
	}
	var chunk []*message
	err := v.truth.messages(ctx, func(all []entry, unsure bool) error {
		m := &message{sorted: byTime(all), unsure: unsure}
		m.last = lastOnes(m.sorted)
		if chunk = append(chunk, m); len(chunk) < together {
			return nil
		}
		err := v.judge(ctx, chunk)
		chunk = nil
		return err
	})
	if err != nil {
		return err
	}
	return v.judge(ctx, chunk)
}

// stream is the file's requests on their way.
type stream struct {
	*verdict
	ctx     context.Context
	changes map[string]func(json.RawMessage) json.RawMessage

	number  int
	first   time.Time // of the file
	started time.Time // of the replay
	late    []lateEntry

	running []*sending
	err     error // of the surroundings; guarded by mu
}

// lateEntry is an entry that goes out with a later request.
type lateEntry struct {
	entry
	due int
}

// sending is a request under way.
type sending struct {
	end  time.Time // of the recorded one
	done chan struct{}
}

// play plays one request of the file.
func (s *stream) play(l *Line) error {
	if s.number++; s.number == 1 {
		s.first, s.started = l.Time, time.Now()
	}
	if s.Speed > 0 {
		due := s.started.Add(time.Duration(float64(l.Time.Sub(s.first)) / s.Speed))
		if err := subject.Pause(s.ctx, time.Until(due)); err != nil {
			return err
		}
	}
	s.wait(l.Time)
	if err := s.broke(); err != nil {
		return err
	}
	q := s.request(l)
	entries, err := entriesOf(l.Body)
	if err != nil { // it is none of the contract's: any answer will do
		s.begin(l.end(), func() error { s.once(q); return nil })
	} else if entries, q.Body, err = s.bend(entries, l.Body); err != nil {
		return err
	} else if len(entries) > 0 {
		s.begin(l.end(), func() error { return s.batch(q, entries) })
	}
	if s.schedules = s.number; s.number%100 == 0 {
		s.advanced(s.number, int64(s.reading.Requests))
	}
	return s.release(false)
}

// request is the recorded one with the headers that it had, but for the secret.
func (s *stream) request(l *Line) mocksender.Request {
	q := s.sender.Request(mocksender.Batch{})
	q.Body = l.Body
	for name, values := range l.Headers {
		if !isOwn(name) && len(values) > 0 {
			q.Set(http.CanonicalHeaderKey(name), strings.Join(values, ", "))
		}
	}
	return q
}

// isOwn tells whether the sender, or the connection, has a header of its own of
// that name.
func isOwn(name string) bool {
	return strings.HasPrefix(name, ":") || slices.ContainsFunc(append([]string{
		"Host", "Connection", "Content-Length", "Content-Type", "Transfer-Encoding", "Keep-Alive", "Te", "Trailer", "Upgrade",
		"Proxy-Connection", "Accept-Encoding", "Content-Encoding", "Expect",
	}, hiddenHeaders...), func(own string) bool { return strings.EqualFold(own, name) })
}

// begin sends a request beside those that are under way.
func (s *stream) begin(end time.Time, send func() error) {
	if len(s.running) >= s.connections() {
		<-s.running[0].done
		s.running = s.running[1:]
	}
	one := &sending{end: end, done: make(chan struct{})}
	s.running = append(s.running, one)
	go func() {
		defer close(one.done)
		if err := send(); err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
		}
	}()
}

func (s *stream) broke() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// wait waits for those requests that had been answered by then; for all with the
// zero time.
func (s *stream) wait(then time.Time) {
	s.running = slices.DeleteFunc(s.running, func(one *sending) bool {
		if !then.IsZero() && one.end.After(then) {
			return false
		}
		<-one.done
		return true
	})
}

func (s *stream) once(q mocksender.Request) {
	s.sender.Attempt(s.ctx, q, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
}

// batch sends entries of the contract's.
func (s *stream) batch(q mocksender.Request, entries []entry) error {
	d, err := s.deliver(s.ctx, q, len(entries))
	if err != nil || d.Acknowledged() {
		return err
	}
	s.refused(d, nil, entries[0].event.Key())
	s.run.storing.Lock()
	defer s.run.storing.Unlock()
	for _, e := range entries {
		if err := s.truth.doubt(e.event.Key()); err != nil {
			return err
		}
	}
	return nil
}

// bend is what is sent of a request's entries, and its body: as it was where
// nothing is changed.
func (s *stream) bend(entries []entry, body []byte) ([]entry, []byte, error) {
	if s.changes == nil && !s.Faults.strikesEntries() {
		return entries, body, nil
	}
	var sent []entry
	for _, e := range entries {
		e, err := e.with(s.changes)
		if err != nil {
			return nil, nil, err
		}
		last, err := s.isLast(e)
		if err != nil {
			return nil, nil, err
		}
		if !last && s.random.Float64() < s.Faults.Drop {
			continue
		}
		due := s.number + 1 + s.random.IntN(latest)
		if s.random.Float64() < s.Faults.Reorder {
			s.late = append(s.late, lateEntry{e, due})
			continue
		}
		sent = append(sent, e)
		if s.random.Float64() < s.Faults.Duplicate {
			s.late = append(s.late, lateEntry{e, due})
		}
	}
	return sent, bodyOf(sent), nil
}

func (s *stream) isLast(e entry) (bool, error) {
	if s.Faults.Drop == 0 {
		return true, nil
	}
	s.run.storing.Lock()
	defer s.run.storing.Unlock()
	return s.truth.isLast(e.event)
}

// release sends the late entries that are due, or all.
func (s *stream) release(all bool) error {
	var due []entry
	s.late = slices.DeleteFunc(s.late, func(l lateEntry) bool {
		if !all && l.due > s.number {
			return false
		}
		due = append(due, l.entry)
		return true
	})
	for entries := range slices.Chunk(due, mocksender.MaxBatch) {
		q := s.sender.Request(mocksender.Batch{})
		q.Body = bodyOf(entries)
		s.begin(time.Time{}, func() error { return s.batch(q, entries) })
	}
	return s.broke()
}
