package words

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// Unknown is what stands in place of a state that is not there.
const Unknown = "not known to the receiver"

// Compared says what was expected and what was found, as far as they differ:
// the status always, of the rest only what makes the difference. Both are empty
// where no state was looked at.
func Compared(expected, got *event.State) (want, have string) {
	switch {
	case expected == nil && got == nil:
		return "", ""
	case expected == nil:
		return Unknown, Status(got)
	case got == nil:
		return Status(expected), Unknown
	}
	want, have = Status(expected), Status(got)
	differ := func(name, w, h string) {
		want += with(name, w)
		have += with(name, h)
	}
	// A field that nothing is expected of, or that the probe does not report, is
	// not judged.
	if w, h := string(expected.DeliveryMethod), string(got.DeliveryMethod); w != "" && h != "" && w != h {
		differ("delivery_method", w, h)
	}
	if w, h := string(expected.PlannedDeliveryMethod), string(got.PlannedDeliveryMethod); w != "" && h != "" && w != h {
		differ("planned_delivery_method", w, h)
	}
	if w, h := expected.Timestamp, got.Timestamp; w != "" && h != "" && !SameInstant(w, h) {
		differ("timestamp", w, h)
	}
	if len(expected.Content) > 0 && len(got.Content) > 0 {
		if path, w, h, ok := ContentDiff(expected.Content, got.Content); ok {
			differ(path, w, h)
		}
	}
	return want, have
}

func with(name, value string) string {
	if value == "" {
		return ", with no " + name
	}
	return ", with " + name + " = " + value
}

// Status is the status of a state that is there.
func Status(s *event.State) string {
	return cmp.Or(string(s.DeliveryStatus), "a state without delivery_status")
}

// SameInstant tells whether two timestamps mean one instant, in whichever form.
func SameInstant(a, b string) bool {
	if a == b {
		return true
	}
	s, err := time.Parse(time.RFC3339, a)
	if err != nil {
		return false
	}
	t, err := time.Parse(time.RFC3339, b)
	return err == nil && s.Equal(t)
}

// ContentDiff is the first place at which two contents differ, and what is
// there; empty means nothing is. ok is false where they are equal.
func ContentDiff(expected, got json.RawMessage) (path, want, have string, ok bool) {
	w, okW := decode(expected)
	h, okH := decode(got)
	if !okW || !okH {
		want, have = around(string(expected), string(got))
		return "content", want, have, !bytes.Equal(expected, got)
	}
	d := differ("content", w, h)
	if d == nil {
		return "", "", "", false
	}
	want, have = around(encode(d.want), encode(d.have))
	return d.path, want, have, true
}

// around cuts two long texts down to where they begin to differ.
func around(a, b string) (string, string) {
	const before, after = 40, 120
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	excerpt := func(s string) string {
		from, to := max(0, i-before), min(len(s), i+after)
		for from > 0 && !utf8.RuneStart(s[from]) {
			from--
		}
		for to < len(s) && !utf8.RuneStart(s[to]) {
			to++
		}
		out := s[from:to]
		if from > 0 {
			out = "…" + out
		}
		if to < len(s) {
			out += fmt.Sprintf("… (%s bytes)", text.Thousands(len(s)))
		}
		return out
	}
	return excerpt(a), excerpt(b)
}

// absent stands for no value, which null does not.
type absent struct{}

type difference struct {
	path       string
	want, have any
}

func differ(path string, want, have any) *difference {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			break
		}
		keys := slices.Collect(maps.Keys(w))
		for k := range h {
			if _, ok := w[k]; !ok {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			if d := differ(path+"."+k, member(w, k), member(h, k)); d != nil {
				return d
			}
		}
		return nil
	case []any:
		h, ok := have.([]any)
		if !ok {
			break
		}
		for i := range max(len(w), len(h)) {
			if d := differ(fmt.Sprintf("%s[%d]", path, i), element(w, i), element(h, i)); d != nil {
				return d
			}
		}
		return nil
	case json.Number:
		if h, ok := have.(json.Number); ok && sameNumber(w, h) {
			return nil
		}
	default: // string, bool, nil or absent, which == compares
		switch have.(type) {
		case map[string]any, []any:
		default:
			if want == have {
				return nil
			}
		}
	}
	return &difference{path, want, have}
}

// sameNumber compares by value, as 1 and 1.0. Integers too large for a float64
// are compared by their digits.
func sameNumber(a, b json.Number) bool {
	if a == b {
		return true
	}
	_, errA := strconv.ParseInt(string(a), 10, 64)
	_, errB := strconv.ParseInt(string(b), 10, 64)
	if errA == nil && errB == nil {
		return false
	}
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
}

func member(m map[string]any, k string) any {
	if v, ok := m[k]; ok {
		return v
	}
	return absent{}
}

func element(s []any, i int) any {
	if i < len(s) {
		return s[i]
	}
	return absent{}
}

func decode(raw json.RawMessage) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, false
	}
	return v, true
}

func encode(v any) string {
	if _, ok := v.(absent); ok {
		return ""
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
