package scenarios_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/ctxpush/ctxpush/scenarios"
	"pgregory.net/rapid"
)

func TestBlame(t *testing.T) {
	has := func(keep []int, all ...int) bool {
		return !slices.ContainsFunc(all, func(i int) bool { return !slices.Contains(keep, i) })
	}
	for name, test := range map[string]struct {
		n       int
		refused func(keep []int) bool
		want    [][]int
	}{
		"none":             {100, func([]int) bool { return false }, nil},
		"one of a hundred": {100, func(k []int) bool { return has(k, 49) }, [][]int{{49}}},
		"the first":        {100, func(k []int) bool { return has(k, 0) }, [][]int{{0}}},
		"two apart":        {100, func(k []int) bool { return has(k, 7) || has(k, 70) }, [][]int{{7}, {70}}},
		"two together":     {100, func(k []int) bool { return has(k, 7, 70) }, [][]int{{7, 70}}},
		"the size":         {100, func(k []int) bool { return len(k) > 50 }, nil},
		"every one":        {100, func(k []int) bool { return len(k) > 0 }, nil},
		"the only one":     {1, func(k []int) bool { return true }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := scenarios.Blame(test.n, test.refused); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%v: want %v", got, test.want)
			}
		})
	}
}

// Whoever is to blame is found, and nobody else.
func TestBlameOfAnyEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 100).Draw(t, "entries")
		bad := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, min(5, n-1), rapid.ID[int]).Draw(t, "bad")
		got := scenarios.Blame(n, func(keep []int) bool {
			return slices.ContainsFunc(keep, func(i int) bool { return slices.Contains(bad, i) })
		})
		found := slices.Concat(got...)
		slices.Sort(found)
		slices.Sort(bad)
		if !slices.Equal(found, bad) {
			t.Fatalf("blames %v: want %v", found, bad)
		}
	})
}

func TestKeeping(t *testing.T) {
	s := scenario(t, `
messages: {before: {count: 2, history: [pending]}, odd: {history: [pending, cancelled]}}
deliver:
  - batch: [odd.pending]
  - expect: {odd: pending}
  - together: [[before.pending, odd.cancelled], [before(1).pending]]
expect: {before: pending, odd: cancelled}`)
	const want = `scenario: x
messages:
  before: {count: 2, history: [pending]}
  odd: {history: [pending, cancelled]}
deliver:
  - batch: [odd.pending]
  - expect: {odd: pending}
  - together:
    - batch: [before.pending]
    - batch: [before(1).pending]
expect: {before: pending}
`
	if got := text(s.Keeping(scenarios.ByUser, 2, []int{0, 1})); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if s.Request(4) != nil || s.Request(0) != nil || len(s.Request(3).Batch) != 1 {
		t.Error("requests are not counted from 1 to 3")
	}
	if u := s.Unjudged(); len(u.Expect) > 0 || len(u.Steps) != 2 || len(s.Steps) != 3 {
		t.Error("something is still judged, or the scenario itself was changed")
	}
}
