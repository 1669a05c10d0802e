package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
)

const (
	// maxFile is more than a load of days writes, in bytes.
	maxFile = 16 << 20
	// maxCount is what each number of a file may be at most: it is exact in
	// every program that reads it, and sums of many do not overflow.
	maxCount = 1 << 53
	// maxText is how much of one string is kept, in bytes.
	maxText = 16 << 10
	// maxKinds is how many kinds of errors are kept apart.
	maxKinds = 1000
)

// Read reads a stored load. Members that it does not know are left out: a later
// version may have added them. Anything else that is no load of this Schema is
// an error of one line.
func Read(r io.Reader) (Report, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return Report{}, err
	}
	if len(data) > maxFile {
		return Report{}, fmt.Errorf("is larger than %d MiB: want a load's --json file", maxFile>>20)
	}
	var head struct {
		Schema *string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Report{}, notJSON(data, err)
	}
	if head.Schema == nil || *head.Schema != Schema {
		got := "is missing"
		if head.Schema != nil {
			got = fmt.Sprintf("is %.60q", *head.Schema)
		}
		return Report{}, fmt.Errorf("schema %s: want %q, as load --json writes it", got, Schema)
	}
	var rep Report
	if err := json.Unmarshal(data, &rep); err != nil {
		return Report{}, notJSON(data, err)
	}
	if err := rep.validate(); err != nil {
		return Report{}, err
	}
	return rep, nil
}

// notJSON names the line or the member that is wrong.
func notJSON(data []byte, err error) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return fmt.Errorf("is empty: want a load's --json file")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte{'\n'})
		return fmt.Errorf("line %d is not JSON: %w", line, err)
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		name := kind.Field
		if name == "" {
			name = "it"
		}
		return fmt.Errorf("%.100q is a JSON %.60s: that does not fit there", name, kind.Value)
	}
	return fmt.Errorf("is no load: %.200q", err.Error())
}

// validate says in which way r can't be trusted to be added up or shown.
func (r *Report) validate() error {
	switch r.Result {
	case Pass, Fail, Error, Interrupted:
	default:
		return fmt.Errorf("result is %.60q: want pass, fail, error or interrupted", string(r.Result))
	}
	for name, n := range map[string]uint64{
		"requests": r.Requests, "events": r.Events, "bytes": r.Bytes, "attempts": r.Attempts, "retries": r.Retries,
		"acknowledged": r.Acknowledged, "dropped_batches": r.DroppedBatches, "unsettled": r.Unsettled, "late": r.Late, "unsent": r.Unsent,
		"verify.messages": r.Verify.Messages, "verify.checked": r.Verify.Checked, "verify.wrong": r.Verify.Wrong,
		"verify.missing": r.Verify.Missing, "verify.not_judged": r.Verify.NotJudged,
	} {
		if n > maxCount {
			return fmt.Errorf("%s is %d: want at most %d", name, n, uint64(maxCount))
		}
	}
	if len(r.Errors) > maxKinds || len(r.Faults) > maxKinds {
		return fmt.Errorf("errors has more than %d kinds", maxKinds)
	}
	for kind, n := range r.Errors {
		if n > maxCount {
			return fmt.Errorf("errors.%.60q is %d: want at most %d", kind, n, uint64(maxCount))
		}
	}
	for kind, n := range r.Faults {
		if n > maxCount {
			return fmt.Errorf("faults.%.60q is %d: want at most %d", kind, n, uint64(maxCount))
		}
	}
	for name, s := range map[string]float64{"duration_s": r.DurationS, "begun_s": r.BegunS, "verify.duration_s": r.Verify.DurationS} {
		if !(s >= 0) || s > maxCount {
			return fmt.Errorf("%s is %g: want 0 or more", name, s)
		}
	}
	if year := r.Started.Year(); year < 0 || year > 9999 {
		return fmt.Errorf("started is in the year %d: want 0 to 9999", year)
	}
	if year := r.Tool.Epoch.Year(); year < 0 || year > 9999 {
		return fmt.Errorf("tool.epoch is in the year %d: want 0 to 9999", year)
	}
	if len(r.Merged) == 0 {
		if err := r.Plan.Shard.validate(); err != nil {
			return fmt.Errorf("plan: %w", err)
		}
	}
	for _, s := range r.Merged {
		if err := s.validate(); err != nil {
			return fmt.Errorf("merged: %w", err)
		}
	}
	return nil
}

// tidy brings r into the one form in which it is stored: bounded strings of
// valid UTF-8, finite numbers, UTC, and [] where the schema has an array.
func (r *Report) tidy() {
	r.Schema = Schema
	r.Started = r.Started.Round(0).UTC().Truncate(time.Millisecond)
	r.Tool.Epoch = r.Tool.Epoch.Round(0).UTC()
	for _, s := range []*string{
		&r.Tool.Version, &r.Tool.Protocol, &r.Command, &r.Reason, &r.Receiver.Name, &r.Receiver.Kind, &r.Receiver.URL,
		&r.Receiver.Image, &r.Receiver.Digest, &r.Receiver.Identity, &r.Crashed, &r.Verify.Skipped, &r.Verify.Mode,
	} {
		*s = bounded(*s)
	}
	for i := range r.Notes {
		r.Notes[i] = bounded(r.Notes[i])
	}
	if r.Errors == nil {
		r.Errors = map[string]uint64{}
	}
	if r.Thresholds == nil {
		r.Thresholds = []Threshold{}
	}
	if r.Verify.Examples == nil {
		r.Verify.Examples = []Example{}
	}
	for i := range r.Verify.Examples {
		r.Verify.Examples[i].tidy()
	}
	for _, f := range []*float64{&r.DurationS, &r.BegunS, &r.RequestsPerS, &r.EventsPerS, &r.ErrorRate, &r.Verify.DurationS, &r.Verify.StatesPerS} {
		*f = finite(*f)
	}
}

func (e *Example) tidy() {
	e.Kind = event.Kind(bounded(string(e.Kind)))
	e.Detail = bounded(e.Detail)
	e.Expected, e.Got = tidyState(e.Expected), tidyState(e.Got)
	for i := range e.Timeline {
		e.Timeline[i] = bounded(e.Timeline[i])
	}
	if e.Timeline == nil {
		e.Timeline = []string{}
	}
}

// tidyState keeps a receiver from writing what no JSON file can hold.
func tidyState(s *event.State) *event.State {
	if s == nil {
		return nil
	}
	t := *s
	t.DeliveryMethod, t.PlannedDeliveryMethod = boundedAs(t.DeliveryMethod), boundedAs(t.PlannedDeliveryMethod)
	t.DeliveryStatus = boundedAs(t.DeliveryStatus)
	t.Timestamp = bounded(t.Timestamp)
	if len(t.Content) > 0 && (len(t.Content) > maxText || !json.Valid(t.Content)) {
		t.Content, _ = json.Marshal(bounded(string(t.Content))) // a string always encodes
	}
	return &t
}

func boundedAs[S ~string](s S) S { return S(bounded(string(s))) }

// bounded is s as valid UTF-8, cut where it is longer than maxText.
func bounded(s string) string {
	if len(s) > maxText {
		s = s[:maxText-len("…")] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// JSON writes r, indented, its members always in the same order.
func JSON(w io.Writer, r Report) error {
	r.tidy()
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
