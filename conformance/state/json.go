package state

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"slices"
	"strings"
)

// SameJSON reports whether a and b are the same JSON value: numbers by value
// and exactly (1, 1.0 and 1e0 are the same), strings by what they decode to,
// objects whatever the order of their members. Of a member that comes twice the
// last one counts. What is no JSON is the same as nothing.
func SameJSON(a, b json.RawMessage) bool {
	va, okA := ParseJSON(a)
	vb, okB := ParseJSON(b)
	return okA && okB && same(va, vb)
}

// ParseJSON reads exactly one value, its numbers as they are written.
func ParseJSON(raw []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}

func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, value := range a {
			other, ok := b[name]
			if !ok || !same(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || parseDecimal(string(a)).equal(parseDecimal(string(b))))
	}
	return a == b
}

// decimal is a number as digits × 10^exponent, without zeros at either end of
// its digits: one form for each value. It is never multiplied out, so that
// 1e999999999 costs what it is long.
type decimal struct {
	negative bool
	digits   string // empty: zero
	exponent *big.Int
}

// parseDecimal reads a JSON number.
func parseDecimal(s string) decimal {
	var d decimal
	s, d.negative = strings.CutPrefix(s, "-")
	mantissa, exponent := s, "0"
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], strings.TrimPrefix(s[i+1:], "+")
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	trimmed := strings.TrimRight(digits, "0")
	d.digits = strings.TrimLeft(trimmed, "0")
	if d.digits == "" {
		return decimal{exponent: new(big.Int)}
	}
	d.exponent, _ = new(big.Int).SetString(exponent, 10)
	d.exponent.Add(d.exponent, big.NewInt(int64(len(digits)-len(trimmed)-len(fraction))))
	return d
}

func (d decimal) equal(o decimal) bool {
	return d.negative == o.negative && d.digits == o.digits && d.exponent.Cmp(o.exponent) == 0
}
