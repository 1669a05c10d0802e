package traffic

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
	"github.com/ctxpush/ctxpush/mocksender/redact"
)

// Config says what Replay plays, and at whom.
type Config struct {
	Target config.Config
	// File is the recording, or a HAR file.
	File string
	// Orders are in which orders the messages are played; AsRecorded plays the
	// requests as they were.
	Orders Orders
	// Speed is how much faster than in the file the requests come, where they come
	// as they were; 0 is as fast as they are acknowledged.
	Speed  float64
	Faults Faults
	// KeepKeys plays all orders under the recording's own keys.
	KeepKeys bool
	// Pseudonymize replaces users, device tokens and contents.
	Pseudonymize bool
	// NoProbe judges by the answers alone.
	NoProbe bool

	// Seed, Salt and Epoch are where everything made-up comes from.
	Seed  uint64
	Salt  string
	Epoch time.Time
	// TimeScale is how much faster than real time retries come.
	TimeScale float64

	// Observers read the run's events.
	Observers []event.Observer
	// Traceparent makes the traceparent header of each request; nil: none is sent.
	Traceparent func() string
	// Command repeats the run, Version is the tool's.
	Command, Version string
	// BuiltIn makes the receiver where Target names none; nil is the kind that the
	// program is linked with.
	BuiltIn receiver.Constructor
}

// EmptyError is a recording without anything to play.
type EmptyError struct{ File, Why string }

func (e *EmptyError) Error() string { return fmt.Sprintf("%s: %s", e.File, e.Why) }

// Replay plays the recording and reports what it found. The report is complete as
// far as the run came. A *FileError or an *EmptyError is the caller's mistake, as
// is a *config.Error: nothing was played then.
func Replay(ctx context.Context, c Config) (report.Report, error) {
	c.Target.SetDefaults()
	if err := c.Faults.Validate(); err != nil {
		return report.Report{}, err
	}
	r := &run{Config: c}
	truth, err := newTruth()
	if err != nil {
		return report.Report{}, err
	}
	r.truth = truth
	if err := r.learn(ctx); err != nil {
		return report.Report{}, errors.Join(err, truth.close())
	}
	under, err := subject.Open(c.Target, c.BuiltIn)
	if err != nil {
		return report.Report{}, errors.Join(err, truth.close())
	}
	r.subject = under
	under.Traceparent = c.Traceparent
	if private := c.Target.Private(); len(private) > 0 {
		r.hidden = redact.New(blank, private...)
	}
	under.Ended = func(how string) { r.note("receiver %s, and is started again", how) }
	under.Noted = func(text string) { r.note("%s", text) }
	built := report.New()
	r.Observers = append([]event.Observer{built}, c.Observers...)
	err = r.play(ctx)
	return built.Report(), r.hidden.Err(errors.Join(err, under.Close(), truth.close()))
}

// run is one replay.
type run struct {
	Config
	subject *subject.Subject
	sender  *mocksender.Sender
	truth   *truth
	reading Reading
	// messages is how many the recording tells of.
	messages int64
	// foreign is how many requests have no body of the contract's, and why the first.
	foreign    int
	whyForeign string
	hidden     *redact.Redactor

	// playing is the id of the check that is played.
	playing atomic.Value
	// hasWaited tells that states stayed wrong however long they were waited for.
	hasWaited bool

	emitting sync.Mutex
	storing  sync.Mutex // guards truth while requests are under way
	acks     acks
}

// acks is when the last acknowledgement came.
type acks struct {
	mu   sync.Mutex
	last time.Time
}

func (a *acks) came() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = time.Now()
}

func (a *acks) when() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

func (r *run) emit(e event.Event) {
	e = redact.Deep(r.hidden, e)
	r.emitting.Lock()
	defer r.emitting.Unlock()
	for _, o := range r.Observers {
		o.Observe(e)
	}
}

func (r *run) note(format string, args ...any) {
	r.emit(event.Noted{Time: time.Now(), Text: fmt.Sprintf(format, args...)})
}

// learn reads the recording once, to know what is true of its messages before
// anything is sent.
func (r *run) learn(ctx context.Context) (err error) {
	changes := r.pseudonyms()
	r.reading, err = Read(r.File, func(l *Line) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		entries, err := entriesOf(l.Body)
		if err != nil {
			if r.foreign++; r.foreign == 1 {
				r.whyForeign = err.Error()
			}
			return nil
		}
		for _, e := range entries {
			if e, err = e.with(changes); err != nil {
				return err
			}
			if err := r.truth.add(e); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case r.reading.Requests == 0 && r.reading.CutOff > 0:
		return &EmptyError{r.File, "holds one line, which is cut off: want a recording or a HAR file"}
	case r.reading.Requests == 0:
		return &EmptyError{r.File, "holds no webhook: want POST requests with a body"}
	case r.truth.count == 0:
		return &EmptyError{r.File, "holds no webhook of ContextPush: " + r.whyForeign}
	}
	r.messages, err = r.truth.size()
	return err
}

// pseudonyms are the changes of each entry.
func (r *run) pseudonyms() map[string]func(json.RawMessage) json.RawMessage {
	if !r.Pseudonymize {
		return nil
	}
	return newPseudonyms(r.Salt).changes()
}

// newPseudonyms follow from the salt, which is new for each run where none is
// given.
func newPseudonyms(salt string) pseudonyms { return pseudonyms{[]byte("pseudonyms " + salt)} }

// suffix is what the keys of an order's messages end in, so that orders don't meet
// in the receiver.
func (r *run) suffix(order, pass int) string {
	if r.KeepKeys {
		return ""
	}
	s := fmt.Sprintf("-%s-%d", r.Salt, order+1)
	if pass > 0 {
		s += fmt.Sprintf(".%d", pass+1)
	}
	return s
}

// suffixed is the key with the suffix; a UUID stays a UUID, since receivers keep
// such keys in columns of that type.
func suffixed(key, suffix string) string {
	if id, err := uuid.Parse(key); err == nil && len(key) == 36 {
		return uuid.NewSHA1(id, []byte(suffix)).String()
	}
	return key + suffix
}

// play starts the receiver, plays and judges. The error is why the run could not
// go on.
func (r *run) play(ctx context.Context) error {
	orders := r.orders()
	err := r.subject.Start(ctx)
	r.emit(r.started(orders))
	r.tellReading()
	if err == nil {
		defer r.subject.Watch(ctx)()
		err = r.firstSteps(ctx)
	}
	if err == nil {
		r.sender = r.newSender()
		defer r.sender.Close()
		for i, o := range orders {
			if err = r.one(ctx, i, o); err != nil {
				break
			}
		}
	}
	interrupted := err != nil && errors.Is(ctx.Err(), context.Canceled)
	r.emit(event.RunFinished{Time: time.Now(), Err: err, Interrupted: interrupted})
	return err
}

// tellReading tells what of the file is not played.
func (r *run) tellReading() {
	if n := r.reading.CutOff; n > 0 {
		r.note("%s:%d: the last line is cut off, and is not played", r.File, n)
	}
	if n := r.reading.Other; n > 0 {
		r.note("%s: %s not played, for want of a webhook", r.File, text.Plural(n, "request"))
	}
	if r.foreign > 0 {
		r.note("%s: %s not judged: %s", r.File, text.Plural(r.foreign, "request"), r.whyForeign)
	}
}

func (r *run) newSender() *mocksender.Sender {
	s := r.subject.Sender(r.subject.URL(), journal.Origin{Group: group}, r.attempted())
	s.Clock, s.Seed, s.MaxConns = clock.Scaled(r.TimeScale), r.Seed, connections
	return s
}

// attempted tells of each attempt; nil where nobody wants to know.
func (r *run) attempted() func(mocksender.Attempt) {
	for _, o := range r.Observers {
		if a, ok := o.(event.AttemptObserver); ok && a.WantsAttempts() {
			return func(a mocksender.Attempt) {
				id, _ := r.playing.Load().(string) // it is set before the first attempt
				r.emit(event.AttemptFinished{Time: time.Now(), ID: id, Attempt: a})
			}
		}
	}
	return nil
}

// firstSteps takes the doctor's first steps. What the receiver itself does wrong
// is left to the replay.
func (r *run) firstSteps(ctx context.Context) error {
	if !r.NoProbe {
		if err := r.subject.Reachable(ctx, fixtures.Seed(r.Seed).Salted(r.Salt)); err != nil {
			return err
		}
	}
	o := doctor.Options{Seed: r.Seed, Salt: r.Salt, Epoch: r.Epoch, NoProbe: r.NoProbe}
	first, err := doctor.TakeFirst(ctx, o, r.subject)
	if err != nil && (ctx.Err() != nil || doctor.IsSurroundings(err)) {
		return err
	}
	if err == nil && first.Late > 0 {
		r.note("%s", first.Note(r.subject.Target.Settle))
		r.subject.Target.Settle = first.Settle()
	}
	return nil
}

// one plays an order, and tells its verdict.
func (r *run) one(ctx context.Context, n int, o order) error {
	r.playing.Store(o.id)
	r.emit(event.CheckStarted{Time: time.Now(), ID: o.id})
	v := &verdict{run: r, order: o, began: time.Now(), random: random(r.Seed, o.id)}
	var err error
	switch {
	case o.id == recordedID:
		err = v.asRecorded(ctx)
	case o.id == everyID:
		err = v.everyOrder(ctx, n)
	default:
		err = v.inOrder(ctx, n, 0, o.rounds)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if v.broke = err; err == nil {
		v.explain(ctx)
	}
	r.emit(event.CheckFinished{Time: time.Now(), Verdict: v.result()})
	if gone := r.subject.Gone(); gone != nil {
		return gone
	}
	return nil
}

// random is a stream of its own for each label.
func random(seed uint64, label string) *rand.Rand {
	sum := uuid.NewSHA1(uuid.NameSpaceOID, []byte(label))
	return rand.New(rand.NewPCG(seed, binary.BigEndian.Uint64(sum[:])))
}
