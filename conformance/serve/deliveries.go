package serve

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ctxpush/ctxpush/mocksender/service"
)

// Deliveries is a list, the newest first.
type Deliveries struct {
	Deliveries []*service.Delivery `json:"deliveries" nullable:"false"`
	Next       uint64              `json:"next,omitempty"`
}

// DeliveryDetail is one webhook request, and how it can be made from a shell.
type DeliveryDetail struct {
	service.Delivery
	// Request is as it goes over the wire, the secret left out.
	Request string `json:"request"`
	Curl    string `json:"curl"`
}

// Queue are the entries that wait, in the order in which they will be sent.
type Queue struct {
	Held    bool     `json:"held"`
	Total   int      `json:"total"`
	Entries []Queued `json:"entries" nullable:"false"`
}

// Queued is an entry that waits.
type Queued struct {
	Entry          string `json:"entry" doc:"MESSAGE.CHANGE"`
	CampaignID     string `json:"campaign_id"`
	UserID         string `json:"user_id"`
	IdempotencyKey string `json:"idempotency_key"`
	service.Change
}

func (s *server) registerDeliveries(api huma.API) {
	huma.Get(api, "/api/v1/deliveries", func(ctx context.Context, q *struct {
		Page
		Outcome string `query:"outcome" enum:"waiting,acknowledged,dropped"`
		Message uint64 `query:"message" doc:"those that carry an entry of the message with this id"`
	}) (*answer[Deliveries], error) {
		var found []*service.Delivery
		err := s.waitFor(ctx, q.Wait, func() (_ bool, err error) {
			found, err = s.Service.Store().Deliveries(service.DeliveryQuery{
				Outcome: q.Outcome, Message: q.Message, Before: q.Next, Limit: q.Limit,
			})
			return len(found) > 0, err
		})
		if err != nil {
			return nil, err
		}
		a := &answer[Deliveries]{Deliveries{Deliveries: append([]*service.Delivery{}, found...)}}
		if len(found) == q.Limit {
			a.Body.Next = found[len(found)-1].ID
		}
		return a, nil
	})
	huma.Get(api, "/api/v1/deliveries/{id}", func(_ context.Context, q *struct {
		ID uint64 `path:"id"`
	}) (*answer[DeliveryDetail], error) {
		d, err := s.Service.Store().Delivery(q.ID)
		if err != nil {
			return nil, refused(err)
		}
		if d == nil {
			return nil, huma.Error404NotFound(fmt.Sprintf("there is no delivery %d", q.ID))
		}
		shown := s.Service.Preview(d)
		return &answer[DeliveryDetail]{DeliveryDetail{*d, string(shown.Dump()), shown.Curl()}}, nil
	})
	huma.Post(api, "/api/v1/resend", s.resend)
	huma.Get(api, "/api/v1/queue", s.queue)
	huma.Post(api, "/api/v1/hold", func(ctx context.Context, _ *struct{}) (*answer[Queue], error) {
		if err := s.Service.Hold(ctx); err != nil {
			return nil, refused(err)
		}
		return s.queue(ctx, nil)
	})
	huma.Post(api, "/api/v1/release", func(ctx context.Context, q *struct {
		Body struct {
			Entries []string `json:"entries,omitempty" doc:"these first and in this order; then the others"`
			Batch   int      `json:"batch,omitempty" minimum:"0" maximum:"100" doc:"entries of a request, 100 without it"`
			Only    bool     `json:"only,omitempty" doc:"sends only the entries, and holds the others"`
		}
	}) (*answer[Deliveries], error) {
		refs, err := parseRefs(q.Body.Entries)
		if err != nil {
			return nil, err
		}
		var sent []*service.Delivery
		if q.Body.Only {
			sent, err = s.Service.Send(ctx, chunks(refs, q.Body.Batch))
		} else {
			sent, err = s.Service.Release(ctx, refs, q.Body.Batch)
		}
		if err != nil {
			return nil, refused(err)
		}
		return &answer[Deliveries]{Deliveries{Deliveries: append([]*service.Delivery{}, sent...)}}, nil
	})
}

// resend sends a delivery again, or entries in requests as given.
func (s *server) resend(ctx context.Context, q *struct {
	Body struct {
		Delivery uint64     `json:"delivery,omitempty" doc:"the delivery to send again, as it was"`
		Requests [][]string `json:"requests,omitempty" doc:"or entries (MESSAGE.CHANGE), request by request"`
	}
}) (*answer[Deliveries], error) {
	if (q.Body.Delivery == 0) == (len(q.Body.Requests) == 0) {
		return nil, huma.Error400BadRequest("resend has delivery and requests, or neither: want one of them")
	}
	if q.Body.Delivery != 0 {
		d, err := s.Service.Resend(ctx, q.Body.Delivery)
		if err != nil {
			return nil, refused(err)
		}
		return &answer[Deliveries]{Deliveries{Deliveries: []*service.Delivery{d}}}, nil
	}
	var requests [][]service.Ref
	for _, texts := range q.Body.Requests {
		refs, err := parseRefs(texts)
		if err != nil {
			return nil, err
		}
		requests = append(requests, refs)
	}
	sent, err := s.Service.Send(ctx, requests)
	if err != nil {
		return nil, refused(err)
	}
	return &answer[Deliveries]{Deliveries{Deliveries: sent}}, nil
}

func parseRefs(texts []string) ([]service.Ref, error) {
	var refs []service.Ref
	for _, text := range texts {
		r, err := service.ParseRef(text)
		if err != nil {
			return nil, huma.Error400BadRequest(err.Error())
		}
		refs = append(refs, r)
	}
	return refs, nil
}

// chunks are the refs by n each; 0 is all in one.
func chunks(refs []service.Ref, n int) [][]service.Ref {
	if n == 0 {
		n = max(1, len(refs))
	}
	var all [][]service.Ref
	for len(refs) > 0 {
		k := min(n, len(refs))
		all = append(all, refs[:k])
		refs = refs[k:]
	}
	return all
}

// maxQueued is how much of the queue is shown.
const maxQueued = 1000

func (s *server) queue(ctx context.Context, _ *struct{}) (*answer[Queue], error) {
	refs, total, err := s.Service.Queue(ctx, maxQueued)
	if err != nil {
		return nil, refused(err)
	}
	settings, err := s.Service.Settings(ctx)
	if err != nil {
		return nil, refused(err)
	}
	a := &answer[Queue]{Queue{Held: settings.Held, Total: total, Entries: []Queued{}}}
	for _, r := range refs {
		m, err := s.Service.Store().Message(r.Message)
		if err != nil {
			return nil, refused(err)
		}
		if m != nil && r.Change < len(m.History) {
			a.Body.Entries = append(a.Body.Entries,
				Queued{r.String(), m.CampaignID, m.UserID, m.IdempotencyKey, m.History[r.Change]})
		}
	}
	return a, nil
}
