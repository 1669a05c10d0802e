package main

import (
	"encoding/json"
	"io"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
)

// What --json prints. Each has its JSON Schema beside it in schemas, and ctxpush
// schema prints that.
type (
	// playedScenario is a scenario as scenario run --json tells it.
	playedScenario struct {
		namedScenario
		Tool     event.Tool      `json:"tool"`
		Receiver event.Receiver  `json:"receiver"`
		Result   event.Result    `json:"result"`
		Reason   string          `json:"reason,omitempty"`
		Rounds   int             `json:"rounds"`
		Trace    *event.Trace    `json:"trace,omitempty"`
		Failures []event.Failure `json:"failures"`
	}

	// shownScenario is a scenario as scenario show --json tells it.
	shownScenario struct {
		namedScenario
		Tool   event.Tool  `json:"tool"`
		Steps  []shownStep `json:"steps"`
		Expect []string    `json:"expect"`
	}

	shownStep struct {
		Line     int            `json:"line"` // of the scenario file, from 1
		Text     string         `json:"text"`
		Requests []shownRequest `json:"requests"`
	}

	// namedScenario is what both have in common.
	namedScenario struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		// Name tells it apart from the check's other scenarios.
		Name           string `json:"name,omitempty"`
		File           string `json:"file,omitempty"`
		Counterexample string `json:"counterexample,omitempty"` // to that check
	}

	// shownRequest is a request as it goes over the wire, but for the secret.
	shownRequest struct {
		URL     string        `json:"url"`
		Headers []shownHeader `json:"headers"`
		Body    string        `json:"body"`
	}

	shownHeader struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}

	// sentBatch is a batch as send --json tells it: with the request where nothing
	// is sent, else with what came of it.
	sentBatch struct {
		Status   mocksender.DeliveryStatus `json:"delivery_status"`
		Entries  int                       `json:"entries"`
		Request  *shownRequest             `json:"request,omitempty"`
		Outcome  string                    `json:"outcome,omitempty"`
		Attempts []sentAttempt             `json:"attempts,omitempty"`
	}

	sentAttempt struct {
		Attempt int    `json:"attempt"` // from 1
		Fault   string `json:"fault,omitempty"`
		Status  int    `json:"status,omitempty"`
		Answer  string `json:"answer,omitempty"` // the body's beginning
		Error   string `json:"error,omitempty"`
		TookUS  int64  `json:"took_us"`
	}
)

func nameScenario(p conformance.Previewed) namedScenario {
	return namedScenario{ID: p.Check.ID, Title: p.Check.Title, Name: p.Scenario.Name, File: p.Check.File, Counterexample: p.Check.Counterexample}
}

func showRequest(a mocksender.Attempt) shownRequest {
	r := shownRequest{URL: a.URL, Headers: []shownHeader{}, Body: string(a.Request.Body)}
	for _, f := range a.Request.Fields {
		r.Headers = append(r.Headers, shownHeader(f))
	}
	return r
}

func tellBatch(status mocksender.DeliveryStatus, entries int, d mocksender.Delivery) sentBatch {
	b := sentBatch{Status: status, Entries: entries, Outcome: d.Outcome.String()}
	for _, a := range d.Attempts {
		told := sentAttempt{Attempt: a.Number, Fault: a.Fault, Status: a.Answer.Status, Answer: string(a.Answer.Body), TookUS: a.Duration.Microseconds()}
		if a.Err != nil {
			told.Error = a.Err.Error()
		}
		b.Attempts = append(b.Attempts, told)
	}
	return b
}

// writeJSON writes v for programs, and for people who look at it.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// jsonArray writes an array element by element, however many they are.
type jsonArray struct {
	w     io.Writer
	begun bool
}

func (a *jsonArray) add(v any) error {
	text, err := json.MarshalIndent(v, "  ", "  ")
	if err != nil {
		return err
	}
	lead := ",\n  "
	if !a.begun {
		lead, a.begun = "[\n  ", true
	}
	_, err = a.w.Write(append([]byte(lead), text...))
	return err
}

func (a *jsonArray) close() error {
	end := "\n]\n"
	if !a.begun {
		end = "[]\n"
	}
	_, err := io.WriteString(a.w, end)
	return err
}
