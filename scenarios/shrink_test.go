package scenarios_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
	"pgregory.net/rapid"
)

// scenario is the only scenario of the text, with a title of no matter.
func scenario(t *testing.T, text string) scenarios.Scenario {
	t.Helper()
	c, err := scenarios.Parse("test.yaml", "user/test", []byte("scenario: x\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return c.Scenarios[0]
}

func TestShrink(t *testing.T) {
	for _, test := range []struct {
		bug, from, to string
		limits        []int
	}{
		{"last arrival wins", `
messages: {m: {history: [pending, delivered, opened], content: emoji}, other: {count: 7, history: [pending]}}
deliver:
  - batch: [m.pending, other.pending]
  - batch: [m.pending, m.delivered]
    fault: lost-ack
  - wait: 1s
  - batch: [m.opened]
  - together: [[m.delivered, m.pending], [other.pending]]
  - batch: [other.pending]
expect: {m: opened, other: pending}
judge: [content]`, `
messages: {m: {history: [pending, delivered, opened]}}
deliver:
  - batch: [m.opened]
  - batch: [m.pending]
expect: {m: opened}`, nil},
		{"last arrival wins", `
messages: {m: {history: [pending, delivered]}}
deliver:
  - together: [[m.delivered], [m.pending]]
expect: {m: delivered}`, `
messages: {m: {history: [pending, delivered]}}
deliver:
  - batch: [m.delivered]
  - batch: [m.pending]
expect: {m: delivered}`, nil},
		{"takes 50 entries", `
messages: {a: {count: 30, history: [pending, delivered]}, m: {count: 100, history: [pending]}}
deliver:
  - batch: [a]
  - batch: [m.pending]
expect: {m: pending, a: delivered}`, `
messages: {m: {count: 51, history: [pending]}}
deliver:
  - batch: [m.pending]
expect: {m: pending}`, []int{51}},
		{"refuses cancelled", `
messages: {before: {count: 49, history: [pending]}, odd: {history: [pending, cancelled]}, after: {count: 50, history: [pending]}}
deliver:
  - batch: [odd.pending]
  - batch: [before.pending, odd.cancelled, after.pending]
expect: {before: pending, odd: cancelled, after: pending}`, `
messages: {odd: {history: [pending, cancelled]}}
deliver:
  - batch: [odd.cancelled]`, nil},
		{"key lacks the user", `
messages:
  one: {history: [pending, delivered, opened]}
  two: {like: one, differs: {user_id: other}, history: [pending]}
deliver:
  - batch: [one.pending, two.pending]
  - batch: [one.delivered]
  - batch: [one.opened]
expect: {one: opened, two: pending}`, `
messages:
  one: {history: [pending, delivered, opened]}
  two: {like: one, differs: {user_id: other}, history: [pending]}
deliver:
  - batch: [two.pending]
  - batch: [one.delivered]
expect: {two: pending}`, nil},
		{"cuts keys", `
messages:
  one: {length: {idempotency_key: 256}, history: [pending, delivered, opened]}
  two: {like: one, differs: {idempotency_key: last-character}, history: [pending]}
deliver:
  - batch: [one.pending, two.pending]
  - batch: [one.opened]
expect: {one: opened, two: pending}`, `
messages:
  one: {length: {idempotency_key: 101}, history: [pending, delivered, opened]}
  two: {like: one, differs: {idempotency_key: last-character}, history: [pending]}
deliver:
  - batch: [two.pending]
  - batch: [one.opened]
expect: {two: pending}`, []int{101}},
		{"chokes on emoji", `
messages: {m: {count: 3, history: [pending], content: {title: "a 👑", userInfo: {list: [1, 2, "👑👑"]}}}}
deliver:
  - batch: [m.pending]
expect: {m: pending}`, `
messages: {m: {history: [pending], content: '{"title":"👑"}'}}
deliver:
  - batch: [m.pending]
expect: {m: pending}`, nil},
	} {
		t.Run(test.bug, func(t *testing.T) {
			from := scenario(t, test.from)
			got := bugs[test.bug].shrink(t.Context(), from, scenarios.ByDevice)
			t.Logf("%d tries\n%s", got.Tries, text(got.Scenario))
			if !bugs[test.bug].fails(got.Scenario, scenarios.ByDevice) {
				t.Fatal("it passes")
			}
			if want := scenario(t, test.to).Size(); want.Less(got.Scenario.Size()) {
				t.Errorf("size %+v: want %+v or less", got.Scenario.Size(), want)
			}
			var limits []int
			for _, l := range got.Limits {
				limits = append(limits, l.Fails)
				if bugs[test.bug].fails(l.Below, scenarios.ByDevice) {
					t.Errorf("below the limit it fails as well:\n%s", text(l.Below))
				}
			}
			if !slices.Equal(limits, test.limits) {
				t.Errorf("limits %v: want %v", limits, test.limits)
			}
		})
	}
}

// A size bug ends where it starts, give or take some bytes of each entry.
func TestShrinkFindsTheBodyThatIsTooLarge(t *testing.T) {
	bug := bugs["takes 20 KB"]
	got := bug.shrink(t.Context(), scenario(t, `
messages: {m: {count: 100, history: [pending], content: 4 KB}}
deliver:
  - batch: [m.pending]
expect: {m: pending}
judge: [content]`), scenarios.ByUser)
	if len(got.Limits) != 2 || got.Limits[1].What != scenarios.ContentBytes {
		t.Fatalf("limits %+v: want one of entries and one of bytes", got.Limits)
	}
	body := func(s scenarios.Scenario) int {
		cast, err := scenarios.Bind(s, fixtures.Seed(7), epoch, "model")
		if err != nil {
			t.Fatal(err)
		}
		return len(mocksender.AppendEvents(nil, cast.Events(s.Steps[0].Batch)))
	}
	fails, passes := body(got.Scenario), body(got.Limits[1].Below)
	if fails <= 20_000 || passes > 20_000 || fails-passes > 20_000/20 {
		t.Errorf("%d bytes fail, %d pass", fails, passes)
	}
}

func text(s scenarios.Scenario) string {
	return string(scenarios.Format(scenarios.Check{Title: "x", Level: scenarios.Required, Scenarios: []scenarios.Scenario{s}}))
}

// check holds a shrunk scenario against all that is promised of it.
func check(t rapid.TB, bug string, from scenarios.Scenario, id scenarios.Identity) {
	if !bugs[bug].fails(from, id) || (model{}).fails(from, id) {
		return
	}
	got := bugs[bug].shrink(context.Background(), from, id).Scenario
	switch {
	case !bugs[bug].fails(got, id):
		t.Fatalf("it passes:\n%s\nfrom\n%s", text(got), text(from))
	case (model{}).fails(got, id):
		t.Fatalf("a right receiver fails:\n%s\nfrom\n%s", text(got), text(from))
	case from.Size().Less(got.Size()):
		t.Fatalf("it is larger:\n%s\nthan\n%s", text(got), text(from))
	}
	again, err := scenarios.Parse("shrunk.yaml", "user/shrunk", []byte(text(got)))
	if err != nil {
		t.Fatalf("%v\n%s", err, text(got))
	}
	if !bytes.Equal(scenarios.Format(again), []byte(text(got))) {
		t.Fatalf("is read back as another:\n%s", text(got))
	}
	if twice := bugs[bug].shrink(context.Background(), got, id).Scenario; twice.Size().Less(got.Size()) {
		t.Fatalf("shrinks further to\n%s\nfrom\n%s", text(twice), text(got))
	}
}

func TestShrunkOfTheCatalogue(t *testing.T) {
	for name := range bugs {
		t.Run(name, func(t *testing.T) {
			found := 0
			for _, c := range scenarios.Catalogue() {
				for _, s := range c.Scenarios {
					for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
						if bugs[name].fails(s, id) {
							found++
						}
						check(t, name, s, id)
					}
				}
			}
			if found == 0 {
				t.Error("no scenario of the catalogue shows it")
			}
		})
	}
}

func TestShrunkOfAnyScenario(t *testing.T) {
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range bugs {
			if !yield(name) {
				return
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.SampledFrom([]scenarios.Identity{scenarios.ByDevice, scenarios.ByUser}).Draw(t, "identity")
		check(t, rapid.SampledFrom(names).Draw(t, "bug"), anyScenario(t), id)
	})
}

// anyScenario is messages whose entries come in any order and batches, often or
// never but for their last ones, with the states in which they must end.
func anyScenario(t *rapid.T) scenarios.Scenario {
	histories := []string{"pending", "pending, delivered", "pending, delivered, opened", "pending, failed", "pending, cancelled"}
	finals := []string{"pending", "delivered", "opened", "failed", "cancelled"}
	var b strings.Builder
	b.WriteString("scenario: any\nmessages:\n")
	var entries, last, expect []string
	first := "" // the group of a, which all that are like it have too
	for _, name := range []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "messages")] {
		kind := rapid.IntRange(0, len(histories)-1).Draw(t, "history")
		count := rapid.SampledFrom([]string{"", "count: 3, "}).Draw(t, "group")
		if name == "a" {
			first = count
		} else if rapid.Bool().Draw(t, "like") {
			count = first + "like: a, differs: {user_id: other}, "
		}
		if rapid.IntRange(0, 2).Draw(t, "content") == 0 {
			count += "content: emoji, "
		}
		if rapid.Bool().Draw(t, "devices") {
			b.WriteString("  " + name + ": {" + count + "devices: {x: [" + histories[kind] + "], y: [" + histories[kind] + "]}}\n")
		} else {
			b.WriteString("  " + name + ": {" + count + "history: [" + histories[kind] + "]}\n")
		}
		for _, status := range strings.Split(histories[kind], ", ") {
			entries = append(entries, name+"."+status)
		}
		last = append(last, name+"."+finals[kind])
		expect = append(expect, name+": "+finals[kind])
	}
	sent := append(rapid.SliceOfN(rapid.SampledFrom(entries), 0, 8).Draw(t, "entries"), last...)
	sent = rapid.Permutation(sent).Draw(t, "order")
	b.WriteString("deliver:\n")
	for len(sent) > 0 {
		n := rapid.IntRange(1, min(3, len(sent))).Draw(t, "batch")
		b.WriteString("  - batch: [" + strings.Join(sent[:n], ", ") + "]\n")
		sent = sent[n:]
	}
	b.WriteString("expect: {" + strings.Join(expect, ", ") + "}\n")
	c, err := scenarios.Parse("any.yaml", "user/any", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return c.Scenarios[0]
}

// FuzzShrink shrinks whatever the parser takes at every bug: it ends, and what
// it returns is what is promised.
func FuzzShrink(f *testing.F) {
	files, err := filepath.Glob("catalogue/*/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no catalogue", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, byUser bool) {
		c, err := scenarios.Parse("fuzz.yaml", "user/fuzz", data)
		if err != nil || len(c.Scenarios) > 8 {
			t.Skip()
		}
		id := scenarios.ByDevice
		if byUser {
			id = scenarios.ByUser
		}
		for _, s := range c.Scenarios {
			if s.Size().Entries > 200 {
				t.Skip()
			}
			for name := range bugs {
				check(t, name, s, id)
			}
		}
	})
}

// What fails only at once is one step, which has no size.
func TestShrinkOfRequestsAtOnce(t *testing.T) {
	from := scenario(t, `
messages: {m: {count: 20, history: [pending, delivered, opened]}}
deliver:
  - together: [[m.opened], [m.delivered], [m.pending]]
expect: {m: opened}`)
	got := scenarios.Shrink(t.Context(), from, scenarios.ByDevice, func(_ context.Context, s scenarios.Scenario) bool {
		return len(s.Steps) == 1 && len(s.Steps[0].Together) > 1
	})
	if size := got.Scenario.Size(); size.Requests != 2 || size.Entries != 2 || len(got.Limits) != 0 {
		t.Errorf("size %+v, limits %v: want 2 requests of one entry each", size, got.Limits)
	}
}

func TestShrinkEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	from := scenario(t, `
messages: {m: {count: 100, history: [pending]}}
deliver:
  - batch: [m.pending]
expect: {m: pending}`)
	tries := 0
	got := scenarios.Shrink(ctx, from, scenarios.ByDevice, func(_ context.Context, s scenarios.Scenario) bool {
		if tries++; tries == 2 {
			cancel()
		}
		return true
	})
	if tries != 2 || got.Tries != 2 || !got.Scenario.Size().Less(from.Size()) {
		t.Errorf("%d tries, size %+v: want 2 and the smallest by then", tries, got.Scenario.Size())
	}
}
