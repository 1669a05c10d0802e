package load

import (
	"context"
	"math"
	"time"

	engine "github.com/ctxpush/ctxpush/mocksender/load"
)

const (
	// firstRate is where a search begins, in requests a second, unless --rate
	// says where.
	firstRate = 10.0
	// highestRate is where a search ends: no receiver that keeps states holds it.
	highestRate = 1e6
	// closeEnough is how near the lowest rate that was not held may be to the
	// highest that was.
	closeEnough = 1.05
	// starved is the share of a target under which a level counts as not sent:
	// the receiver, or this machine, did not take more.
	starved = 0.95
)

// search looks for the highest rate at which all rules are kept: twice as much
// until one is not, then the middle between the two.
func (r *run) search(ctx context.Context, rep *Report) error {
	f := &FindMax{Rule: r.FindMax.Text, Levels: []Level{}}
	rep.FindMax = f
	begin := firstRate
	if p, ok := r.plan.pace.(engine.Rate); ok {
		begin = p.PerSecond()
	}
	rep.Plan.Rate, rep.Plan.DurationS = "search", r.Level.Seconds()
	err := climb(begin, func(target float64) (bool, error) {
		return r.try(ctx, target, rep)
	}, f)
	rep.Verify.Mode = r.Verify.String()
	return err
}

// climb finds the highest rate for which kept says yes.
func climb(begin float64, kept func(target float64) (bool, error), f *FindMax) error {
	low, high := 0.0, 0.0 // held, and not
	for target := begin; ; {
		ok, err := kept(target)
		if err != nil {
			return err
		}
		if ok {
			low = target
		} else {
			high = target
			f.Bounded = true
		}
		switch {
		case high == 0 && low >= highestRate:
			return nil
		case high == 0:
			target = min(2*low, highestRate)
		case low == 0 && high <= 1:
			return nil
		case low == 0:
			target = max(1, high/4) // it begins lower
		case high/low <= closeEnough:
			return nil
		default:
			target = math.Sqrt(low * high)
			if low >= 20 {
				target = math.Round(target)
			}
			if target <= low || target >= high {
				return nil
			}
		}
	}
}

// try holds one rate, judges it, and makes it the report's load where it is the
// highest that was held so far.
func (r *run) try(ctx context.Context, target float64, rep *Report) (bool, error) {
	f := rep.FindMax
	one := r.blank()
	one.Receiver = rep.Receiver
	n := uint64(len(f.Levels))
	l := level{
		pace: engine.Rate{Count: uint64(math.Round(target * 1000)), Per: 1000 * time.Second}, duration: r.Level,
		// Each level has messages of its own.
		seed: r.Seed + n<<32, shard: r.Shard, target: target,
	}
	var err error
	if l.messages, err = fitting(r.traffic(l), uint64(target*r.Level.Seconds())); err != nil {
		return false, &UsageError{err.Error()}
	}
	err = r.level(ctx, l, &one)
	r.abort.Store(nil)
	r.aborted.Store(nil)
	one.judge(r.rules(), nil, false)
	out := Level{Target: target, RequestsPerS: one.RequestsPerS, EventsPerS: one.EventsPerS, LatencyMS: one.LatencyMS, ErrorRate: one.ErrorRate,
		Late: one.Late, Wrong: one.Verify.Wrong, Missing: one.Verify.Missing}
	for _, t := range one.Thresholds {
		if !t.OK {
			out.Broken = append(out.Broken, t.Rule)
		}
	}
	if one.Verify.Wrong+one.Verify.Missing > 0 {
		out.Broken = append(out.Broken, "final states")
	}
	if one.RequestsPerS < starved*target {
		out.Broken = append(out.Broken, "rate")
	}
	if one.Crashed != "" {
		out.Broken = append(out.Broken, "receiver "+one.Crashed)
	}
	out.Kept = err == nil && len(out.Broken) == 0
	f.Levels = append(f.Levels, out)
	rep.adopt(&one, out, len(f.Levels) == 1)
	return out.Kept, err
}

// adopt takes over the figures of a level that was held at a higher rate than
// those before, and what any level found wrong.
func (r *Report) adopt(one *Report, l Level, first bool) {
	wrong := r.Verify
	if first || l.Kept && l.Target > r.FindMax.RequestsPerS {
		kept := *r
		*r = *one
		r.FindMax, r.Started, r.Plan, r.Notes, r.Crashed = kept.FindMax, kept.Started, kept.Plan, kept.Notes, kept.Crashed
	}
	if l.Kept && l.Target > r.FindMax.RequestsPerS {
		r.FindMax.RequestsPerS, r.FindMax.EventsPerS = l.Target, l.EventsPerS
	}
	r.Notes = append(r.Notes, one.Notes...)
	if one.Crashed != "" {
		r.Crashed = one.Crashed
	}
	if first {
		return
	}
	// States are wrong at whatever rate: they add up over all levels.
	v := one.Verify
	v.Messages, v.Checked, v.NotJudged = v.Messages+wrong.Messages, v.Checked+wrong.Checked, v.NotJudged+wrong.NotJudged
	v.Wrong, v.Missing = v.Wrong+wrong.Wrong, v.Missing+wrong.Missing
	v.DurationS += wrong.DurationS
	v.StatesPerS = per(v.Checked, v.DurationS)
	v.Examples = append(wrong.Examples, v.Examples[:max(0, min(maxExamples-len(wrong.Examples), len(v.Examples)))]...)
	r.Verify = v
}
