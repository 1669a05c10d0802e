package ci

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
	"github.com/ctxpush/ctxpush/mocksender"
)

const (
	// maxSummary is how many bytes GitHub takes as the summary of a step; of a
	// longer one it shows nothing.
	maxSummary = 1 << 20
	// minSummary is the least that a summary makes sense with.
	minSummary = 1 << 10
	// maxStories is how many failed checks the summary tells of, beyond a row of
	// its table.
	maxStories = 20
)

// Markdown writes r as summary.md, for the page of a CI run, at most 1 MiB of it:
// the verdict, what failed and how to show it, what was not judged, and what
// repeats the run.
func Markdown(w io.Writer, r report.Report) error {
	if _, err := w.Write(summary(r, maxSummary)); err != nil {
		return fmt.Errorf("report as Markdown: %w", err)
	}
	return nil
}

// AppendSummary appends the summary to a file, such as the one that
// $GITHUB_STEP_SUMMARY names, which is made if it is missing. It takes no more
// than GitHub's limit of 1 MiB leaves beside what is there already; where that
// is nothing, it is an error.
func AppendSummary(file string, r report.Report) (err error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return fmt.Errorf("step summary: %w", err)
	}
	defer func() {
		if e := f.Close(); e != nil && err == nil {
			err = fmt.Errorf("step summary: %w", e)
		}
	}()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("step summary: %w", err)
	}
	gap := ""
	if size > 0 {
		gap = "\n\n" // whatever is there must not take ours for its own
	}
	left := maxSummary - size - int64(len(gap))
	if left < minSummary {
		return fmt.Errorf("step summary: %s holds %s bytes: no room for this one, GitHub shows 1 MiB at most", file, text.Thousands(int(size)))
	}
	if _, err := f.Write(append([]byte(gap), summary(r, int(left))...)); err != nil {
		return fmt.Errorf("step summary: %w", err)
	}
	return nil
}

// summary is r in at most limit bytes, which are at least minSummary.
func summary(r report.Report, limit int) []byte {
	// The end has its place before what stands above it takes the room.
	tail := &markdown{limit: limit / 2}
	tail.repeat(r)
	rest := &markdown{limit: (limit - tail.buf.Len()) / 4}
	rest.unfailed(r)
	m := &markdown{limit: limit - tail.buf.Len() - rest.buf.Len() - 2}
	result, accepted := r.Result, r.Accepted()
	if accepted != "" {
		result, accepted = report.Pass, ", "+accepted
	}
	m.block("## " + emblem(result) + " " + span(text.Clip(r.Name(), 100)) + ": " + prose(string(result)+accepted))
	m.block("**" + prose(words.Summary(r.Summary, r.DurationMS)) + "**")
	if ls := text.Lines(r.Reason); len(ls) > 0 {
		m.block(prose(ls[0]))
		m.block(folded("More", fence("", tailOf(ls[1:], words.MaxReasonLines))))
	}
	m.causes(r)
	m.failures(r)
	m.since(r.Baseline)
	m.stories(r)
	for _, part := range []*markdown{rest, tail} {
		if part.buf.Len() > 0 {
			m.buf.WriteByte('\n')
			m.buf.Write(part.buf.Bytes())
		}
	}
	return bytes.Clone(m.buf.Bytes())
}

// unfailed tells of the checks that neither passed nor failed.
func (m *markdown) unfailed(r report.Report) {
	m.reasons(r, event.Errored, "Not judged")
	m.reasons(r, event.Waived, "Waived")
	m.unneeded(r)
	m.reasons(r, event.Skipped, "Skipped")
	var rows [][]string
	for _, id := range r.NotRun {
		rows = append(rows, []string{tableCell(id)})
	}
	m.table([]string{"Not run, as the run ended early"}, rows, "check")
}

func emblem(r report.Result) string {
	switch r {
	case report.Pass:
		return "✅"
	case report.Fail:
		return "❌"
	}
	return "⚠️"
}

// failed are the checks that failed, the required ones first.
func failed(r report.Report) []report.Check {
	var all []report.Check
	for _, l := range []event.Level{event.Required, event.Recommended} {
		for _, c := range r.Checks {
			if c.HasFailed(l) {
				all = append(all, c)
			}
		}
	}
	return all
}

// causes tells each mistake once: what to change, the smallest delivery that shows
// it, and the command that plays it again.
func (m *markdown) causes(r report.Report) {
	for i, c := range r.Causes {
		if i == words.MaxCauses {
			m.block(leftOut(len(r.Causes)-i, "cause"))
			return
		}
		says := "**Cause:** " + prose(c.Text)
		if c.Likely {
			says = "**Likely cause:** " + prose(c.Text)
		}
		if c.Level == event.Recommended {
			says += " (recommended)"
		}
		says += fmt.Sprintf("\n%s in %s.", text.Plural(c.Failures, "failure"), text.Plural(len(c.Checks), "check"))
		if c.Remedy != "" {
			says += "\n" + prose(c.Remedy)
		}
		m.block(says)
		f, found := r.ExampleOf(c)
		if !found || len(f.Smallest) == 0 {
			continue
		}
		steps := words.Smallest(f)
		m.block(fence("yaml", steps[:min(len(steps), words.MaxSteps)]))
		if f.Counterexample != "" {
			m.block(fence("sh", []string{r.Replay(f.Counterexample)}))
		}
	}
}

// failures is the table of what failed: a row for each check, by the first way
// in which it did.
func (m *markdown) failures(r report.Report) {
	var rows [][]string
	for _, c := range failed(r) {
		id := tableCell(c.ID)
		if c.Level == event.Recommended {
			id += " (recommended)"
		}
		how, want, have := "", "", c.Reason
		if groups := report.Group(c.Failures); len(groups) > 0 {
			a := groups[0]
			how = fmt.Sprintf("%s × %s", text.Thousands(a.Count), a.Kind)
			if n := len(groups) - 1; n > 0 {
				how += ", and " + text.Plural(n, "more kind") + " of failure"
			}
			want, have = words.Compared(a.Expected, a.Got)
			have = cmp.Or(have, a.Detail)
		}
		rows = append(rows, []string{id, prose(cmp.Or(c.Requirement, c.Title)), prose(how), tableCell(want), tableCell(have)})
	}
	m.table([]string{"Failed check", "Requirement", "How", "Expected", "Got"}, rows, "failure")
}

// since tells what has changed since the baseline.
func (m *markdown) since(b *report.Baseline) {
	if b == nil {
		return
	}
	m.block("### " + prose(b.Tally()))
	for _, of := range []struct {
		head    string
		changes []report.Change
	}{{"New", b.New}, {"Fixed", b.Fixed}} {
		var rows [][]string
		for _, c := range of.changes {
			rows = append(rows, []string{tableCell(c.Check), prose(string(c.Kind)), tableCell(c.Expected), tableCell(c.Got)})
		}
		m.table([]string{of.head, "How", "Expected", "Got"}, rows, "failure")
	}
}

// reasons is a table of the checks with a result and why they have it.
func (m *markdown) reasons(r report.Report, result event.Result, head string) {
	var rows [][]string
	for _, c := range r.Checks {
		if c.Result != result {
			continue
		}
		how := prose(strings.Join(text.Lines(c.Reason), "; "))
		if len(c.Failures) > 0 {
			how = strings.TrimSpace(how + " " + prose("("+words.Tally(c.Failures)+")"))
		}
		rows = append(rows, []string{tableCell(c.ID), how})
	}
	m.table([]string{head, "Why"}, rows, "check")
}

// unneeded points out the waivers that can go.
func (m *markdown) unneeded(r report.Report) {
	var rows [][]string
	for _, u := range r.UnneededWaivers {
		rows = append(rows, []string{tableCell(u.Check), prose(u.Why)})
	}
	m.table([]string{"Passed, so its waiver can go", "Why it was waived"}, rows, "waiver")
}

// stories tell of the failed checks, each with its smallest delivery and what
// shows it, as many as fit.
func (m *markdown) stories(r report.Report) {
	var own, told []report.Check
	for _, c := range failed(r) {
		if len(c.Failures) > 0 && c.IsToldElsewhere() {
			told = append(told, c)
			continue
		}
		own = append(own, c)
	}
	for i, c := range own {
		if i == maxStories || !m.block(story(c)) {
			m.block(leftOut(len(own)-i, "check"))
			break
		}
	}
	var rows [][]string
	for _, c := range told {
		rows = append(rows, []string{tableCell(c.ID), tableCell(c.Failures[0].SameAs)})
	}
	m.table([]string{"Also fails", "For the same cause as"}, rows, "check")
}

func story(c report.Check) string {
	m := &markdown{limit: maxSummary}
	m.block("### " + span(c.ID))
	m.block(prose(cmp.Or(c.Requirement, c.Title)))
	groups := report.Group(c.Failures)
	for _, a := range groups[:min(len(groups), words.MaxGroups)] {
		m.failure(a)
	}
	if n := len(groups) - words.MaxGroups; n > 0 {
		m.block(leftOut(n, "way"))
	}
	return strings.TrimSuffix(m.buf.String(), "\n")
}

func (m *markdown) failure(a event.Failure) {
	if a.SameAs != "" {
		m.block("**" + prose(words.Headline(a)) + "** for the same cause as " + span(a.SameAs))
		return
	}
	m.block("**" + prose(words.Headline(a)) + "**")
	var facts []string
	fact := func(name, value string) {
		if value != "" {
			facts = append(facts, "- "+name+": "+value)
		}
	}
	code := func(name, value string) {
		if value != "" {
			fact(name, span(value))
		}
	}
	if a.Message != (mocksender.Key{}) {
		code("message", a.Message.String())
	}
	want, have := words.Compared(a.Expected, a.Got)
	code("expected", want)
	code("got", have)
	code("detail", a.Detail)
	fact("likely cause", prose(a.Cause))
	code("scenario", a.Counterexample)
	m.block(strings.Join(facts, "\n"))
	if len(a.Smallest) > 0 {
		m.block("Smallest delivery that fails:")
		m.block(fence("yaml", headOf(words.Smallest(a), words.MaxTimeline)))
	}
	m.block(folded("Timeline", fence("", headOf(a.Timeline, words.MaxTimeline))))
	var curl []string
	for _, c := range a.Curl[:min(len(a.Curl), words.MaxCurl)] {
		curl = append(curl, text.Lines(text.Clip(c, words.MaxCurlBytes))...)
	}
	if n := len(a.Curl) - words.MaxCurl; n > 0 {
		curl = append(curl, fmt.Sprintf("# … %s in %s", text.Plural(n, "more request"), report.File))
	}
	m.block(folded("Send the requests again (CTXPUSH_SECRET is the secret)", fence("sh", curl)))
	m.block(folded("The receiver's log", fence("", tailOf(a.Log, words.MaxLog))))
}

// repeat says what was certified and how to do it again.
func (m *markdown) repeat(r report.Report) {
	if r.Command != "" {
		m.block("Run it again:")
		m.block(fence("sh", []string{text.Clip(r.Command, words.MaxCurlBytes)}))
	}
	seed := fmt.Sprint("seed ", r.Tool.Seed)
	if r.Tool.Salt != "" {
		seed += fmt.Sprintf(", salt %s, epoch %s", r.Tool.Salt, r.Tool.Epoch.Format(time.RFC3339))
	}
	facts := []string{fmt.Sprintf("ctxpush %s, %s, protocol %s, identity %s", r.Tool.Version, seed, r.Tool.Protocol, r.Receiver.Identity)}
	for _, s := range []string{r.Receiver.Kind, r.Receiver.Image, r.Receiver.Digest, r.Receiver.URL} {
		if s != "" {
			facts = append(facts, s)
		}
	}
	m.block(prose(strings.Join(facts, ", ")))
}

// headOf is the first n lines, each of bounded length, and how many more there
// are.
func headOf(ss []string, n int) []string {
	out := bounded(ss[:min(len(ss), n)])
	if more := len(ss) - n; more > 0 {
		out = append(out, fmt.Sprintf("… %s in %s", text.Plural(more, "more line"), report.File))
	}
	return out
}

// tailOf is the last n lines, each of bounded length.
func tailOf(ss []string, n int) []string {
	return bounded(ss[max(0, len(ss)-n):])
}

// bounded is lines of bounded length.
func bounded(ss []string) []string {
	all := make([]string, len(ss))
	for i, s := range ss {
		all[i] = text.Bounded(s, words.MaxLine)
	}
	return all
}
