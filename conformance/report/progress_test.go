package report_test

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
)

// screen is what a terminal shows: the lines that stay, and the one that the
// cursor is in. It knows carriage returns and the erasing of a line's end.
func screen(s string) (kept []string, drawn string) {
	var row []rune
	col := 0
	for s != "" {
		if rest, ok := strings.CutPrefix(s, "\x1b[K"); ok {
			row, s = row[:col], rest
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch r {
		case '\r':
			col = 0
		case '\n':
			kept, row, col = append(kept, string(row)), nil, 0
		default:
			row = append(row[:col], append([]rune{r}, row[min(col+1, len(row)):]...)...)
			col++
		}
	}
	return kept, string(row)
}

type brokenPipe struct{ writes int }

func (b *brokenPipe) Write([]byte) (int, error) { b.writes++; return 0, errors.New("broken pipe") }

var _ = Describe("Progress", func() {
	const failure = "FAIL  order/late-pending  1,200 × stale: an earlier state stayed: expected opened, got pending"

	It("writes only the lines that stay where there is no terminal", func() {
		var out bytes.Buffer
		p := &report.Progress{W: &out}
		for _, e := range sampleEvents() {
			p.Observe(e)
		}
		Expect(strings.Split(out.String(), "\n")).To(Equal([]string{
			failure,
			`FAIL  content/user-info  7 × stale: an earlier state stayed: expected delivered, with content.userInfo.tags[1] = "b", got delivered, with no content.userInfo.tags[1]`,
			"NOTE  identity/key-reuse  1 × stale: an earlier state stayed: expected pending, got opened",
			"all states were looked at once more",
			"",
		}))
	})

	It("redraws one line on a terminal, no wider than it, and leaves it clean", func() {
		var out bytes.Buffer
		p := &report.Progress{W: &out, Live: true, Width: 30}
		for _, e := range sampleEvents() {
			p.Observe(e)
			_, drawn := screen(out.String())
			Expect(len([]rune(drawn))).To(BeNumerically("<", 30))
			if _, ok := e.(event.CheckStarted); ok {
				Expect(drawn).To(MatchRegexp(`^\d/9 [a-z]+/.* …`))
			}
		}
		kept, drawn := screen(out.String())
		Expect(drawn).To(BeEmpty())
		Expect(kept).To(HaveLen(4))
		Expect(kept[0]).To(Equal(failure))
	})

	It("counts checks that run side by side, and those that failed", func() {
		var out bytes.Buffer
		p := &report.Progress{W: &out, Live: true}
		line := func(events ...event.Event) string {
			for _, e := range events {
				p.Observe(e)
			}
			_, drawn := screen(out.String())
			return drawn
		}
		Expect(line(event.RunStarted{Checks: []event.Check{check("a/1"), check("a/2"), check("a/3")}})).To(Equal("0/3 …"))
		Expect(line(event.CheckStarted{ID: "a/1"}, event.CheckStarted{ID: "a/2"})).To(Equal("0/3 a/2 +1 …"))
		Expect(line(event.CheckFinished{Verdict: verdict("a/2", event.Pass)})).To(Equal("1/3 a/1 …"))
		Expect(line(event.CheckFinished{Verdict: verdict("a/1", event.Fail)})).To(Equal("2/3 … 1 failed"))
		Expect(line(event.CheckFinished{Verdict: verdict("a/2", event.Fail)})).To(Equal("2/3 … 2 failed"), "a verdict that changed")
	})

	It("goes on when nobody reads it", func() {
		w := &brokenPipe{}
		p := &report.Progress{W: w, Live: true}
		for _, e := range sampleEvents() {
			p.Observe(e)
		}
		Expect(w.writes).To(Equal(1))
	})
})
