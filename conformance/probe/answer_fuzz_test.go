package probe

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/itchyny/gojq"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Whatever a receiver answers, it is a state that can be compared, or one line
// that says what is wrong with it.
func FuzzState(f *testing.F) {
	for _, answer := range []string{
		`null`, ``, `{}`, `[]`, `"opened"`, `NaN`, `{"delivery_status":NaN}`,
		`{"delivery_status":"opened","delivery_status":"pending"}`,
		`{"delivery_status":"clicked","timestamp":"2025-02-07T15:20:40.599Z","content":{"a":1e999999999}}`,
		`{"delivery_status":"opened","timestamp":"yesterday"}`,
		"{\"delivery_status\":\"\xff\xfe\"}", `{"delivery_status":"\u0000"}`,
		`{"delivery_status":"opened","content":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`,
	} {
		f.Add([]byte(answer), ".")
	}
	f.Add([]byte(`{"state":{"delivery_status":"opened"}}`), ".state")
	f.Add([]byte(`1`), "repeat(.)")
	f.Add([]byte(`1`), "def f: f; f")
	f.Add([]byte(`[1,2]`), "[range(1e9)]")
	f.Fuzz(func(t *testing.T, answer []byte, program string) {
		r := reader{src: program, statuses: map[string]mocksender.DeliveryStatus{"clicked": mocksender.Opened}, redact: newRedactor([]string{"s3cret-of-mine"})}
		if program != "." {
			query, err := gojq.Parse(program)
			if err != nil {
				t.Skip()
			}
			code, err := gojq.Compile(query)
			if err != nil {
				t.Skip()
			}
			r.jq = inProcess{code}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		s, err := r.state(ctx, json.RawMessage(answer))
		switch {
		case err != nil && strings.ContainsAny(err.Error(), "\n\r\x00"):
			t.Fatalf("%q by %q: %q is more than a line", answer, program, err)
		case err == nil && s != nil && !slices.Contains(mocksender.Statuses, s.DeliveryStatus):
			t.Fatalf("%q by %q: status %q", answer, program, s.DeliveryStatus)
		}
	})
}

// A jq program that never ends, or that makes more than fits, ends with the
// question's time.
func TestProgramsThatNeverEnd(t *testing.T) {
	for _, program := range []string{"repeat(.)|empty", "def f: f; f", "[limit(1e18; repeat(1))] | length", "last(repeat(1))", "until(false; .)"} {
		query, err := gojq.Parse(program)
		if err != nil {
			t.Fatal(err)
		}
		code, err := gojq.Compile(query)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err = (&reader{jq: inProcess{code}, src: program}).state(ctx, json.RawMessage(`{"delivery_status":"opened"}`))
		if cancel(); err == nil || !strings.Contains(err.Error(), "did not end in time") {
			t.Errorf("%s: %v", program, err)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: the error is the bare %v", program, err)
		}
	}
}
