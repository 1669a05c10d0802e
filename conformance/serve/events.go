package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ctxpush/ctxpush/mocksender/service"
)

// keepAlive is how often an idle stream says something.
const keepAlive = 15 * time.Second

// registerEvents makes the stream of what changes. A reader that falls behind
// gets the event gap: it reads anew what it shows.
func (s *server) registerEvents(api huma.API) {
	schema := api.OpenAPI().Components.Schemas.Schema(typeOf[service.Event](), true, "Event")
	huma.Register(api, huma.Operation{
		OperationID: "events", Method: http.MethodGet, Path: "/api/v1/events",
		Summary: "Server-sent events: what changes, as it changes",
		Responses: map[string]*huma.Response{"200": {
			Description: "a stream of events",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: schema}},
		}},
	}, func(_ context.Context, q *struct {
		Last string `header:"Last-Event-ID"`
	}) (*huma.StreamResponse, error) {
		seq := s.Service.LastEvent()
		if n, err := strconv.ParseUint(q.Last, 10, 64); err == nil {
			seq = n
		}
		return &huma.StreamResponse{Body: func(c huma.Context) { s.stream(c, seq) }}, nil
	})
}

func (s *server) stream(c huma.Context, seq uint64) {
	c.SetHeader("Content-Type", "text/event-stream")
	w := c.BodyWriter()
	flush, _ := w.(http.Flusher)
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	_, err := fmt.Fprint(w, ": hello\n\n")
	for err == nil {
		events, gap, changed := s.Service.Events(seq)
		if gap {
			if len(events) == 0 {
				seq = s.Service.LastEvent()
			}
			_, err = fmt.Fprint(w, "event: gap\ndata: {}\n\n")
		}
		for _, e := range events {
			data, _ := json.Marshal(e) // an event always has a JSON form
			if _, err = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Kind, data); err != nil {
				return
			}
			seq = e.Seq
		}
		if flush != nil {
			flush.Flush()
		}
		select {
		case <-changed:
		case <-tick.C:
			_, err = fmt.Fprint(w, ": \n\n")
		case <-c.Context().Done():
			return
		}
	}
}
