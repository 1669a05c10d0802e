package load

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Part is a stored load that is to be added to others.
type Part struct {
	Name   string // of its file
	Report Report
}

// maxExamples is how many wrong states a report shows.
const maxExamples = 10

// Merge adds up the loads of the shards of one traffic and judges the rules on
// the whole; without rules, those of the parts. Rates are over the longest
// part's duration: shards are meant to run at the same time. The error is a
// *UsageError of one line: parts that are not of the same traffic, or of
// overlapping shards.
func Merge(parts []Part, rules []Rule) (Report, error) {
	if len(parts) == 0 {
		return Report{}, usagef("no file to add up: want the --json files of the shards")
	}
	sum := parts[0].Report
	sum.Merged, sum.Crashed, sum.Plan.Shard = nil, "", Shard{1, 1}
	sum.Receiver, sum.Command, sum.Notes, sum.Reason = parts[0].Report.Receiver, "", nil, ""
	sum.Series, sum.FindMax, sum.Thresholds = nil, nil, nil
	sum.Errors, sum.Faults = map[string]uint64{}, map[string]uint64{}
	sum.Verify = Verify{Mode: parts[0].Report.Verify.Mode}
	sum.Requests, sum.Events, sum.Bytes, sum.Attempts, sum.Retries, sum.Acknowledged = 0, 0, 0, 0, 0, 0
	sum.DroppedBatches, sum.Unsettled, sum.Late, sum.Unsent, sum.DurationS, sum.BegunS = 0, 0, 0, 0, 0, 0

	owner := map[Shard]string{}
	var latency, service histogramSum
	var broke error
	interrupted := false
	for _, p := range parts {
		if err := sameTraffic(parts[0], p); err != nil {
			return Report{}, err
		}
		for _, s := range p.Report.shards() {
			if other, taken := owner[s]; taken {
				return Report{}, usagef("%s: shard %s is in %s too: want each shard once", p.Name, s, other)
			}
			owner[s] = p.Name
			sum.Merged = append(sum.Merged, s)
		}
		if err := sum.add(p); err != nil {
			return Report{}, err
		}
		if err := latency.add(p.Name, "histogram", p.Report.Histogram); err != nil {
			return Report{}, err
		}
		if err := service.add(p.Name, "service_histogram", p.Report.ServiceHistogram); err != nil {
			return Report{}, err
		}
		interrupted = interrupted || p.Report.Result == Interrupted
		if p.Report.Result == Error || p.Report.Reason != "" {
			broke = cmp.Or(broke, fmt.Errorf("%s: %s", p.Name, cmp.Or(p.Report.Reason, "it could not be judged")))
		}
	}
	slices.SortFunc(sum.Merged, func(a, b Shard) int { return cmp.Compare(a.I, b.I) })
	if missing := missingShards(sum.Merged); missing != "" {
		sum.Notes = append(sum.Notes, missing)
	}
	sum.Histogram, sum.LatencyMS = encode(latency.h), latencies(latency.h)
	sum.ServiceHistogram, sum.ServiceMS = encode(service.h), latencies(service.h)
	sum.figures()
	if len(rules) == 0 {
		var err error
		if rules, err = rulesOf(parts); err != nil {
			return Report{}, err
		}
	}
	sum.judge(rules, broke, interrupted)
	sum.tidy()
	return sum, nil
}

// shards are the parts of the traffic that r holds.
func (r *Report) shards() []Shard {
	if len(r.Merged) > 0 {
		return r.Merged
	}
	return []Shard{r.Plan.Shard}
}

// sameTraffic refuses a part that is of another traffic than the first.
func sameTraffic(a, b Part) error {
	x, y := &a.Report, &b.Report
	for _, f := range []struct {
		name string
		a, b any
	}{
		{"seed", x.Tool.Seed, y.Tool.Seed},
		{"epoch", x.Tool.Epoch.Unix(), y.Tool.Epoch.Unix()},
		{"protocol", x.Tool.Protocol, y.Tool.Protocol},
		{"identity", x.Receiver.Identity, y.Receiver.Identity},
		{"mix", x.Plan.Mix, y.Plan.Mix},
		{"batch", x.Plan.Batch, y.Plan.Batch},
		{"messages", x.Plan.Messages, y.Plan.Messages},
		{"faults", x.Plan.Faults.String(), y.Plan.Faults.String()},
		{"number of shards", x.shards()[0].N, y.shards()[0].N},
	} {
		if f.a != f.b {
			return usagef("%s: its %s is %.60q and that of %s is %.60q: want shards of one load", b.Name, f.name, fmt.Sprint(f.b), a.Name, fmt.Sprint(f.a))
		}
	}
	return nil
}

// add adds the counts of a part.
func (r *Report) add(p Part) error {
	q := &p.Report
	for _, n := range []struct {
		into *uint64
		from uint64
	}{
		{&r.Requests, q.Requests}, {&r.Events, q.Events}, {&r.Bytes, q.Bytes}, {&r.Attempts, q.Attempts}, {&r.Retries, q.Retries},
		{&r.Acknowledged, q.Acknowledged}, {&r.DroppedBatches, q.DroppedBatches}, {&r.Unsettled, q.Unsettled}, {&r.Late, q.Late}, {&r.Unsent, q.Unsent},
		{&r.Verify.Messages, q.Verify.Messages}, {&r.Verify.Checked, q.Verify.Checked}, {&r.Verify.Wrong, q.Verify.Wrong},
		{&r.Verify.Missing, q.Verify.Missing}, {&r.Verify.NotJudged, q.Verify.NotJudged},
	} {
		*n.into += n.from
		if *n.into > maxCount {
			return usagef("%s: the sum is beyond %d: are these the files of one load?", p.Name, uint64(maxCount))
		}
	}
	for kind, n := range q.Errors {
		r.Errors[bounded(kind)] += n
	}
	for kind, n := range q.Faults {
		r.Faults[bounded(kind)] += n
	}
	if len(r.Errors) > maxKinds {
		return usagef("%s: the files have more than %d kinds of errors", p.Name, maxKinds)
	}
	r.DurationS, r.BegunS = max(r.DurationS, q.DurationS), max(r.BegunS, q.BegunS)
	r.Crashed = cmp.Or(r.Crashed, q.Crashed)
	r.Verify.DurationS = max(r.Verify.DurationS, q.Verify.DurationS)
	r.Verify.Skipped = cmp.Or(r.Verify.Skipped, q.Verify.Skipped)
	if q.Verify.Mode == "none" {
		r.Verify.Mode = "none" // what a part did not look at, the whole did not
	}
	if q.Started.Before(r.Started) {
		r.Started = q.Started
	}
	room := min(maxExamples-len(r.Verify.Examples), len(q.Verify.Examples))
	r.Verify.Examples = append(r.Verify.Examples, q.Verify.Examples[:max(0, room)]...)
	for _, n := range q.Notes {
		if line := p.Name + ": " + n; len(r.Notes) < maxExamples {
			r.Notes = append(r.Notes, line)
		}
	}
	return nil
}

// figures are what follows from the counts.
func (r *Report) figures() {
	over := r.BegunS
	if over == 0 {
		over = r.DurationS
	}
	r.RequestsPerS, r.EventsPerS = per(r.Requests, over), per(r.Events, over)
	r.Verify.StatesPerS = per(r.Verify.Checked, r.Verify.DurationS)
	r.ErrorRate = errorRate(r.Errors, r.Attempts)
}

// errorRate is the share of attempts that failed, in percent.
func errorRate(errors map[string]uint64, attempts uint64) float64 {
	failed := uint64(0)
	for _, n := range errors {
		failed += n
	}
	if attempts == 0 {
		return 0
	}
	return 100 * float64(failed) / float64(attempts)
}

// missingShards says which shards of the whole are not there.
func missingShards(have []Shard) string {
	n := have[0].N
	if len(have) == n {
		return ""
	}
	got := map[int]bool{}
	for _, s := range have {
		got[s.I] = true
	}
	const shown = 10
	var missing []string
	for i := 1; i <= n && len(missing) < shown; i++ {
		if !got[i] {
			missing = append(missing, Shard{i, n}.String())
		}
	}
	more := ""
	if left := n - len(have) - len(missing); left > 0 {
		more = fmt.Sprintf(" and %d more", left)
	}
	return fmt.Sprintf("%s of %d: %s%s not there", plural(uint64(n-len(have)), "shard"), n, strings.Join(missing, ", "), more)
}

// rulesOf are the rules of all parts, each once.
func rulesOf(parts []Part) ([]Rule, error) {
	seen := map[string]Rule{}
	for _, p := range parts {
		for _, t := range p.Report.Thresholds {
			r, err := ParseRule(t.Rule)
			if err != nil {
				return nil, usagef("%s: threshold %v", p.Name, err)
			}
			seen[r.Text] = r
		}
	}
	return slices.SortedFunc(maps.Values(seen), func(a, b Rule) int { return cmp.Compare(a.Text, b.Text) }), nil
}

// histogramSum adds histograms up without any loss.
type histogramSum struct{ h *hdrhistogram.Histogram }

func (s *histogramSum) add(file, member, encoded string) error {
	if encoded == "" {
		return usagef("%s: %s is missing", file, member)
	}
	h, err := decode(encoded)
	switch {
	case err != nil:
		return usagef("%s: %s %v", file, member, err)
	case s.h == nil:
		s.h = h
	case !sameGeometry(s.h, h):
		return usagef("%s: %s has another range or precision than that of the files before: the sum would not be exact", file, member)
	case s.h.TotalCount()+h.TotalCount() > maxCount:
		return usagef("%s: %s: the sum is beyond %d values", file, member, uint64(maxCount))
	default:
		s.h.Merge(h)
	}
	return nil
}
