package scenarios

import (
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/fixtures"
)

// When is when a message's last change happened: at the made-up time that all
// have where it is zero.
type When struct {
	// Across is the moment between the last change and the one before it.
	Across Edge
	// Age is how old the last change is when the run begins.
	Age time.Duration
}

// spread is how far apart the messages of one epoch are scheduled at most. What
// is left of fixtures.EpochAge is for their histories.
const spread = fixtures.EpochAge / 2

// Edge is a moment of the calendar at which receivers go wrong that reckon in
// days, or by a clock on a wall. It is the last such moment before the epoch.
type Edge string

// The edges, in UTC.
const (
	Midnight Edge = "midnight"
	MonthEnd Edge = "month-end"
	YearEnd  Edge = "year-end"
	// EUSpring is 03:00 on the last Sunday of March: the end of the hour that
	// clocks in Central Europe skip. EUAutumn is when they repeat one, 01:00 UTC
	// on the last Sunday of October.
	EUSpring Edge = "eu-spring"
	EUAutumn Edge = "eu-autumn"
	// USSpring is 03:00 on the second Sunday of March: the end of the hour that
	// clocks in the United States skip. USAutumn is when the easternmost repeat
	// one, 06:00 UTC on the first Sunday of November.
	USSpring Edge = "us-spring"
	USAutumn Edge = "us-autumn"
)

var edgeWords = []string{
	string(Midnight), string(MonthEnd), string(YearEnd), string(EUSpring), string(EUAutumn), string(USSpring), string(USAutumn),
}

// pastZones is how long after a clock change's moment it is over in all zones
// that a scenario may name by after.
const pastZones = 6 * time.Hour

// last is the latest of these moments that is over at the epoch.
func (e Edge) last(epoch time.Time) time.Time {
	epoch = epoch.UTC()
	year, month, day := epoch.Date()
	yearly := func(in func(year int) time.Time) time.Time {
		if at := in(year); !at.Add(pastZones).After(epoch) {
			return at
		}
		return in(year - 1)
	}
	switch e {
	case Midnight:
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	case MonthEnd:
		return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	case YearEnd:
		return time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
	case EUSpring:
		return yearly(func(year int) time.Time { return fixtures.Sunday(year, time.March, 31).Add(3 * time.Hour) })
	case EUAutumn:
		return yearly(func(year int) time.Time { return fixtures.Sunday(year, time.October, 31).Add(time.Hour) })
	case USSpring:
		return yearly(func(year int) time.Time { return fixtures.Sunday(year, time.March, 14).Add(3 * time.Hour) })
	default: // USAutumn
		return yearly(func(year int) time.Time { return fixtures.Sunday(year, time.November, 7).Add(6 * time.Hour) })
	}
}

// scheduled is when a message was scheduled whose changes happen as When says;
// made is when it was scheduled where When says nothing.
func (w When) scheduled(m *Message, made, epoch time.Time) time.Time {
	before, last := m.lastTwo()
	switch {
	case w.Across != "":
		return w.Across.last(epoch).Add(-(before + last) / 2).Truncate(time.Millisecond)
	case w.Age > 0:
		return epoch.Add(fixtures.EpochAge - w.Age - last)
	}
	return made
}

// lastTwo is when the last change of the message happened and when the one
// before it, counted from its scheduling: the same where there is only one.
func (m *Message) lastTwo() (before, last time.Duration) {
	var changes []time.Duration
	for _, d := range m.Devices {
		for _, c := range d.History {
			changes = append(changes, c.At)
		}
	}
	if m.Cancelled != nil {
		changes = append(changes, m.Cancelled.At)
	}
	last = slices.Max(changes)
	changes = slices.DeleteFunc(changes, func(at time.Duration) bool { return at == last })
	if len(changes) == 0 {
		return last, last
	}
	return slices.Max(changes), last
}

// overrun is how much earlier than the epoch the scenario must begin, so that
// its last change lies before the run's beginning.
func (s *Scenario) overrun() time.Duration {
	var last time.Duration
	after := map[string]time.Duration{}
	for i := range s.Messages {
		m := &s.Messages[i]
		after[m.Name] = m.After + after[m.Like]
		if _, end := m.lastTwo(); m.When == (When{}) {
			last = max(last, after[m.Name]+end)
		}
	}
	return max(0, last-(fixtures.EpochAge-spread))
}
