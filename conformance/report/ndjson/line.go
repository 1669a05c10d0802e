package ndjson

import (
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// head begins each line.
type head struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
}

type (
	runStarted struct {
		head
		Schema   string          `json:"schema"`
		Tool     event.Tool      `json:"tool"`
		Receiver event.Receiver  `json:"receiver"`
		Command  string          `json:"command"`
		Checks   []event.Check   `json:"checks"`
		Waivers  []event.Waiver  `json:"waivers,omitempty"`
		Settings []event.Setting `json:"settings,omitempty"`
	}

	checkStarted struct {
		head
		Check string `json:"check"`
	}

	scenarioStarted struct {
		head
		Check  string `json:"check"`
		Play   int    `json:"play"`
		Name   string `json:"name,omitempty"`
		Replay bool   `json:"replay,omitempty"`
	}

	attempted struct {
		head
		Check   string `json:"check"`
		Play    int    `json:"play,omitempty"`
		Attempt int    `json:"attempt"`
		Bytes   int    `json:"bytes"`
		Fault   string `json:"fault,omitempty"`
		Status  int    `json:"status,omitempty"`
		Error   string `json:"error,omitempty"`
		TookUS  int64  `json:"took_us"`
	}

	scenarioFinished struct {
		head
		Check  string `json:"check"`
		Play   int    `json:"play"`
		Failed bool   `json:"failed"`
		Error  string `json:"error,omitempty"`
	}

	advanced struct {
		head
		Check  string `json:"check"`
		Played int    `json:"played"`
		Of     int    `json:"of"`
	}

	checkFinished struct {
		head
		Check      string        `json:"check"`
		DurationMS int64         `json:"duration_ms"`
		Verdict    event.Verdict `json:"verdict"`
	}

	noted struct {
		head
		Text string `json:"text"`
	}

	runFinished struct {
		head
		Error       string `json:"error,omitempty"`
		Interrupted bool   `json:"interrupted,omitempty"`
	}
)

// lineOf is e as it is written. Times are of UTC, as everywhere in a report.
func lineOf(e event.Event) any {
	switch e := e.(type) {
	case event.RunStarted:
		return runStarted{at("run_started", e.Time), Form, e.Tool, e.Receiver, e.Command, e.Checks, e.Waivers, e.Settings}
	case event.CheckStarted:
		return checkStarted{at("check_started", e.Time), e.ID}
	case event.ScenarioStarted:
		return scenarioStarted{at("scenario_started", e.Time), e.ID, e.Play, e.Name, e.Replay}
	case event.AttemptFinished:
		a := e.Attempt
		return attempted{at("attempt_finished", e.Time), e.ID, e.Play, a.Number, len(a.Request.Body), a.Fault, a.Answer.Status, words(a.Err), a.Duration.Microseconds()}
	case event.ScenarioFinished:
		return scenarioFinished{at("scenario_finished", e.Time), e.ID, e.Play, e.Failed, words(e.Err)}
	case event.Advanced:
		return advanced{at("advanced", e.Time), e.ID, e.Played, e.Of}
	case event.CheckFinished:
		return checkFinished{at("check_finished", e.Time), e.Verdict.ID, e.Verdict.Duration.Milliseconds(), e.Verdict}
	case event.Noted:
		return noted{at("noted", e.Time), e.Text}
	case event.RunFinished:
		return runFinished{at("run_finished", e.Time), words(e.Err), e.Interrupted}
	}
	return nil // there are no others
}

func at(name string, t time.Time) head { return head{name, t.UTC()} }

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
