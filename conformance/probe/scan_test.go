package probe

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// What the scanner takes apart is what encoding/json does, and it refuses the
// same.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"", " ", "[", "]", "[]", " [ ] ", "[1]", "[1,]", "[,1]", "[1 2]", "[1,2] x", "[null,{}, [],\"a\\\"b\",-0.5e+3,true,false]",
		"{}", "{", `{"a":1}`, `{"a" : {"b":[1,{"c":"]}"}]} , "a":2}`, `{"a":1,}`, `{"a"}`, `{a:1}`, `{"a":}`, `{"":null}`, `{"\u0061":"\ud83d"}`,
		"[01]", "[1.]", "[.5]", "[1e]", "[-]", "[+1]", "[tru]", "[nulll]", `["\x"]`, `["\u12g4"]`, "[\"\x01\"]", "[\"\xff\"]", "[\"a",
		`["a text that is longer than eight bytes"]`, `["eight by\n\"te\\"]`, "[\"eight by\x1fte\"]", `["ÿÿÿÿ👑👑"]`, `["12345678"]`, `["1234567`, `["12345678`,
		strings.Repeat("[", 10001) + strings.Repeat("]", 10001), strings.Repeat("[", 10000) + strings.Repeat("]", 10000),
		strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.Equal(bytes.TrimSpace(b), []byte("null")) {
			return // encoding/json takes it for an array, and for an object
		}
		var list []json.RawMessage
		wantList := json.Unmarshal(b, &list) == nil
		var got []json.RawMessage
		ok := elements(b, func(i int) int {
			end := skip(b, i, 1)
			if end >= 0 {
				got = append(got, b[i:end])
			}
			return end
		})
		if ok != wantList {
			t.Fatalf("%.100q is an array: got %v, want %v", b, ok, wantList)
		}
		if ok && !reflect.DeepEqual(got, list) && len(got)+len(list) > 0 {
			t.Fatalf("%.100q: got %.200q, want %.200q", b, got, list)
		}
		var object map[string]json.RawMessage
		wantObject := json.Unmarshal(b, &object) == nil
		taken := map[string]json.RawMessage{}
		ok = members(b, func(name, value []byte) {
			var s string
			if err := json.Unmarshal(name, &s); err != nil {
				t.Fatalf("name %q: %v", name, err)
			}
			taken[s] = value
		})
		if ok != wantObject {
			t.Fatalf("%.100q is an object: got %v, want %v", b, ok, wantObject)
		}
		if ok && !reflect.DeepEqual(taken, object) {
			t.Fatalf("%.100q: got %.200q, want %.200q", b, taken, object)
		}
	})
}

func TestPlain8(t *testing.T) {
	for i := range 8 {
		for c := range 256 {
			b := []byte("aaaa\xc3\xbcaa")
			b[i] = byte(c)
			if got, want := plain8(binary.LittleEndian.Uint64(b)), c >= ' ' && c != '"' && c != '\\'; got != want {
				t.Errorf("%q is plain: %v", b, got)
			}
		}
	}
}
