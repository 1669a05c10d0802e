package subject

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/redact"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Subject is a receiver under test, the probe that reads its state, and what is
// known of both. Its methods may be called side by side.
type Subject struct {
	*Supervisor
	// Target describes the receiver. Its secret is the run's.
	Target config.Config
	Prober probe.Prober
	// Throttle is what all senders of webhooks keep to.
	Throttle *mocksender.Throttle
	// Traceparent makes the header by which each attempt names its span; nil: none.
	Traceparent func() string
	// Journal keeps what is sent and seen; nil keeps nothing.
	Journal *journal.Journal
	// Late are the states that were not right in time.
	Late *Latecomers
	hide *redact.Redactor
	// secretless says that the target came without a secret: it has a random one.
	secretless bool
}

// Open is the receiver that the target describes; it is neither started nor
// asked yet. A target without a secret gets a random one. builtIn makes the receiver
// where the target names none; nil is the one that is linked. The error is a
// *config.Error.
func Open(target config.Config, builtIn receiver.Constructor) (*Subject, error) {
	secretless := target.Secret == ""
	if secretless {
		target.Secret = config.Secret(NewSecret())
	}
	r, err := receiver.New(target, receiver.Env{Secret: string(target.Secret), BuiltIn: builtIn})
	if err != nil {
		return nil, err
	}
	p, err := probe.For(target, r)
	if err != nil {
		return nil, err
	}
	s := New(target, r, p)
	s.secretless = secretless
	return s, nil
}

// New is a subject of a receiver and a probe that are there.
func New(target config.Config, r receiver.Receiver, p probe.Prober) *Subject {
	s := &Subject{
		Supervisor: &Supervisor{Receiver: r}, Target: target, Prober: p, hide: redact.New(blank, target.Hidden()...),
		Throttle: &mocksender.Throttle{Every: target.Limits.Every(), Connections: target.Limits.Connections},
	}
	s.Late = &Latecomers{prober: p, settle: func() time.Duration { return s.Target.Settle }}
	return s
}

// Close ends what was opened and started.
func (s *Subject) Close() error { return errors.Join(probe.Close(s.Prober), s.Receiver.Close()) }

// Arguments are the target's, which name the receiver on a command line. A secret
// that was made for this run is none of them: the next one makes its own.
func (s *Subject) Arguments(file string) string {
	target := s.Target
	if s.secretless {
		target.Secret = ""
	}
	return target.Arguments(file)
}

// Secret is what the receiver and the sender share.
func (s *Subject) Secret() string { return string(s.Target.Secret) }

// Sender is a sender of webhooks to the receiver, wherever it is after it was
// started again, or to what stands before it at base. attempted is told each
// attempt as it is over; nil is nobody.
func (s *Subject) Sender(base string, from journal.Origin, attempted func(mocksender.Attempt)) *mocksender.Sender {
	follow := s.Dial
	if from.Through = base != s.URL(); from.Through {
		follow = nil
	}
	if s.Journal != nil {
		tell := attempted
		attempted = func(a mocksender.Attempt) {
			s.Journal.Sent(from, a)
			if tell != nil {
				tell(a)
			}
		}
	}
	return &mocksender.Sender{
		Dial:      follow,
		Attempted: attempted,
		URL:       base + s.Target.Path,
		Secret:    s.Secret(),
		Profile:   s.Target.Protocol,
		Timeout:   s.Target.Timeout, Throttle: s.Throttle, Traceparent: s.Traceparent,
	}
}

// Reachable sees that the probe answers, before anything is judged by it: the
// receiver can't know a message that was never sent. What it is asked of, such
// as a database beside it, may take a moment longer than the receiver to start.
func (s *Subject) Reachable(ctx context.Context, seed fixtures.Salted) error {
	_, err := probe.Await(ctx, s.Prober, s.Unsent(seed), time.Now().Add(s.Target.Settle), Anything)
	return err
}

// Anything is any state: what matters is that there is an answer.
func Anything(*state.State) bool { return true }

// Unsent is the key of a message that no run of the seed sends.
func (s *Subject) Unsent(seed fixtures.Salted) mocksender.Key {
	key := seed.PlainMessage(0).Key.Message()
	if s.Target.Identity == scenarios.ByDevice {
		key.DeviceToken = seed.Token(0)
	}
	return key
}

// CheckFresh is the error of a message that the receiver knows, as got, before
// anything of it was sent; nil where it does not know it.
func CheckFresh(key mocksender.Key, got *state.State, seed fixtures.Seed) error {
	if got == nil {
		return nil
	}
	return fmt.Errorf("the receiver knows message %s, as %s, before anything was sent: seed %d has been played on it before "+
		"(choose another --seed), or its probe makes states up", key, got.DeliveryStatus, seed)
}

// WithoutIgnored leaves out what the receiver by design does not keep: messages whose
// final state is one that it ignores.
func (s *Subject) WithoutIgnored(wants []scenarios.Want) []scenarios.Want {
	if len(s.Target.Ignores) == 0 {
		return wants
	}
	return slices.DeleteFunc(slices.Clone(wants), func(w scenarios.Want) bool { return slices.Contains(s.Target.Ignores, w.Status) })
}

// Questions are what to ask the probe, until each state is as wanted.
func Questions(wants []scenarios.Want) []probe.Question {
	questions := make([]probe.Question, len(wants))
	for i, w := range wants {
		questions[i] = probe.Question{Key: w.Key, OK: func(got *state.State) bool { return state.IsRight(w, got) }}
	}
	return questions
}

// Pause waits in real time: for the receiver, not for ContextPush.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// SecondLook waits until the time to settle after last is over, and asks for what
// was right once more: the states, in the order of wants.
func (s *Subject) SecondLook(ctx context.Context, wants []scenarios.Want, last time.Time) ([]*state.State, error) {
	if err := Pause(ctx, time.Until(last.Add(s.Target.Settle))); err != nil {
		return nil, err
	}
	questions := make([]probe.Question, len(wants))
	for i, w := range wants {
		questions[i] = probe.Question{Key: w.Key, OK: Anything}
	}
	return probe.Settle(ctx, s.Prober, questions, time.Now().Add(s.Target.Settle))
}
