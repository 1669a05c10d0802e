package explain

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/explain/agree"
	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// observed is the journal as models read it.
func observed(j *journal.Journal, id scenarios.Identity) agree.Journal {
	requests, looks, restarts := j.All()
	seen := agree.Journal{Identity: model.Identity(id), Same: func(a, b string) bool {
		return state.SameJSON(json.RawMessage(a), json.RawMessage(b))
	}}
	var start time.Time
	for i := range requests {
		if b := requests[i].Begin; start.IsZero() || b.Before(start) {
			start = b
		}
	}
	seen.Start = start.UnixMilli()
	at := func(t time.Time) float64 { return float64(t.Sub(start)) / float64(time.Millisecond) }
	for _, r := range restarts {
		seen.Restarts = append(seen.Restarts, agree.Restart{At: at(r.At), Killed: r.Killed})
	}
	for i := range requests {
		r := &requests[i]
		one := agree.Request{
			Request: requestOf(r), Begin: at(r.Begin), End: at(r.End), Answer: answerOf(r), Open: isOpen(r), Group: r.Group,
		}
		seen.Requests = append(seen.Requests, one)
		if r.Fault == (mocksender.Copy{}).Name() {
			one.Answer, one.Open = model.NoAnswer, one.Answer != model.Success
			seen.Requests = append(seen.Requests, one)
		}
	}
	for i := range looks {
		l := &looks[i]
		seen.Looks = append(seen.Looks, agree.Look{At: at(l.At), Key: l.Want.Key, State: judgedPart(l.Want, l.State), Group: l.Group})
	}
	return seen
}

// isOpen tells whether it can't be known if the request took effect: only what a
// fault of ours says is certain.
func isOpen(r *journal.Request) bool {
	switch r.Fault {
	case mocksender.LostAck{}.Name(), mocksender.CutBody{}.Name():
		return false
	}
	return r.Status == 0 || r.Through && model.Class(r.Status/100) != model.Success
}

// answerOf is the class of the receiver's own answer.
func answerOf(r *journal.Request) model.Class {
	if r.Status == 0 || r.Through && r.Status/100 != int(model.Success) || r.Status == http.StatusTooManyRequests {
		return model.NoAnswer
	}
	return model.Class(r.Status / 100)
}

func requestOf(r *journal.Request) model.Request {
	m := model.Request{
		SecretHeader: r.Head.SecretHeader, ContentType: r.Head.ContentType, EventType: r.Head.EventType,
		RequestKey: r.Head.RequestKey, Secret: secrets[r.Secret], Size: r.Size, Arrived: r.Arrived,
		Pieces: r.Fault == mocksender.SlowBody{}.Name(),
	}
	entries, ok := entriesOf(r.Body())
	m.Entries, m.Malformed = entries, !ok
	return m
}

var secrets = map[journal.Secret]model.Secret{
	journal.SecretRight: model.RightSecret, journal.SecretMissing: model.MissingSecret,
	journal.SecretEmpty: model.EmptySecret, journal.SecretPrefix: model.SecretPrefix,
	journal.SecretExtended: model.ExtendedSecret, journal.SecretOtherCase: model.SecretInOtherCase,
	journal.SecretOther: model.OtherLengthSecret,
}

// wireEntry is an entry on the wire.
type wireEntry struct {
	mocksender.Key
	Status    mocksender.DeliveryStatus `json:"delivery_status"`
	Method    mocksender.DeliveryMethod `json:"delivery_method"`
	Planned   mocksender.DeliveryMethod `json:"planned_delivery_method"`
	Timestamp string                    `json:"timestamp"`
	Content   json.RawMessage           `json:"content"`
}

// entriesOf are the entries of a body; false where it is no array of entries.
func entriesOf(body []byte) ([]model.Entry, bool) {
	var raw []json.RawMessage
	if json.Unmarshal(body, &raw) != nil {
		return nil, false
	}
	entries := make([]model.Entry, len(raw))
	for i, text := range raw {
		var w wireEntry
		if json.Unmarshal(text, &w) != nil {
			return nil, false
		}
		at, ok := state.ParseInstant(w.Timestamp)
		if !ok || w.CampaignID == "" || !slices.Contains(mocksender.Statuses, w.Status) {
			return nil, false
		}
		entries[i] = model.Entry{Key: w.Key, Size: len(text), State: model.State{
			Status: w.Status, Method: w.Method, Planned: w.Planned, At: at.UnixMilli(), Content: string(w.Content)}}
		entries[i].Extra = !isClosed(text)
	}
	return entries, true
}

// isClosed tells whether an entry has no members but those that the contract names.
func isClosed(text json.RawMessage) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(&wireEntry{}) == nil
}

// judgedPart is what of a state is judged.
func judgedPart(w scenarios.Want, got *state.State) *model.State {
	if got == nil {
		return nil
	}
	s := &model.State{Status: got.DeliveryStatus}
	if w.Method != "" {
		s.Method = got.DeliveryMethod
	}
	if w.PlannedMethod != "" {
		s.Planned = got.PlannedDeliveryMethod
	}
	if at, ok := state.ParseInstant(got.Timestamp); ok && !w.Timestamp.IsZero() {
		s.At = at.UnixMilli()
	}
	if w.Content != nil {
		s.Content = string(got.Content)
	}
	return s
}
