package serve

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ctxpush/ctxpush/mocksender/service"
)

// maxAdvance is how far the clock is advanced at once: 400 days.
const maxAdvance = 400 * 24 * time.Hour

// Clock is the service's time.
type Clock struct {
	Now time.Time `json:"now"`
}

// Devices are a user's.
type Devices struct {
	UserID  string           `json:"user_id" minLength:"1"`
	Devices []service.Device `json:"devices" nullable:"false"`
}

func (s *server) registerControls(api huma.API) {
	faults := func(ctx context.Context, _ *struct{}) (*answer[service.Faults], error) {
		f, err := s.Service.Faults(ctx)
		if err != nil {
			return nil, refused(err)
		}
		return &answer[service.Faults]{f}, nil
	}
	huma.Get(api, "/api/v1/faults", faults)
	huma.Post(api, "/api/v1/faults", func(
		ctx context.Context, q *answer[service.Faults],
	) (*answer[service.Faults], error) {
		if err := s.Service.SetFaults(ctx, q.Body); err != nil {
			return nil, refused(err)
		}
		return faults(ctx, nil)
	})
	huma.Get(api, "/api/v1/devices", func(_ context.Context, q *struct {
		UserID string `query:"user_id" required:"true"`
	}) (*answer[Devices], error) {
		devices, err := s.Service.Devices(q.UserID)
		if err != nil {
			return nil, refused(err)
		}
		return &answer[Devices]{Devices{q.UserID, append([]service.Device{}, devices...)}}, nil
	})
	huma.Post(api, "/api/v1/devices", func(ctx context.Context, q *answer[Devices]) (*answer[Devices], error) {
		if err := s.Service.SetDevices(ctx, q.Body.UserID, q.Body.Devices); err != nil {
			return nil, refused(err)
		}
		return &answer[Devices]{Devices{q.Body.UserID, append([]service.Device{}, q.Body.Devices...)}}, nil
	})
	clock := func(ctx context.Context, _ *struct{}) (*answer[Clock], error) {
		c, err := s.Service.Settings(ctx)
		if err != nil {
			return nil, refused(err)
		}
		return &answer[Clock]{Clock{c.Now}}, nil
	}
	huma.Get(api, "/api/v1/clock", clock)
	huma.Post(api, "/api/v1/clock", func(ctx context.Context, q *struct {
		Body struct {
			By string `json:"by" doc:"how far, such as 2h; what comes due has happened when this answers"`
		}
	}) (*answer[Clock], error) {
		by, err := duration("by", q.Body.By, maxAdvance)
		if err != nil {
			return nil, err
		}
		if err := s.Service.Advance(ctx, by); err != nil {
			return nil, refused(err)
		}
		return clock(ctx, nil)
	})
	huma.Post(api, "/api/v1/reset", func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if err := s.Service.Reset(ctx); err != nil {
			return nil, refused(err)
		}
		return nil, nil
	})
}
