package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Recorded is one webhook request as it was sent.
type Recorded struct {
	Entries []mocksender.Event
	// Faults are what struck its attempts in turn, by their names in mocksender.
	Faults []string
}

// FromRequests is the scenario in which the requests come again, in their order
// and with what went wrong on the wire. What truly became of their messages is
// what all entries say, those of others too, which no request carries: its last
// change by time and status is expected of a message, where the requests carry it.
//
// Campaign and user stay; keys and device tokens are made up, so that it can be
// played again. Changes that a history of the contract has and nobody told of are
// filled in. Entries of which no such history can be made are an error.
func FromRequests(name string, requests []Recorded, others ...mocksender.Event) (Scenario, error) {
	var all []mocksender.Event
	for _, r := range requests {
		all = append(all, r.Entries...)
	}
	s := Scenario{Name: name}
	tales := talesOf(append(all, others...))
	for i, t := range tales {
		m, err := t.message("m")
		if err != nil {
			return Scenario{}, err
		}
		if len(tales) > 1 {
			m.Name = fmt.Sprintf("m%d", i+1)
		}
		s.Messages = append(s.Messages, m)
	}
	sent := map[Ref]bool{}
	for _, r := range requests {
		step := batchStep(nil)
		for _, e := range r.Entries {
			i := slices.IndexFunc(tales, func(t *tale) bool { return t.key == e.Key().Message() })
			ref := tales[i].ref(s.Messages[i], e)
			sent[ref] = true
			step.Batch = append(step.Batch, ref)
		}
		step.Faults = slices.Clone(r.Faults)
		s.Steps = append(s.Steps, step)
	}
	for _, m := range s.Messages {
		if entries, final := m.Entries(); haveArrived(entries, final, sent) {
			s.Expect = append(s.Expect, m.expected()...)
		}
	}
	return s, nil
}

// haveArrived tells whether all final entries were sent.
func haveArrived(entries []Ref, final []bool, sent map[Ref]bool) bool {
	for i, ref := range entries {
		if final[i] && !sent[ref] {
			return false
		}
	}
	return true
}

// expected are the oracle's states of the message, of each identity for which the
// contract settles them.
func (m Message) expected() []Expectation {
	var all []Expectation
	if f := FinalState(m, ByUser)[0]; f.Open == "" {
		all = append(all, Expectation{Message: m.Name, Status: f.Change.Status})
	}
	if len(m.Devices) > 1 && m.Cancelled == nil {
		for _, f := range FinalState(m, ByDevice) {
			if f.Open == "" {
				all = append(all, Expectation{Message: m.Name, Device: f.Device, Status: f.Change.Status})
			}
		}
	}
	return all
}

// tale is what entries tell of one message.
type tale struct {
	key     mocksender.Key
	entries []mocksender.Event
	devices []string // their tokens, in the order in which they are named first
}

func talesOf(entries []mocksender.Event) []*tale {
	var all []*tale
	known := map[mocksender.Key]*tale{}
	for _, e := range entries {
		t := known[e.Key().Message()]
		if t == nil {
			t = &tale{key: e.Key().Message()}
			known[t.key] = t
			all = append(all, t)
		}
		t.entries = append(t.entries, e)
		if e.DeviceToken != "" && !slices.Contains(t.devices, e.DeviceToken) {
			t.devices = append(t.devices, e.DeviceToken)
		}
	}
	return all
}

// deviceName is what a scenario calls the device.
func (t *tale) deviceName(token string) string {
	if len(t.devices) < 2 {
		return soleDevice
	}
	return fmt.Sprintf("d%d", slices.Index(t.devices, token)+1)
}

// ref names the entry.
func (t *tale) ref(m Message, e mocksender.Event) Ref {
	r := Ref{Message: m.Name, Status: e.DeliveryStatus}
	if e.DeviceToken != "" && len(t.devices) > 1 {
		r.Device = t.deviceName(e.DeviceToken)
	}
	return r
}

// message is what became of the message by its entries.
func (t *tale) message(name string) (Message, error) {
	first := t.entries[0]
	m := Message{Name: name, Count: 1, Planned: first.PlannedDeliveryMethod,
		Keys: map[KeyPart]string{CampaignID: t.key.CampaignID, UserID: t.key.UserID}}
	var content bytes.Buffer
	if err := json.Compact(&content, first.Content); err != nil {
		return Message{}, fmt.Errorf("message %s: content: %w", t.key, err)
	}
	m.Content.JSON = content.String()
	devices := t.devices
	if len(devices) == 0 {
		devices = []string{""} // a cancelled message of which no device is known
	}
	begin := t.begin()
	for _, token := range devices {
		h, err := t.history(token, begin)
		if err != nil {
			return Message{}, err
		}
		m.Devices = append(m.Devices, Device{Name: t.deviceName(token), History: h})
	}
	if err := t.cancel(&m, begin); err != nil {
		return Message{}, err
	}
	m.shift()
	return m, nil
}

// filled are the changes before a change that nobody may have told of, the oldest
// first: what a history of the contract has there.
var filled = map[mocksender.DeliveryStatus][]mocksender.DeliveryStatus{
	mocksender.Delivered: {mocksender.Pending},
	mocksender.Failed:    {mocksender.Pending},
	mocksender.Opened:    {mocksender.Pending, mocksender.Delivered},
}

// begin is what the changes' times are counted from at first.
func (t *tale) begin() time.Time {
	return slices.MinFunc(t.entries, func(a, b mocksender.Event) int { return a.Timestamp.Compare(b.Timestamp) }).Timestamp
}

// shift moves the changes so that none, also of those that were filled in, is
// before the message's scheduling.
func (m *Message) shift() {
	var early time.Duration
	for _, d := range m.Devices {
		early = min(early, d.History[0].At)
	}
	for _, d := range m.Devices {
		for i := range d.History {
			d.History[i].At -= early
		}
	}
	if m.Cancelled != nil {
		m.Cancelled.At -= early
	}
}

// history is what became of the message on the device, the first time of each
// status.
func (t *tale) history(token string, begin time.Time) (History, error) {
	at := map[mocksender.DeliveryStatus]Change{}
	for _, e := range t.entries {
		if e.DeviceToken != token || e.DeliveryStatus == mocksender.Cancelled {
			continue
		}
		c := Change{Status: e.DeliveryStatus, At: e.Timestamp.Sub(begin).Truncate(time.Millisecond), Method: e.DeliveryMethod}
		if was, ok := at[c.Status]; !ok || c.At < was.At {
			at[c.Status] = c
		}
	}
	last := mocksender.Pending
	for _, status := range []mocksender.DeliveryStatus{mocksender.Delivered, mocksender.Failed, mocksender.Opened} {
		if _, ok := at[status]; ok {
			last = status
		}
	}
	_, delivered := at[mocksender.Delivered]
	if _, failed := at[mocksender.Failed]; failed && (delivered || last == mocksender.Opened) {
		return nil, t.noHistory("failed and delivered on one device")
	}
	return t.ordered(at, last)
}

// ordered is the history that ends with last, what is missing filled in.
func (t *tale) ordered(at map[mocksender.DeliveryStatus]Change, last mocksender.DeliveryStatus) (History, error) {
	planned := t.entries[0].PlannedDeliveryMethod
	course := append(slices.Clone(filled[last]), last)
	h := make(History, len(course))
	for i := len(course) - 1; i >= 0; i-- {
		c, known := at[course[i]]
		if !known {
			c = Change{Status: course[i], Method: planned}
			if i+1 < len(course) {
				c.At = h[i+1].At - time.Millisecond
				if c.Status != mocksender.Pending {
					c.Method = h[i+1].Method
				}
			}
		}
		if i+1 < len(course) && c.At > h[i+1].At {
			return nil, t.noHistory(fmt.Sprintf("%s after %s", c.Status, course[i+1]))
		}
		h[i] = c
	}
	// Within a millisecond the status decides, and a scenario wants one between.
	for i := 1; i < len(h); i++ {
		h[i].At = max(h[i].At, h[i-1].At+time.Millisecond)
	}
	return h, nil
}

// cancel adds the message's cancellation, if there was one.
func (t *tale) cancel(m *Message, begin time.Time) error {
	for _, e := range t.entries {
		at := e.Timestamp.Sub(begin).Truncate(time.Millisecond)
		if e.DeliveryStatus == mocksender.Cancelled && (m.Cancelled == nil || at < m.Cancelled.At) {
			m.Cancelled = &Change{Status: mocksender.Cancelled, At: at, Method: mocksender.MethodCancelled}
		}
	}
	if m.Cancelled == nil {
		return nil
	}
	for _, d := range m.Devices {
		last, _ := d.History.Last()
		if last.Status != mocksender.Pending {
			return t.noHistory(string(last.Status) + " and cancelled")
		}
		m.Cancelled.At = max(m.Cancelled.At, last.At+time.Millisecond)
	}
	return nil
}

func (t *tale) noHistory(why string) error {
	return fmt.Errorf("message %s: its entries are no history of the contract: %s", t.key, why)
}
