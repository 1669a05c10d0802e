package serve

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/service"
	"github.com/ctxpush/ctxpush/scenarios"
)

// maxExported is how many messages a scenario is made of at most: who reads it
// wants to see what matters.
const maxExported = 100

// exported is a scenario file.
type exported struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// registerExport makes the call that saves what happened as a scenario.
func (s *server) registerExport(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "export", Method: http.MethodGet, Path: "/api/v1/export",
		Summary: "What happened, and what waits in the queue, as a scenario file that ctxpush scenario run plays again",
		Responses: map[string]*huma.Response{"200": {
			Description: "a scenario file",
			Content:     map[string]*huma.MediaType{"application/yaml": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}, func(ctx context.Context, q *struct {
		Messages []uint64 `query:"message" maxItems:"100" doc:"the messages' ids; without one the newest 100 messages"`
		Entries  []string `query:"entry" maxItems:"10000" doc:"what waits (MESSAGE.CHANGE), in another order than the queue's"`
		Batch    int      `query:"batch" minimum:"1" maximum:"100" default:"100" doc:"entries of a request that waits"`
		Title    string   `query:"title" maxLength:"200" doc:"the scenario's title"`
	}) (*exported, error) {
		first, err := parseRefs(q.Entries)
		if err != nil {
			return nil, err
		}
		messages, err := s.exportable(q.Messages)
		if err != nil {
			return nil, err
		}
		text, err := s.export(ctx, messages, first, q.Batch, q.Title)
		if err != nil {
			return nil, err
		}
		return &exported{"application/yaml", `attachment; filename="scenario.yaml"`, text}, nil
	})
}

// exportable are the messages of the ids, or the newest.
func (s *server) exportable(ids []uint64) ([]*service.Message, error) {
	if len(ids) == 0 {
		all, err := s.Service.Store().Messages(service.Query{Limit: maxExported})
		slices.Reverse(all) // the oldest first
		return all, refusedOrNil(err)
	}
	var all []*service.Message
	for _, id := range ids {
		m, err := s.Service.Store().Message(id)
		if err != nil {
			return nil, refused(err)
		}
		if m == nil {
			return nil, huma.Error404NotFound(fmt.Sprintf("there is no message %d", id))
		}
		all = append(all, m)
	}
	return all, nil
}

func refusedOrNil(err error) error {
	if err == nil {
		return nil
	}
	return refused(err)
}

// export is the scenario of what reached the receiver of the messages, request by
// request, and then of what waits, those that are named first and in their order.
func (s *server) export(
	ctx context.Context, messages []*service.Message, first []service.Ref, batch int, title string,
) ([]byte, error) {
	if len(messages) == 0 {
		return nil, huma.Error404NotFound("there is no message yet")
	}
	known := map[uint64]*service.Message{}
	var truth []mocksender.Event
	for _, m := range messages {
		known[m.ID] = m
		for i := range m.History {
			truth = append(truth, m.Entry(i))
		}
	}
	requests, err := s.arrivals(messages, known)
	if err != nil {
		return nil, err
	}
	waiting, err := s.waiting(ctx, first)
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(waiting, batch) {
		if r := recorded(part, known); len(r.Entries) > 0 {
			requests = append(requests, r)
		}
	}
	if len(requests) == 0 {
		return nil, huma.Error409Conflict("no webhook of the messages was sent, and none waits")
	}
	title = cmp.Or(title, "what ctxpush serve sent")
	scenario, err := scenarios.FromRequests(title, requests, truth...)
	if err != nil {
		return nil, huma.Error409Conflict(s.hidden.Text(err.Error()))
	}
	check := scenarios.Check{Title: title, Level: scenarios.Required, Scenarios: []scenarios.Scenario{scenario}}
	if s.Receiver != nil {
		// What the receiver has made of it is a counterexample, which is mended or not.
		if v, err := s.judge(ctx, messages, 0); err == nil && !v.OK {
			check.Counterexample, check.Found = "what ctxpush serve showed", v.Differ[0].What
		}
	}
	return []byte(s.hidden.Text(string(scenarios.Format(check)))), nil
}

// arrival is a request that reached the receiver.
type arrival struct {
	at       time.Time
	delivery uint64
	entries  []service.Ref
}

// arrivals are the requests that the receiver has taken, in their order: also those
// whose acknowledgement was lost, which so come twice.
func (s *server) arrivals(
	messages []*service.Message, known map[uint64]*service.Message,
) ([]scenarios.Recorded, error) {
	var all []arrival
	seen := map[uint64]bool{}
	for _, m := range messages {
		sent, err := s.Service.Store().Deliveries(service.DeliveryQuery{Message: m.ID})
		if err != nil {
			return nil, refused(err)
		}
		for _, d := range sent {
			if seen[d.ID] {
				continue
			}
			seen[d.ID] = true
			for _, a := range d.Attempts {
				if took := a.Status/100 == 2 || a.Fault == (mocksender.LostAck{}).Name(); took && !a.Running {
					all = append(all, arrival{a.Start, d.ID, d.Entries})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b arrival) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.delivery, b.delivery))
	})
	var requests []scenarios.Recorded
	for _, a := range all {
		if r := recorded(a.entries, known); len(r.Entries) > 0 {
			requests = append(requests, r)
		}
	}
	return requests, nil
}

// recorded are the entries of the messages among the refs.
func recorded(refs []service.Ref, known map[uint64]*service.Message) (r scenarios.Recorded) {
	for _, ref := range refs {
		if m := known[ref.Message]; m != nil && ref.Change < len(m.History) {
			r.Entries = append(r.Entries, m.Entry(ref.Change))
		}
	}
	return r
}

// waiting is the queue, the named entries first.
func (s *server) waiting(ctx context.Context, first []service.Ref) ([]service.Ref, error) {
	queue, _, err := s.Service.Queue(ctx, maxQueued)
	if err != nil {
		return nil, refused(err)
	}
	left := map[service.Ref]int{}
	for _, r := range queue {
		left[r]++
	}
	var all []service.Ref
	for _, r := range slices.Concat(first, queue) {
		if left[r] > 0 {
			left[r]--
			all = append(all, r)
		}
	}
	return all, nil
}
