package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/service"
)

// maxWait is how long a call waits at most.
const maxWait = 10 * time.Minute

// Page is which part of a list is asked for.
type Page struct {
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"how many at most"`
	Next  uint64 `query:"next" doc:"goes on where the answer before ended: its next"`
	Wait  string `query:"wait" doc:"how long to wait for the first one, such as 5s; without one the list is empty"`
}

// listMessages asks for messages.
type listMessages struct {
	Page
	Status         string `query:"status" enum:"pending,delivered,opened,cancelled,failed" doc:"the delivery_status"`
	CampaignID     string `query:"campaign_id"`
	UserID         string `query:"user_id"`
	IdempotencyKey string `query:"idempotency_key"`
	Text           string `query:"q" doc:"a part of any id or device token"`
	Offset         int    `query:"offset" minimum:"0" doc:"leaves out as many of the newest"`
}

// Messages is a list, the newest first.
type Messages struct {
	Messages []*service.Message `json:"messages" nullable:"false"`
	// Next goes on with the list; absent at its end.
	Next uint64 `json:"next,omitempty"`
	// Total is how many there are in all.
	Total int `json:"total"`
}

// answer is an answer's body.
type answer[T any] struct{ Body T }

// byKey names a message, and for some actions a device.
type byKey struct {
	Body struct {
		CampaignID     string `json:"campaign_id" minLength:"1"`
		UserID         string `json:"user_id" minLength:"1"`
		IdempotencyKey string `json:"idempotency_key" minLength:"1"`
		DeviceToken    string `json:"device_token,omitempty" doc:"one device; without it any, or all"`
	}
}

func (k *byKey) key() mocksender.Key {
	b := k.Body
	return mocksender.Key{
		CampaignID: b.CampaignID, UserID: b.UserID, IdempotencyKey: b.IdempotencyKey, DeviceToken: b.DeviceToken,
	}
}

// duration reads a wait; empty is none.
func duration(name, text string, most time.Duration) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > most {
		message := fmt.Sprintf("%s is %.40q: want a time up to %v, such as 5s", name, text, most)
		return 0, huma.Error400BadRequest(message, &huma.ErrorDetail{Location: name, Message: message, Value: text})
	}
	return d, nil
}

// waitFor waits until is says so, but no longer than text says; that time's end
// is no error.
func (s *server) waitFor(ctx context.Context, text string, is func() (bool, error)) error {
	d, err := duration("wait", text, maxWait)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := s.Service.Wait(limited, is); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return refused(err)
	}
	return nil
}

func (s *server) registerMessages(api huma.API) {
	huma.Get(api, "/api/v1/messages", func(ctx context.Context, q *listMessages) (*answer[Messages], error) {
		query := service.Query{
			Status: mocksender.DeliveryStatus(q.Status), CampaignID: q.CampaignID, UserID: q.UserID,
			IdempotencyKey: q.IdempotencyKey, Text: q.Text, Before: q.Next, Offset: q.Offset, Limit: q.Limit,
		}
		var found []*service.Message
		err := s.waitFor(ctx, q.Wait, func() (_ bool, err error) {
			found, err = s.Service.Store().Messages(query)
			return len(found) > 0, err
		})
		if err != nil {
			return nil, err
		}
		total, err := s.Service.Store().Count(query)
		if err != nil {
			return nil, refused(err)
		}
		a := &answer[Messages]{Messages{Messages: append([]*service.Message{}, found...), Total: total}}
		if len(found) == q.Limit {
			a.Body.Next = found[len(found)-1].ID
		}
		return a, nil
	})
	huma.Get(api, "/api/v1/messages/{id}", func(_ context.Context, q *struct {
		ID uint64 `path:"id"`
	}) (*answer[*service.Message], error) {
		m, err := s.Service.Store().Message(q.ID)
		if err != nil {
			return nil, refused(err)
		}
		if m == nil {
			return nil, huma.Error404NotFound(fmt.Sprintf("there is no message %d", q.ID))
		}
		return &answer[*service.Message]{m}, nil
	})
	for name, do := range map[string]func(context.Context, mocksender.Key) (*service.Message, error){
		"deliver": s.Service.Deliver, "open": s.Service.Open, "fail": s.Service.Fail, "cancel": s.Service.Cancel,
	} {
		huma.Register(api, huma.Operation{OperationID: name, Method: http.MethodPost, Path: "/api/v1/" + name},
			func(ctx context.Context, k *byKey) (*answer[*service.Message], error) {
				m, err := do(ctx, k.key())
				if err != nil {
					return nil, refused(err)
				}
				return &answer[*service.Message]{m}, nil
			})
	}
}
