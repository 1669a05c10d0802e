package state_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/state"
	"pgregory.net/rapid"
)

func TestSameInstant(t *testing.T) {
	const at = "2025-02-07T15:20:40.600Z"
	for _, s := range []string{
		at, "2025-02-07T15:20:40.6Z", "2025-02-07T15:20:40.600000+00:00", "2025-02-07T15:20:40.600000000000-00:00", "2025-02-07t15:20:40.6z",
		"2025-02-07T16:20:40.6+01:00", "2025-02-07T16:20:40.6+0100", "2025-02-07T16:20:40.6+01", "2025-02-07 15:20:40.6+00", "2025-02-08T00:50:40.600+09:30",
	} {
		if !state.SameInstant(at, s) || !state.SameInstant(s, at) {
			t.Errorf("%s is not %s", s, at)
		}
	}
	for _, s := range []string{
		"", "2025-02-07T15:20:40.601Z", "2025-02-07T15:20:40.600001Z", "2025-02-07T15:20:40.600+01:00", "2025-02-07T15:20:40.600", "2025-02-07", "1738941640600", "now", at + "Z",
		"2025-02-30T15:20:40.600Z",
	} {
		if state.SameInstant(at, s) || state.SameInstant(s, at) || s != "" && s[0] != '2' && state.SameInstant(s, s) {
			t.Errorf("%q is %s", s, at)
		}
	}
}

func TestSameInstantInAnyZone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "ms"))
		zone := func(name string) string {
			return at.In(time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, name))).Format(time.RFC3339Nano)
		}
		a, b := zone("a"), zone("b")
		if !state.SameInstant(a, b) {
			t.Fatalf("%s is not %s", a, b)
		}
		if other := at.Add(time.Millisecond).Format(time.RFC3339Nano); state.SameInstant(a, other) {
			t.Fatalf("%s is %s", a, other)
		}
	})
}

func TestSameJSON(t *testing.T) {
	long := strings.Repeat("9", 5000)
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`1`, `1.0`, true}, {`1`, `1e0`, true}, {`1`, `10e-1`, true}, {`100`, `1E+2`, true}, {`0.5`, `5e-1`, true}, {`-0`, `0.00e7`, true}, {`0`, `0e999999999999`, true},
		{`1`, `-1`, false}, {`1`, `"1"`, false}, {`1`, `true`, false}, {`0`, `null`, false}, {`0`, `false`, false},
		{`9007199254740993`, `9007199254740992`, false}, {`0.1`, `0.1000000000000000055511151231257827`, false},
		{`1e999999999`, `1e999999998`, false}, {`1e999999999`, `10e999999998`, true}, {`1e-999999999999999999999`, `0.1e-999999999999999999998`, true},
		{long, long + ".0", true}, {long, long + "0", false}, {"1e" + long, "10e" + long, false},
		{`{"a":1,"b":2}`, ` {"b":2.0 ,"a":1}`, true}, {`{"a":1,"a":2}`, `{"a":2}`, true}, {`{"a":1}`, `{"a":1,"b":null}`, false}, {`{"a":null}`, `{"b":null}`, false},
		{`{}`, `[]`, false}, {`[]`, `null`, false}, {`[1,2]`, `[2,1]`, false}, {`[1,[2]]`, `[1.0,[2.0]]`, true}, {`[1]`, `[1,1]`, false},
		{`"👑"`, `"\ud83d\udc51"`, true}, {`"é"`, `"e\u0301"`, false}, {`"\/"`, `"/"`, true}, {`"a"`, `"A"`, false}, {`""`, `null`, false},
		{`true`, `true`, true}, {`true`, `false`, false}, {`null`, `null`, true},
		{``, ``, false}, {`{`, `{`, false}, {`1 2`, `1 2`, false}, {`1`, ``, false}, {`01`, `1`, false},
	} {
		if got := state.SameJSON(json.RawMessage(c.a), json.RawMessage(c.b)); got != c.same {
			t.Errorf("%.60s and %.60s: %v", c.a, c.b, got)
		}
		if got := state.SameJSON(json.RawMessage(c.b), json.RawMessage(c.a)); got != c.same {
			t.Errorf("%.60s and %.60s: %v", c.b, c.a, got)
		}
	}
}

// Numbers are the same exactly when their rationals are.
func TestSameJSONIsTheOrderOfNumbers(t *testing.T) {
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if rapid.Bool().Draw(t, "same") {
			// Another spelling of a, so that equals are not left to chance.
			ra, _ := new(big.Rat).SetString(a)
			b = ra.FloatString(120)
		}
		ra, _ := new(big.Rat).SetString(a)
		rb, _ := new(big.Rat).SetString(b)
		if got, want := state.SameJSON(json.RawMessage(a), json.RawMessage(b)), ra.Cmp(rb) == 0; got != want {
			t.Fatalf("%s and %s: got %v, want %v", a, b, got, want)
		}
	})
}

// A value stays the same when it goes through another encoder, and is another
// one when one of its parts changes.
func TestSameJSONAfterAnotherEncoder(t *testing.T) {
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		leaves := []*rapid.Generator[any]{
			rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Float64Range(-1e300, 1e300).AsAny(),
		}
		if depth > 0 {
			leaves = append(leaves, rapid.SliceOfN(value(depth-1), 0, 4).AsAny(), rapid.MapOfN(rapid.String(), value(depth-1), 0, 4).AsAny())
		}
		return rapid.OneOf(leaves...)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := value(3).Draw(t, "value")
		a, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.MarshalIndent(map[string]any{"x": json.RawMessage(a), "n": 1.0}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if whole := fmt.Appendf(nil, `{"n":10e-1,"x":%s}`, a); !state.SameJSON(whole, b) {
			t.Fatalf("%s is not %s", whole, b)
		}
		if other := fmt.Appendf(nil, `{"n":1,"x":[%s]}`, a); state.SameJSON(other, b) {
			t.Fatalf("%s is %s", other, b)
		}
	})
}

func FuzzSameJSON(f *testing.F) {
	f.Add(`{"a":[1,2.50,{"b":null}]}`, `{"a":[1e0,2.5,{"b":null}]}`)
	f.Add(`1e999999999`, `1E-999999999`)
	f.Add(strings.Repeat("[", 20000), "0")
	f.Fuzz(func(t *testing.T, a, b string) {
		ab, ba := state.SameJSON(json.RawMessage(a), json.RawMessage(b)), state.SameJSON(json.RawMessage(b), json.RawMessage(a))
		if ab != ba {
			t.Fatalf("%q and %q: %v one way, %v the other", a, b, ab, ba)
		}
		deep := strings.Count(a, "[")+strings.Count(a, "{") > 9000 // encoding/json reads no deeper than 10,000
		if self := state.SameJSON(json.RawMessage(a), json.RawMessage(" "+a+"\n")); self != json.Valid([]byte(a)) && !deep {
			t.Fatalf("%q is itself: %v", a, self)
		}
	})
}

func BenchmarkSameJSON(b *testing.B) {
	doc := json.RawMessage(`{"title":"James, it's time for your English course! 👑","body":"Start your English course now!","userInfo":{"n":[1,2.5,1e3],"deep":{"a":null,"b":true}}}`)
	other := json.RawMessage(strings.ReplaceAll(string(doc), "2.5", "25e-1"))
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if !state.SameJSON(doc, other) {
			b.Fatal("not the same")
		}
	}
}
