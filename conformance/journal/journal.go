// Package journal keeps what was sent to a receiver and what was seen of it: all
// requests, looks and restarts of a run, in order of time. Nothing is cut off, and
// nothing is judged here.
package journal

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Journal is one run's. Its methods may be called side by side; the nil Journal
// keeps nothing.
type Journal struct {
	profile mocksender.Profile

	mu       sync.Mutex
	requests []Request
	looks    []Look
	restarts []Restart
	late     map[mocksender.Key]bool
}

// New is an empty journal of requests of that profile.
func New(p mocksender.Profile) *Journal { return &Journal{profile: p, late: map[mocksender.Key]bool{}} }

// Origin is where a request comes from.
type Origin struct {
	// Group is of what it is a part, such as a check.
	Group string
	// Secret is what it carries in place of the secret.
	Secret Secret
	// Through says that a proxy of ours stands before the receiver: what comes back
	// may be the proxy's.
	Through bool
}

// Request is one attempt.
type Request struct {
	Origin
	Begin, End time.Time
	// Head is what its header says.
	Head Head
	// Fault is the name of what struck it; empty is nothing.
	Fault string
	// Status is the answer's; 0 where none came.
	Status int
	// Size is how many bytes the body has, Arrived how many of them were sent.
	Size, Arrived int

	packed []byte
}

// Head is what a request's header says, as far as receivers go by it.
type Head struct {
	SecretHeader string // the name, as it is spelled; empty is the usual one
	ContentType  string // empty is application/json
	EventType    string
	RequestKey   string
}

// Look is a state as it was told once it had settled, and what it had to be.
type Look struct {
	Group string
	At    time.Time
	Want  scenarios.Want
	State *state.State
}

// Restart is when the receiver had ended and was started again.
type Restart struct {
	At     time.Time
	Killed bool // without a signal that it could heed
}

// packer makes bodies small: their entries resemble each other.
var packer = func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constant
	}
	return e
}()

var unpacker = func() *zstd.Decoder {
	d, err := zstd.NewReader(nil)
	if err != nil {
		panic(err) // the options are constant
	}
	return d
}()

// Sent keeps an attempt that is over.
func (j *Journal) Sent(o Origin, a mocksender.Attempt) {
	if j == nil || a.Began.IsZero() {
		return
	}
	size := len(a.Request.Body)
	r := Request{
		Origin: o, Begin: a.Began, End: a.Began.Add(a.Duration), Head: j.head(a.Request), Fault: a.Fault,
		Size: size, Arrived: arrived(a.Fault, size), packed: packer.EncodeAll(a.Request.Body, nil),
	}
	if a.Err == nil {
		r.Status = a.Answer.Status
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.requests = append(j.requests, r)
}

// arrived is how much of a body the fault lets through.
func arrived(fault string, size int) int {
	if cut := (mocksender.CutBody{}); fault == cut.Name() {
		return cut.Sent(size)
	}
	return size
}

func (j *Journal) head(r mocksender.Request) Head {
	h := Head{EventType: r.Get("X-CTX-Event-Type"), RequestKey: r.Get("X-Idempotency-Key")}
	if t := r.Get("Content-Type"); t != "application/json" {
		h.ContentType = t
	}
	usual := j.profile.SecretHeader()
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, usual) && f.Name != usual {
			h.SecretHeader = f.Name
		}
	}
	return h
}

// Looked keeps a state that had settled.
func (j *Journal) Looked(group string, w scenarios.Want, got *state.State) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.looks = append(j.looks, Look{group, time.Now(), w, got})
}

// Late says that states were wrong only because they came late: what was seen of
// them until now counts for and against nobody.
func (j *Journal) Late(wants []scenarios.Want) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range wants {
		j.late[w.Key] = true
	}
}

// Restarted keeps that the receiver had ended by now and is started again.
func (j *Journal) Restarted(killed bool) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.restarts = append(j.restarts, Restart{time.Now(), killed})
}

// All is what was kept, in the order in which it was over, without the looks at
// what came late; it must not be changed.
func (j *Journal) All() (requests []Request, looks []Look, restarts []Restart) {
	if j == nil {
		return nil, nil, nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	inTime := slices.DeleteFunc(slices.Clone(j.looks), func(l Look) bool { return j.late[l.Want.Key] })
	return j.requests, inTime, j.restarts
}

// Body is the request's body, the secret left out.
func (r *Request) Body() []byte {
	body, err := unpacker.DecodeAll(r.packed, nil)
	if err != nil {
		panic(err) // it was packed here
	}
	return body
}

// Bytes is about how much memory the journal takes.
func (j *Journal) Bytes() int {
	if j == nil {
		return 0
	}
	const request, look = 250, 400
	j.mu.Lock()
	defer j.mu.Unlock()
	bytes := look * len(j.looks)
	for i := range j.requests {
		bytes += request + len(j.requests[i].packed)
	}
	return bytes
}
