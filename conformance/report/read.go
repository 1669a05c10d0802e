package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// maxStored is more than any report takes, in bytes.
const maxStored = 256 << 20

// Read reads a stored report.json. Members that it does not know are left out:
// a later version may have added them. Anything else that is not a report of
// this Schema is an error of one line.
func Read(r io.Reader) (Report, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxStored+1))
	if err != nil {
		return Report{}, fmt.Errorf("report: %w", err)
	}
	if len(data) > maxStored {
		return Report{}, fmt.Errorf("report: it is larger than %d MiB: want a report of schema %q", maxStored>>20, Schema)
	}
	// The schema decides what the rest means, so it is looked at alone first.
	var head struct {
		Schema *string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Report{}, decodeError(data, err)
	}
	if head.Schema == nil {
		return Report{}, fmt.Errorf("report: schema is missing: want %q", Schema)
	}
	if *head.Schema != Schema {
		return Report{}, fmt.Errorf("report: schema is %q: want %q", text.Clip(*head.Schema, 100), Schema)
	}
	var rep Report
	if err := json.Unmarshal(data, &rep); err != nil {
		return Report{}, decodeError(data, err)
	}
	rep = normalize(rep)
	if err := rep.validate(); err != nil {
		return Report{}, fmt.Errorf("report: %w", err)
	}
	return rep, nil
}

// decodeError names the line or the member that is wrong.
func decodeError(data []byte, err error) error {
	if len(data) == 0 {
		return fmt.Errorf("report: it is empty: want a report of schema %q", Schema)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1
		for _, c := range data[:min(int(e.Offset), len(data))] {
			if c == '\n' {
				line++
			}
		}
		return fmt.Errorf("report: line %d is not JSON: %w", line, err)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return fmt.Errorf("report: it is a JSON %s: want an object", e.Value)
		}
		return fmt.Errorf("report: %s is a JSON %s: want %s", text.Clip(e.Field, 200), text.Clip(e.Value, 100), jsonName(e.Type))
	}
	return fmt.Errorf("report: %s", text.Printable(text.Clip(err.Error(), 300)))
}

// jsonName is what JSON calls the values of t.
func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "an array"
	case reflect.Struct:
		return "an object"
	}
	return "a whole number"
}

// validate says in which way r can't be trusted to be rendered as it was meant.
func (r Report) validate() error {
	switch r.Result {
	case Pass, Fail, Error, Interrupted:
	default:
		return fmt.Errorf("result is %q: want pass, fail, error or interrupted", text.Clip(string(r.Result), 100))
	}
	times := map[string]time.Time{"started": r.Started, "tool.epoch": r.Tool.Epoch}
	if r.Baseline != nil {
		times["baseline.started"] = r.Baseline.Started
	}
	for i, n := range r.Notes {
		times[fmt.Sprintf("notes[%d].time", i)] = n.Time
	}
	for name, t := range times {
		if y := t.Year(); y < 0 || y > 9999 {
			return fmt.Errorf("%s is in the year %d in UTC: want 0 to 9999", name, y)
		}
	}
	seen := make(map[string]bool, len(r.Checks))
	for i, c := range r.Checks {
		name := text.Clip(c.ID, 100)
		switch {
		case c.ID == "":
			return fmt.Errorf("checks[%d].id is empty: want a check's id", i)
		case seen[c.ID]:
			return fmt.Errorf("check %q is there twice: want each once", name)
		}
		seen[c.ID] = true
		switch c.Level {
		case event.Required, event.Recommended:
		default:
			return fmt.Errorf("check %q: level is %q: want required or recommended", name, text.Clip(string(c.Level), 100))
		}
		switch c.Result {
		case event.Pass, event.Fail, event.Waived, event.Skipped, event.Errored:
		default:
			return fmt.Errorf("check %q: result is %q: want pass, fail, waived, skipped or error", name, text.Clip(string(c.Result), 100))
		}
	}
	return nil
}
