package scenarios_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// allHistories are the histories of all explorations, one exploration's after
// the other's.
func allHistories(id scenarios.Identity) []scenarios.Message {
	var all []scenarios.Message
	for _, e := range scenarios.Explorations("", id) {
		for _, p := range e.Parts {
			all = append(all, p.Histories...)
		}
	}
	return all
}

// countByFormula is how many interleavings of exactly n entries there are,
// without making any: for each choice of how often each entry comes, the
// multinomial coefficient of its orders, times the groupings of n in a row.
// There are C(n-1, k-1) ways to cut a row into k batches, and each may have none
// or one of its k-1 pairs of neighbours at once: the sum of k·C(n-1, k-1) over k
// is (n+1)·2^(n-2).
func countByFormula(m scenarios.Message, n, copies int, judged func(counts []int) bool) int64 {
	entries, final := m.Entries()
	groupings := big.NewRat(int64(n+1), 4)
	groupings.Mul(groupings, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(n))))
	orders := new(big.Int)
	counts := make([]int, len(entries))
	var choose func(i, left int)
	choose = func(i, left int) {
		if i == len(entries) {
			if left > 0 || !judged(counts) {
				return
			}
			ways := new(big.Int).MulRange(1, int64(n))
			for _, c := range counts {
				ways.Div(ways, new(big.Int).MulRange(1, int64(c)))
			}
			orders.Add(orders, ways)
			return
		}
		for c := 0; c <= min(copies, left); c++ {
			if counts[i] = c; c > 0 || !final[i] {
				choose(i+1, left-c)
			}
		}
		counts[i] = 0
	}
	choose(0, n)
	total := groupings.Mul(groupings, new(big.Rat).SetInt(orders))
	return total.Num().Int64() // the denominator is 1: for n = 1, (1+1)/2
}

func TestCountsAgreeWithTheFormula(t *testing.T) {
	for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		for _, depth := range scenarios.Depths {
			for _, e := range scenarios.Explorations(depth, id) {
				want := int64(0)
				for _, p := range e.Parts {
					for _, m := range p.Histories {
						entries, _ := m.Entries()
						judged := func(counts []int) bool {
							named := 0
							for i, c := range counts {
								if entries[i].Status != mocksender.Cancelled {
									named += c
								}
							}
							return id == scenarios.ByUser || named > 0
						}
						for n := 1; n <= p.Bound.Entries; n++ {
							want += countByFormula(m, n, p.Bound.Copies, judged)
						}
					}
				}
				if got := int64(e.Count()); got != want {
					t.Errorf("%s, %s, %s: %d schedules, the formula says %d", id, depth, e.Check.ID, got, want)
				}
			}
		}
	}
}

// The numbers that the depths promise, and that people cite.
func TestDepths(t *testing.T) {
	least := map[scenarios.Depth]int{scenarios.Quick: 1_000, scenarios.Standard: 10_000, scenarios.Full: 200_000}
	want := map[scenarios.Identity][]int{
		scenarios.ByDevice: {1_956, 16_068, 211_908},
		scenarios.ByUser:   {1_944, 15_480, 206_280},
	}
	for id, counts := range want {
		for i, depth := range scenarios.Depths {
			total := 0
			for _, e := range scenarios.Explorations(depth, id) {
				total += e.Count()
			}
			if total != counts[i] || total < least[depth] {
				t.Errorf("%s, %s: %d schedules: want %d, and at least %d", id, depth, total, counts[i], least[depth])
			}
		}
	}
	if err := scenarios.Depth("deep").Validate(); err == nil || err.Error() != `"deep": want quick, standard or full` {
		t.Errorf("depth deep: %v", err)
	}
}

// bruteForce are the schedules of up to n entries, as text, by trying all words
// over the entries, all places of borders between batches, and all pairs.
func bruteForce(m scenarios.Message, n, copies int) map[string]bool {
	entries, final := m.Entries()
	found := map[string]bool{}
	word := []int{}
	var spell func()
	spell = func() {
		if len(word) > 0 && allowed(word, len(entries), final, copies) {
			for borders := range 1 << (len(word) - 1) {
				var batches [][]scenarios.Ref
				for i, letter := range word {
					if i == 0 || borders>>(i-1)&1 == 1 {
						batches = append(batches, nil)
					}
					last := len(batches) - 1
					batches[last] = append(batches[last], entries[letter])
				}
				for pair := range batches {
					s := scenarios.Schedule{Message: m}
					for i := 0; i < len(batches); i++ {
						if i+1 == pair {
							s.Rounds = append(s.Rounds, batches[i:i+2])
							i++
						} else {
							s.Rounds = append(s.Rounds, batches[i:i+1])
						}
					}
					found[s.String()] = true
				}
			}
		}
		if len(word) == n {
			return
		}
		for letter := range entries {
			word = append(word, letter)
			spell()
			word = word[:len(word)-1]
		}
	}
	spell()
	return found
}

func allowed(word []int, entries int, final []bool, copies int) bool {
	counts := make([]int, entries)
	for _, letter := range word {
		counts[letter]++
	}
	for i, c := range counts {
		if c > copies || final[i] && c == 0 {
			return false
		}
	}
	return true
}

func TestInterleavingsAreThoseOfBruteForce(t *testing.T) {
	for _, m := range allHistories(scenarios.ByDevice) {
		for _, copies := range []int{1, 2, 3} {
			entries, _ := m.Entries()
			n := 4
			if len(entries) > 3 {
				n = 3
			}
			want := bruteForce(m, n, copies)
			got := map[string]bool{}
			for s := range scenarios.Interleavings(m, scenarios.Bound{Entries: n, Copies: copies}) {
				if got[s.String()] {
					t.Fatalf("%v: %s comes twice", entries, s)
				}
				got[s.String()] = true
				if !want[s.String()] {
					t.Fatalf("%v: %s is none", entries, s)
				}
			}
			if len(got) != len(want) || len(want) == 0 {
				t.Errorf("%v, %d copies: %d interleavings: want %d", entries, copies, len(got), len(want))
			}
		}
	}
}

func TestInterleavingsComeSmallestFirstAndEndWhenAsked(t *testing.T) {
	for _, e := range scenarios.Explorations(scenarios.Quick, scenarios.ByUser) {
		last, all := 0, []string{}
		for s := range e.Schedules() {
			if s.Entries() < last {
				t.Fatalf("%s: %s comes after one of %d entries", e.Check.ID, s, last)
			}
			last = s.Entries()
			all = append(all, fmt.Sprint(s.Message, s))
		}
		for stop := range min(len(all), 40) {
			var again []string
			for s := range e.Schedules() {
				if again = append(again, fmt.Sprint(s.Message, s)); len(again) > stop {
					break
				}
			}
			if !slices.Equal(again, all[:stop+1]) {
				t.Fatalf("%s: the first %d are others the second time", e.Check.ID, stop+1)
			}
		}
	}
}

// Each schedule can be sent, is judged, and judged by what the contract settles.
func TestSchedulesAsScenarios(t *testing.T) {
	for _, id := range []scenarios.Identity{scenarios.ByDevice, scenarios.ByUser} {
		for _, e := range scenarios.Explorations(scenarios.Quick, id) {
			for s := range e.Schedules() {
				sc := s.Scenario(scenarios.Fields{Method: true, Timestamp: true})
				cast, err := scenarios.Bind(sc, fixtures.Seed(7), epoch, s.String())
				if err != nil {
					t.Fatal(err)
				}
				requests, entries := 0, 0
				for _, step := range sc.Steps {
					batches := step.Together
					if batches == nil {
						batches = []scenarios.Step{step}
					}
					for _, b := range batches {
						events := cast.Events(b.Batch)
						if _, err := mocksender.NewBatch(events...); err != nil {
							t.Fatalf("%s: %v", s, err)
						}
						requests, entries = requests+1, entries+len(events)
					}
				}
				if requests != s.Requests() || entries != s.Entries() {
					t.Fatalf("%s: %d requests, %d entries: want %d, %d", s, requests, entries, s.Requests(), s.Entries())
				}
				wants := cast.Wants(sc.Expect, id)
				if len(wants) == 0 {
					t.Fatalf("%s, %s: nothing is judged", id, s)
				}
				for _, w := range wants {
					want := ""
					for _, f := range scenarios.FinalState(s.Message, id) {
						if f.Device == w.Device {
							if f.Open != "" {
								t.Fatalf("%s, %s: is judged, but open: %s", id, s, f.Open)
							}
							want = string(f.Change.Status)
						}
					}
					if string(w.Status) != want {
						t.Fatalf("%s, %s: wants %s on %q: the oracle says %s", id, s, w.Status, w.Device, want)
					}
				}
			}
		}
	}
}

// A schedule that failed is written down as a file and read again.
func TestSchedulesCanBeWrittenDown(t *testing.T) {
	for _, e := range scenarios.Explorations(scenarios.Quick, scenarios.ByDevice) {
		n := 0
		for s := range e.Schedules() {
			if n++; n%7 > 0 {
				continue
			}
			check := e.Check
			check.Scenarios = []scenarios.Scenario{s.Scenario(scenarios.Fields{Timestamp: true})}
			text := scenarios.Format(check)
			read, err := scenarios.Parse("written.yaml", check.ID, text)
			if err != nil {
				t.Fatalf("%s: %v\n%s", s, err, text)
			}
			if again := scenarios.Format(read); len(read.Scenarios) != 1 || len(read.Scenarios[0].Steps) != len(s.Rounds) || string(again) != string(text) {
				t.Fatalf("%s: was read as another:\n%s\n%s", s, text, again)
			}
		}
	}
}

func BenchmarkSchedules(b *testing.B) {
	for b.Loop() {
		n := 0
		for _, e := range scenarios.Explorations(scenarios.Standard, scenarios.ByDevice) {
			for range e.Schedules() {
				n++
			}
		}
		b.ReportMetric(float64(n), "schedules/op")
	}
}
