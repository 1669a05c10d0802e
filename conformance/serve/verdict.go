package serve

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/service"
	"github.com/ctxpush/ctxpush/scenarios"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// Verdict says whether the receiver holds what it was told.
type Verdict struct {
	OK bool `json:"ok"`
	// Checked states were compared; Pending messages were not: webhooks of theirs
	// are still on the way, or were dropped.
	Checked int       `json:"checked"`
	Pending int       `json:"not_judged"`
	Differ  []Differs `json:"differ" nullable:"false"`
}

// Differs is a state that is not as it must be.
type Differs struct {
	ID             uint64       `json:"id" doc:"the message's"`
	CampaignID     string       `json:"campaign_id"`
	UserID         string       `json:"user_id"`
	IdempotencyKey string       `json:"idempotency_key"`
	DeviceToken    string       `json:"device_token,omitempty"`
	Want           string       `json:"want" doc:"the delivery_status"`
	Got            *state.State `json:"got" doc:"what the receiver has; null where it does not know the message"`
	What           string       `json:"what" doc:"in one line"`
}

// maxJudged is how many messages one verdict looks at.
const maxJudged = 10_000

func (s *server) registerVerdict(api huma.API) {
	huma.Get(api, "/api/v1/verdict", func(ctx context.Context, q *struct {
		CampaignID     string `query:"campaign_id"`
		UserID         string `query:"user_id"`
		IdempotencyKey string `query:"idempotency_key"`
		Wait           string `query:"wait" doc:"how long to wait for webhooks that are on the way, such as 5s"`
	}) (*answer[Verdict], error) {
		if s.Receiver == nil {
			return nil, noProbe()
		}
		query := service.Query{
			CampaignID: q.CampaignID, UserID: q.UserID, IdempotencyKey: q.IdempotencyKey, Limit: maxJudged,
		}
		var found []*service.Message
		err := s.waitFor(ctx, q.Wait, func() (bool, error) {
			var err error
			if found, err = s.Service.Store().Messages(query); err != nil {
				return false, err
			}
			for _, m := range found {
				if arrived, err := s.hasArrived(m); err != nil || !arrived {
					return false, err
				}
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		v, err := s.judge(ctx, found, s.Receiver.Settle)
		if err != nil {
			return nil, huma.NewError(http.StatusBadGateway, s.hidden.Text(err.Error()))
		}
		return &answer[Verdict]{v}, nil
	})
}

// States are what the receiver has of one message, beside what is true.
type States struct {
	// Arrived tells whether all has been told and acknowledged: before, the receiver
	// can't be right.
	Arrived bool        `json:"arrived"`
	States  []StateSeen `json:"states" nullable:"false"`
}

// StateSeen is the state of a message, or of a message on one device.
type StateSeen struct {
	DeviceToken string       `json:"device_token,omitempty"`
	Want        string       `json:"want" doc:"the true delivery_status"`
	Got         *state.State `json:"got" doc:"what the receiver has; null where it does not know the message"`
	What        string       `json:"what,omitempty" doc:"how they differ, in one line"`
}

// registerStates makes the call that shows the receiver's states of one message.
func (s *server) registerStates(api huma.API) {
	huma.Get(api, "/api/v1/messages/{id}/states", func(ctx context.Context, q *struct {
		ID uint64 `path:"id"`
	}) (*answer[States], error) {
		if s.Receiver == nil {
			return nil, noProbe()
		}
		m, err := s.Service.Store().Message(q.ID)
		if err != nil {
			return nil, refused(err)
		}
		if m == nil {
			return nil, huma.Error404NotFound(fmt.Sprintf("there is no message %d", q.ID))
		}
		a := &answer[States]{States{States: []StateSeen{}}}
		if a.Body.Arrived, err = s.hasArrived(m); err != nil {
			return nil, refused(err)
		}
		wants := s.wants(m)
		states, err := s.Receiver.Probe.States(ctx, keysOf(wants))
		if err != nil {
			return nil, huma.NewError(http.StatusBadGateway, s.hidden.Text(err.Error()))
		}
		for i, w := range wants {
			seen := StateSeen{DeviceToken: w.Key.DeviceToken, Want: string(w.Status), Got: states[i]}
			if m, differs := state.Compare(w, states[i]); differs {
				seen.What = m.String()
			}
			a.Body.States = append(a.Body.States, seen)
		}
		return a, nil
	})
}

// ReceiverInfo is the receiver whose states are compared.
type ReceiverInfo struct {
	Name     string `json:"name"`
	URL      string `json:"url" doc:"where it is reached, without the webhook's path"`
	Identity string `json:"identity" enum:"device,user"`
}

// registerReceiver makes the call that tells a test where the receiver is that
// serve has started.
func (s *server) registerReceiver(api huma.API) {
	huma.Get(api, "/api/v1/receiver", func(context.Context, *struct{}) (*answer[ReceiverInfo], error) {
		if s.Receiver == nil {
			return nil, noProbe()
		}
		return &answer[ReceiverInfo]{ReceiverInfo{s.Receiver.Name, s.Receiver.URL(), string(s.Receiver.Identity)}}, nil
	})
}

func keysOf(wants []scenarios.Want) []mocksender.Key {
	keys := make([]mocksender.Key, len(wants))
	for i, w := range wants {
		keys[i] = w.Key
	}
	return keys
}

func noProbe() error {
	return huma.NewError(http.StatusNotImplemented,
		"the receiver's states can't be read: want a receiver.yaml with a probe")
}

// hasArrived tells whether nothing of the message is on its way, and the receiver
// has acknowledged the last change of each device: only then does the contract
// say what it must hold.
func (s *server) hasArrived(m *service.Message) (bool, error) {
	if m.Waiting() > 0 {
		return false, nil
	}
	arrived := map[string]bool{} // by device, whether its last change has
	for _, c := range m.History {
		if c.DeviceToken == "" {
			clear(arrived) // cancelled, on all devices
		}
		arrived[c.DeviceToken] = false
		for _, id := range c.Deliveries {
			d, err := s.Service.Store().Delivery(id)
			if err != nil || d == nil || d.Outcome == service.Waiting {
				return false, err
			}
			arrived[c.DeviceToken] = arrived[c.DeviceToken] || d.Outcome == service.Acknowledged
		}
	}
	for _, ok := range arrived {
		if !ok {
			return false, nil
		}
	}
	return len(arrived) > 0, nil
}

// wants are the states that the receiver must have of a message. With identity
// user, what two devices may say differently is not judged.
func (s *server) wants(m *service.Message) []scenarios.Want {
	w := scenarios.Want{Key: m.Key(), Status: m.DeliveryStatus, Content: m.Content}
	w.PlannedMethod = m.PlannedDeliveryMethod
	if slices.Contains(s.Receiver.Ignores, m.DeliveryStatus) {
		return nil
	}
	if s.Receiver.Identity == scenarios.ByUser {
		if len(m.Devices) > 1 {
			w.Content, w.PlannedMethod = nil, ""
			if mixed(m.Devices) {
				return nil
			}
			return []scenarios.Want{w}
		}
		if len(m.History) > 0 {
			last := m.History[len(m.History)-1]
			w.Method, w.Timestamp = last.DeliveryMethod, last.Timestamp
		}
		return []scenarios.Want{w}
	}
	var wants []scenarios.Want
	for _, d := range m.Devices {
		if slices.Contains(s.Receiver.Ignores, d.DeliveryStatus) {
			continue
		}
		if d.DeliveryStatus == mocksender.Cancelled && !wasTold(m, d.DeviceToken) {
			continue // the receiver has never seen the device
		}
		one := w
		one.Key.DeviceToken = d.DeviceToken
		one.Status, one.Method, one.Timestamp = d.DeliveryStatus, d.DeliveryMethod, d.Timestamp
		wants = append(wants, one)
	}
	return wants
}

// mixed tells whether devices are failed and pending side by side, which the
// contract does not settle for a user.
func mixed(devices []service.DeviceState) bool {
	has := func(s mocksender.DeliveryStatus) bool {
		return slices.ContainsFunc(devices, func(d service.DeviceState) bool { return d.DeliveryStatus == s })
	}
	return has(mocksender.Failed) && has(mocksender.Pending)
}

// wasTold tells whether an entry of the device has been sent.
func wasTold(m *service.Message, device string) bool {
	return slices.ContainsFunc(m.History, func(c service.Change) bool {
		return c.DeviceToken == device && len(c.Deliveries) > 0
	})
}

// judge compares the messages whose webhooks have arrived; what differs is looked
// at again until the receiver's settle time is over.
func (s *server) judge(ctx context.Context, messages []*service.Message, settle time.Duration) (Verdict, error) {
	v := Verdict{Differ: []Differs{}}
	var wants []scenarios.Want
	ids := map[mocksender.Key]uint64{}
	for _, m := range messages {
		arrived, err := s.hasArrived(m)
		if err != nil {
			return v, err
		}
		if !arrived {
			v.Pending++
			continue
		}
		for _, w := range s.wants(m) {
			ids[w.Key] = m.ID
			wants = append(wants, w)
		}
	}
	v.Checked = len(wants)
	until := time.Now().Add(settle)
	for {
		wrong, differ, err := s.compare(ctx, wants, ids)
		if err != nil {
			return v, err
		}
		if wants = wrong; len(wrong) == 0 || !time.Now().Before(until) {
			v.Differ = append(v.Differ, differ...)
			v.OK = len(v.Differ) == 0
			return v, nil
		}
		select {
		case <-time.After(min(settle/10+time.Millisecond, time.Until(until)+time.Millisecond)):
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

// lookUp is how many states are asked for at once.
const lookUp = 1000

// compare asks for the states: those that are not as wanted, and how.
func (s *server) compare(
	ctx context.Context, wants []scenarios.Want, ids map[mocksender.Key]uint64,
) (wrong []scenarios.Want, differ []Differs, err error) {
	for part := range slices.Chunk(wants, lookUp) {
		states, err := s.Receiver.Probe.States(ctx, keysOf(part))
		if err != nil {
			return nil, nil, err
		}
		for i, w := range part {
			if m, bad := state.Compare(w, states[i]); bad {
				wrong = append(wrong, w)
				k := w.Key
				differ = append(differ, Differs{ids[k], k.CampaignID, k.UserID, k.IdempotencyKey, k.DeviceToken,
					string(w.Status), states[i], m.String()})
			}
		}
	}
	return wrong, differ, nil
}
