package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
	"github.com/ctxpush/ctxpush/mocksender"
)

// problem is one likely cause and the checks that fail for it.
type problem struct {
	ID     string
	Number int
	Cause  string // a sentence
	Remedy string
	Cards  []card // the first tells the most
	// LeftOut is how many checks are not shown.
	LeftOut int
}

// card is one failed check, as far as one cause explains it.
type card struct {
	ID                 string // of the element
	Check, Title       string
	Requirement        string
	Clauses            []string
	Tag, TagClass      string
	Reason             string
	Tally              string
	Ways               []way
	MoreWays           int
	Lead, OutOfBudget  bool
	Schedules, Seconds string
}

// way is one way in which a check failed, by the example of its first.
type way struct {
	ID        string
	Headline  string
	Summary   string // in a sentence
	Detail    string
	Schedule  string
	Frequency string
	Message   []fact
	Diff      []diffLine
	Sequence  *sequence
	Smallest  []string
	Timeline  []string
	Curl      string
	CurlCount int
	Curls     int // how many there are
	Log       []string
	File      string
	Scenario  string
	Replay    string
	Ticket    string
}

// The sections of what failed.
const (
	requiredSection    = "broken"
	recommendedSection = "advice"
	waivedSection      = "waived"
)

// sections are all failures, the weightiest first.
func sections(r report.Report, spent *budget) []problems {
	all := []problems{
		{ID: requiredSection, Title: "What is wrong", Intro: "Each of these breaks the contract. One mistake often breaks several rules, so they stand together by their likely cause."},
		{ID: recommendedSection, Title: "Advice that is not followed", Intro: "Good practice that the contract does not demand. It fails nothing."},
		{ID: waivedSection, Title: "Failures that are accepted", Intro: "They still fail, and the receiver's owner has waived them."},
	}
	files := r.Counterexamples()
	number := 0
	for i, of := range []func(report.Check) bool{
		func(c report.Check) bool { return c.HasFailed(event.Required) },
		func(c report.Check) bool { return c.HasFailed(event.Recommended) },
		func(c report.Check) bool { return c.Result == event.Waived && len(c.Failures) > 0 },
	} {
		all[i].gather(r, of, files, &number, spent)
	}
	return slices.DeleteFunc(all, func(s problems) bool { return len(s.Problems) == 0 })
}

// gather puts the failures of the checks together by their causes: those that
// were explained first.
func (s *problems) gather(r report.Report, of func(report.Check) bool, files map[string]bool, number *int, spent *budget) {
	type part struct {
		check  report.Check
		groups []event.Failure
	}
	parts := map[string][]part{}
	var causes []string
	for _, e := range r.Explanations {
		causes = append(causes, e.Cause)
	}
	explained := len(causes)
	for _, c := range r.Checks {
		if !of(c) {
			continue
		}
		groups := report.Group(c.Failures)
		if len(groups) == 0 {
			groups = []event.Failure{{Count: 1}} // it has failed, whatever it does not tell
		}
		for _, g := range groups {
			own := parts[g.Cause]
			if n := len(own); n == 0 || own[n-1].check.ID != c.ID {
				own = append(own, part{check: c})
			}
			own[len(own)-1].groups = append(own[len(own)-1].groups, g)
			parts[g.Cause] = own
			if len(parts[g.Cause]) == 1 && !slices.Contains(causes[:explained], g.Cause) && len(own[0].groups) == 1 {
				causes = append(causes, g.Cause)
			}
		}
	}
	for _, cause := range causes {
		own := parts[cause]
		if len(own) == 0 {
			continue
		}
		if len(s.Problems) == maxProblems {
			s.LeftOut++
			continue
		}
		*number++
		p := problem{ID: fmt.Sprintf("cause-%d", *number), Number: *number, Cause: sentence(shown(cause))}
		// The check that tells the explanation comes first.
		slices.SortStableFunc(own, func(a, b part) int { return cmp.Compare(told(a.groups), told(b.groups)) })
		p.Remedy = shown(own[0].groups[0].Remedy)
		for _, o := range own {
			if len(p.Cards) == maxCards {
				p.LeftOut++
				continue
			}
			p.Cards = append(p.Cards, newCard(r, o.check, o.groups, fmt.Sprintf("%s-%d", p.ID, len(p.Cards)+1), files, spent))
		}
		p.Cards[0].Lead = true
		if p.Cause == "" {
			p.Cause = sentence(p.Cards[0].Title)
		}
		s.Problems = append(s.Problems, p)
	}
}

// told ranks groups: those that another check explains come last.
func told(groups []event.Failure) int {
	if slices.ContainsFunc(groups, func(g event.Failure) bool { return g.SameAs == "" }) {
		return 0
	}
	return 1
}

func newCard(r report.Report, c report.Check, groups []event.Failure, id string, files map[string]bool, spent *budget) card {
	v := card{
		ID: id, Check: shown(c.ID), Title: shown(c.Title), Requirement: shown(c.Requirement), Reason: shown(strings.Join(text.Lines(c.Reason), "; ")),
		Tag: "FAIL", TagClass: "fail", Tally: shown(words.Tally(groups)),
	}
	switch {
	case c.Result == event.Waived:
		v.Tag, v.TagClass = "WAIVED", "note"
	case c.Level == event.Recommended:
		v.Tag, v.TagClass = "NOTE", "note"
	}
	for _, clause := range c.Clauses[:min(len(c.Clauses), 20)] {
		v.Clauses = append(v.Clauses, shown(clause))
	}
	for i, g := range groups {
		if i == maxShownGroups {
			v.MoreWays = len(groups) - i
			break
		}
		if !spent.take(0) {
			v.OutOfBudget = true
			break
		}
		w := newWay(r, c, g, fmt.Sprintf("%s-%d", id, i+1), files)
		spent.take(w.size())
		v.Ways = append(v.Ways, w)
	}
	return v
}

func newWay(r report.Report, c report.Check, a event.Failure, id string, files map[string]bool) way {
	w := way{ID: id, Detail: shown(a.Detail), Schedule: shown(a.Schedule), Diff: diffLines(a.Expected, a.Got), Summary: summed(a)}
	// What the sentence and the comparison say already is not said again.
	if first, rest, _ := strings.Cut(w.Detail, "; "); w.Summary != "" && strings.HasPrefix(first, "delivery_status is ") {
		w.Detail = rest
	}
	if a.Kind != "" {
		w.Headline = shown(words.Headline(a))
	}
	if a.Frequency != "" {
		w.Frequency = "It fails only sometimes: in " + shown(a.Frequency) + " tries."
	}
	if k := a.Message; k != (mocksender.Key{}) {
		for _, f := range []fact{{"campaign_id", k.CampaignID}, {"user_id", k.UserID}, {"idempotency_key", k.IdempotencyKey}, {"device_token", k.DeviceToken}} {
			if f.Value != "" {
				w.Message = append(w.Message, fact{f.Name, shown(f.Value)})
			}
		}
	}
	w.Sequence = newSequence(a.Trace, shown(r.Name()))
	if w.Sequence != nil && a.Kind == event.Accepted {
		w.Sequence.Truth = nil // what has to be refused is not true
	}
	if w.Sequence != nil && len(a.Smallest) > 0 {
		w.Sequence.Caption = "The smallest delivery that was found to fail. Time runs down."
	}
	for _, s := range a.Smallest[:min(len(a.Smallest), words.MaxTimeline)] {
		w.Smallest = append(w.Smallest, shown(s))
	}
	for _, s := range a.Timeline[:min(len(a.Timeline), 2*words.MaxTimeline)] {
		w.Timeline = append(w.Timeline, text.Visible(text.Clip(s, words.MaxLine)))
	}
	for _, s := range a.Log[max(0, len(a.Log)-4*words.MaxLog):] {
		w.Log = append(w.Log, text.Visible(text.Clip(s, words.MaxLine)))
	}
	w.curl(a.Curl)
	if files[a.Counterexample] {
		w.File = shown(a.Counterexample)
		w.Replay = shown(r.Replay(a.Counterexample))
		if n := len(a.Scenario); n > 0 && n <= maxCopied {
			w.Scenario = shownLines(string(a.Scenario), maxCopied)
		}
	}
	w.Ticket = ticket(r, c, a, w)
	return w
}

// curl keeps the commands that are short enough to be copied, from the first on.
func (w *way) curl(commands []string) {
	w.Curls = len(commands)
	size := 0
	var kept []string
	for _, c := range commands {
		if size += len(c); size > maxCopied || len(kept) == 2*words.MaxCurl {
			break
		}
		kept = append(kept, shownLines(c, maxCopied))
	}
	w.CurlCount = len(kept)
	w.Curl = strings.Join(kept, "\n")
}

// size is about how many bytes of a page w takes.
func (w way) size() int {
	n := 2000 + 2*len(w.Ticket) + len(w.Curl) + len(w.Scenario) + len(w.Detail)
	for _, ss := range [][]string{w.Smallest, w.Timeline, w.Log} {
		for _, s := range ss {
			n += len(s)
		}
	}
	for _, l := range w.Diff {
		n += 100 + len(l.Text)
	}
	return n + w.Sequence.size()
}

// summed is a failure in one sentence for a newcomer; empty where its detail
// says it.
func summed(f event.Failure) string {
	switch {
	case f.Kind == event.Refused, f.Kind == event.Crashed, f.Expected == nil && f.Got == nil:
		return ""
	case f.Got == nil:
		return fmt.Sprintf("The message truly ended as %s, and the receiver does not know it.", shown(words.Status(f.Expected)))
	case f.Expected == nil:
		return fmt.Sprintf("The receiver knows a message, as %s, that it must not know.", shown(words.Status(f.Got)))
	case words.Status(f.Expected) == words.Status(f.Got):
		return fmt.Sprintf("The message is %s, as it should be, but not all that belongs to it is right.", shown(words.Status(f.Got)))
	case f.Kind == event.Accepted:
		return fmt.Sprintf("The message must stay %s, as the request had to be refused, but the receiver says %s.", shown(words.Status(f.Expected)), shown(words.Status(f.Got)))
	case f.Kind == event.Reverted:
		return fmt.Sprintf("The message truly ended as %s. The receiver said so at first, and later %s.", shown(words.Status(f.Expected)), shown(words.Status(f.Got)))
	}
	return fmt.Sprintf("The message truly ended as %s, but the receiver says %s.", shown(words.Status(f.Expected)), shown(words.Status(f.Got)))
}
