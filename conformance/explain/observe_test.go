package explain

import (
	"errors"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/fixtures/model"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

const entry = `{"device_token":"d","user_id":"u","campaign_id":"c","idempotency_key":"k","delivery_status":"opened",` +
	`"delivery_method":"traditional","planned_delivery_method":"context_aware","timestamp":"2026-03-01T12:00:00.250Z","content":{"n":1}}`

// What came of an attempt says whether it has taken effect, as far as that is known.
func TestObservedRequests(t *testing.T) {
	for name, c := range map[string]struct {
		fault   string
		through bool
		status  int // 0: no answer
		answer  model.Class
		open    bool
		n       int
	}{
		"acknowledged":                  {"", false, 202, model.Success, false, 1},
		"refused":                       {"", false, 400, model.Refusal, false, 1},
		"too many":                      {"", false, 429, model.NoAnswer, false, 1},
		"no answer":                     {"", false, 0, model.NoAnswer, true, 1},
		"a proxy's own answer":          {"", true, 502, model.NoAnswer, true, 1},
		"acknowledged through a proxy":  {"", true, 200, model.Success, false, 1},
		"the acknowledgement is lost":   {mocksender.LostAck{}.Name(), false, 0, model.NoAnswer, false, 1},
		"the body is cut":               {mocksender.CutBody{}.Name(), false, 0, model.NoAnswer, false, 1},
		"a copy at the same time":       {mocksender.Copy{}.Name(), false, 200, model.Success, false, 2},
		"a copy that one is refused of": {mocksender.Copy{}.Name(), false, 409, model.Refusal, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			j := journal.New(mocksender.Profile2025)
			a := mocksender.Attempt{Began: time.Unix(1, 0), Duration: time.Second, Fault: c.fault,
				Request: mocksender.Request{Body: []byte("[" + entry + "]")}, Answer: mocksender.Answer{Status: c.status}}
			if c.status == 0 {
				a.Err = errors.New("no answer")
			}
			j.Sent(journal.Origin{Through: c.through}, a)
			got := observed(j, scenarios.ByDevice).Requests
			if len(got) != c.n || got[0].Answer != c.answer || got[0].Open != c.open {
				t.Fatalf("%+v", got)
			}
			e := got[0].Entries[0]
			want := model.State{Status: mocksender.Opened, Method: mocksender.Traditional, Planned: mocksender.ContextAware,
				At: time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC).UnixMilli(), Content: `{"n":1}`}
			if e.State != want || e.Extra || got[0].Malformed {
				t.Errorf("entry %+v", e)
			}
		})
	}
}

func TestEntriesOf(t *testing.T) {
	for body, malformed := range map[string]bool{
		"[" + entry + "," + entry + "]": false, "[]": false, "{}": true, "[1,2,3]": true, "[{}]": true, "": true, "[" + entry: true,
	} {
		if _, ok := entriesOf([]byte(body)); ok == malformed {
			t.Errorf("%s: malformed %t", body, !ok)
		}
	}
	if e, ok := entriesOf([]byte(`[{"more":1,` + entry[1:] + "]")); !ok || !e[0].Extra {
		t.Errorf("a further member is not seen: %+v", e)
	}
}

// What is not judged counts for and against no mistake.
func TestJudgedPart(t *testing.T) {
	got := &state.State{DeliveryStatus: mocksender.Opened, DeliveryMethod: mocksender.Traditional, Timestamp: "2026-03-01T12:00:00Z"}
	if s := judgedPart(scenarios.Want{Status: mocksender.Opened}, got); *s != (model.State{Status: mocksender.Opened}) {
		t.Errorf("%+v", s)
	}
	if s := judgedPart(scenarios.Want{}, nil); s != nil {
		t.Errorf("%+v", s)
	}
	all := scenarios.Want{Method: mocksender.Traditional, Timestamp: time.Now()}
	if s := judgedPart(all, got); s.Method != mocksender.Traditional || s.At == 0 {
		t.Errorf("%+v", s)
	}
}
