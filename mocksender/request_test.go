package mocksender_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/mocksender"
)

func TestRequestFields(t *testing.T) {
	name := rapid.SampledFrom([]string{"A", "a", "B", "b", "C"})
	rapid.Check(t, func(t *rapid.T) {
		var r mocksender.Request
		for _, n := range rapid.SliceOf(name).Draw(t, "names") {
			r.Fields = append(r.Fields, mocksender.Field{Name: n, Value: "old"})
		}
		before := slices.Clone(r.Fields)
		other, n := r, name.Draw(t, "name")
		others := func(fields []mocksender.Field) []mocksender.Field {
			return slices.DeleteFunc(slices.Clone(fields), func(f mocksender.Field) bool { return strings.EqualFold(f.Name, n) })
		}
		place := slices.IndexFunc(before, func(f mocksender.Field) bool { return strings.EqualFold(f.Name, n) })
		if place < 0 {
			place = len(others(before))
		}

		r.Set(n, "new")
		if got := slices.Index(r.Fields, mocksender.Field{Name: n, Value: "new"}); got != place {
			t.Fatalf("set %s: it stands at %d of %v, want %d", n, got, r.Fields, place)
		}
		if r.Get(strings.ToLower(n)) != "new" || len(others(r.Fields)) != len(r.Fields)-1 {
			t.Fatalf("set %s: %v", n, r.Fields)
		}
		if !slices.Equal(others(r.Fields), others(before)) {
			t.Fatalf("set %s changed other fields: %v, before %v", n, r.Fields, before)
		}
		if !slices.Equal(other.Fields, before) {
			t.Fatalf("set %s changed a copy: %v, before %v", n, other.Fields, before)
		}

		r.Del(strings.ToUpper(n))
		if r.Get(n) != "" || !slices.Equal(r.Fields, others(before)) || !slices.Equal(other.Fields, before) {
			t.Fatalf("del %s: %v, before %v, copy %v", n, r.Fields, before, other.Fields)
		}
	})
}

func TestFieldHidesTheSecret(t *testing.T) {
	for _, f := range []mocksender.Field{{Name: "X-ctx-secret", Value: secret}, {Name: "X-CTX-Secret", Value: secret}} {
		if got, want := f.String(), f.Name+": [secret]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := (mocksender.Field{Name: "A", Value: "b"}).String(); got != "A: b" {
		t.Errorf("got %s, want A: b", got)
	}
}
