package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
)

func keysOf(stories ...story) []mocksender.Key {
	keys := make([]mocksender.Key, len(stories))
	for i, s := range stories {
		keys[i] = s.want.Key
	}
	return keys
}

// patience is how many times the time to settle a first state is waited for
// before it counts as one that never comes: the page sets no time.
const patience = 10

// probe asks for the message that was acknowledged.
func (e *exam) probe(ctx context.Context) Finding {
	got, err := e.await(ctx, e.first.want)
	if err == nil && got == nil && e.isKept(e.first.want.Status) {
		got, err = e.awaitLonger(ctx)
	}
	switch {
	case err != nil:
		return broken(err.Error(), probeAdvice(e.Target.Probe)...)
	case got != nil && e.took > 0:
		return well("knows an acknowledged message, as %s, after %s: settle is %s, and %s would fit",
			got.DeliveryStatus, e.took.Round(time.Millisecond), e.Target.Settle, FittingSettle(e.took))
	case got != nil:
		return well("knows an acknowledged message, as %s", got.DeliveryStatus)
	case !e.isKept(e.first.want.Status):
		return well("answers; %s is a status that the receiver ignores", e.first.want.Status)
	}
	return e.unknownAfterAck(ctx)
}

// awaitLonger waits for a state that did not come within the time to settle, and
// remembers how long it took.
func (e *exam) awaitLonger(ctx context.Context) (*event.State, error) {
	known := func(got *event.State) bool { return got != nil }
	got, err := probe.Await(ctx, e.subject.Prober, e.first.want.Key, e.lastAck.Add(patience*e.Target.Settle), known)
	if got != nil {
		e.took = time.Since(e.lastAck)
	}
	return got, err
}

// FittingSettle is the time to settle, in whole seconds, that suits a receiver
// whose state took so long.
func FittingSettle(took time.Duration) time.Duration {
	return (took + took/4 + time.Second - 1).Truncate(time.Second)
}

// unknownAfterAck is about a message that was acknowledged and never became known:
// the receiver's fault where its probe tells unknown messages from a wrong path.
func (e *exam) unknownAfterAck(ctx context.Context) Finding {
	detail := fmt.Sprintf("does not know a message %s after its acknowledgement", patience*e.Target.Settle)
	longer := "if the receiver needs longer than that, set settle"
	p := e.Target.Probe.HTTP
	switch {
	case p == nil:
		return broken(detail, "does the probe look where the receiver stores, by all parts of the key?", longer)
	case e.answersAnyPath(ctx, *p, e.first.want.Key):
		return broken(detail, fmt.Sprintf("is probe.http.path (%s) right? A path that the receiver has not is answered the same 404", p.Path), longer)
	}
	return short(detail, "what it acknowledges must be stored: "+e.lastWords(), longer)
}

// probeAdvice is what to do about a probe that is broken.
func probeAdvice(p config.Probe) []string {
	switch {
	case p.SQL != nil:
		return []string{"probe.sql.dsn must lead to the receiver's database (${HOST} and ${PORT_5432} are port 5432 of a container or a compose service),",
			"and the query find one row, with a column delivery_status, or none"}
	case p.Exec != nil:
		return []string{"the program finds the key in its environment (CAMPAIGN_ID, USER_ID, IDEMPOTENCY_KEY, DEVICE_TOKEN),", "and prints an object that has delivery_status, or nothing"}
	case p.HTTP == nil:
		return []string{"see that probe in receiver.yaml reads the receiver's state: ctxpush schema receiver has its keys"}
	}
	return []string{"the probe asks GET <path>?campaign_id=…&user_id=…&idempotency_key=…[&device_token=…], and wants 200 with a JSON",
		"object that has delivery_status, or 404; probe.http.jq and statuses translate another object, headers carry a login"}
}

// unknown asks for a message that was never sent.
func (e *exam) unknown(ctx context.Context) Finding {
	s, err := e.story("never sent", "", e.mildest())
	if err != nil {
		return unsent(err)
	}
	states, err := e.subject.Prober.States(ctx, keysOf(s))
	advice := "answer 404 for a message that is not known, and null in a bulk look-up"
	switch p := e.Target.Probe; {
	case p.SQL != nil:
		advice = "the query must find no row for a message that is not known"
	case p.Exec != nil:
		advice = "the program must print nothing for a message that is not known"
	}
	switch {
	case err != nil:
		return broken(err.Error(), advice)
	case states[0] != nil:
		return short(fmt.Sprintf("is told as %s, and was never sent", states[0].DeliveryStatus), advice,
			"does the probe look at all parts of the key: campaign_id, user_id, idempotency_key?")
	}
	return well("is not known, as it should be")
}

// finalState sends a message's whole history, a request a state, and looks at
// where it ends.
func (e *exam) finalState(ctx context.Context) Finding {
	history := e.history()
	if history == nil {
		return skipped("the receiver ignores the statuses in which messages end")
	}
	final := history[len(history)-1]
	var err error
	if e.whole, err = e.story("whole", final, history...); err != nil {
		return unsent(err)
	}
	for _, entry := range e.whole.events {
		a, err := e.attempt(ctx, nil, entry)
		switch {
		case err != nil:
			return unsent(err)
		case a.Err != nil:
			return short(fmt.Sprintf("the entry %s: %s", entry.DeliveryStatus, a.Err), e.lastWords())
		case !a.Acknowledged():
			return short(fmt.Sprintf("the entry %s was answered %d: want 2xx", entry.DeliveryStatus, a.Answer.Status),
				"a valid entry must be taken in every state of its message; "+e.lastWords())
		}
	}
	got, err := e.await(ctx, e.whole.want)
	if err != nil {
		return broken(err.Error(), probeAdvice(e.Target.Probe)...)
	}
	if wrong, differs := state.Compare(e.whole.want, got); differs {
		return short(fmt.Sprintf("after %s: %s", arrows(history), wrong),
			"ctxpush certify tells more; if the receiver has another word for a status, map it under statuses")
	}
	return well("%s: %s", arrows(history), got.DeliveryStatus)
}

func arrows(history []mocksender.DeliveryStatus) string {
	text := string(history[0])
	for _, s := range history[1:] {
		text += " → " + string(s)
	}
	return text
}

// bulk asks for several messages at once and compares the answers' order.
func (e *exam) bulk(ctx context.Context) Finding {
	if e.Target.Probe.Exec != nil {
		return skipped("probe.exec asks for each state alone, and fewer orders are explored")
	}
	if !e.Target.Probe.Bulk() {
		return skipped("probe.http.bulk is not set: each state costs a request, and fewer orders are explored")
	}
	known := e.whole
	if known.want.Key == (mocksender.Key{}) {
		known = e.first // as the first steps have it, of which only that it is known is sure
	}
	// In whatever other order the one that is known stands, it stands elsewhere.
	asked := make([]story, 4)
	for i := range asked {
		var err error
		if asked[i], err = e.story(fmt.Sprintf("never sent %d", i), "", e.mildest()); err != nil {
			return unsent(err)
		}
	}
	const place = 1
	asked[place] = known
	states, err := e.subject.Prober.States(ctx, keysOf(asked...))
	if err != nil {
		if e.Target.Probe.SQL != nil {
			return broken(err.Error(), probeAdvice(e.Target.Probe)...)
		}
		return broken(err.Error(), "it is asked with a JSON array of keys, and answers an array of the same length: a state or null each")
	}
	const advice = "the answers must be in the order of the keys, null for a message that is not known"
	if other := slices.IndexFunc(states, func(s *event.State) bool { return s != nil }); states[place] == nil && other >= 0 {
		return broken(fmt.Sprintf("of %d keys only that at %d is known, and the answer has it at %d", len(asked), place+1, other+1), advice)
	}
	if known.want.Key != e.whole.want.Key {
		return well("answers %d keys in their order", len(asked))
	}
	for i, s := range asked {
		if wrong, differs := state.Compare(s.want, states[i]); differs {
			return short(fmt.Sprintf("the answer's element %d of %d: %s", i+1, len(asked), wrong), advice)
		}
	}
	return well("answers %d keys in their order", len(asked))
}

// restart stops the receiver, starts it again, and looks at the state once more.
func (e *exam) restart(ctx context.Context) Finding {
	if fixed := e.subject.Receiver.Fixed(); fixed != "" {
		return skipped("%s: checks that restart the receiver will be skipped", fixed)
	}
	err := e.subject.Receiver.Stop(ctx)
	var slow *receiver.StopError
	switch {
	case errors.As(err, &slow):
		return short(err.Error(), "end on SIGTERM, after the requests under way")
	case err != nil:
		return broken(err.Error(), "see what the receiver's log says")
	}
	if err := e.subject.Start(ctx); err != nil {
		return short("it does not start again: "+err.Error(), "it must start on the data that it left behind: "+e.lastWords())
	}
	e.lastAck = time.Now()
	got, err := e.await(ctx, e.whole.want)
	if err != nil {
		return broken(err.Error(), "the probe worked before the restart: see what the receiver's log says")
	}
	if wrong, differs := state.Compare(e.whole.want, got); differs {
		return short("after a restart: "+wrong.String(), "store on disk before the acknowledgement; a container's own disk is kept, a tmpfs is not")
	}
	return well("the state outlives it")
}
