package torture

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// LongRun is what came of a run that is long enough to see whether it needs more
// and more of anything.
type LongRun struct {
	Name   string
	Did    string // how much it did
	Took   time.Duration
	Curves []Curve
	Wrong  []string
}

// judge adds what is wrong with the curves.
func (l *LongRun) judge() {
	for _, c := range l.Curves {
		if wrong := c.Wrong(); wrong != "" {
			l.Wrong = append(l.Wrong, wrong)
		}
	}
}

// Write writes the curves as a table, and below it what is wrong.
func (l LongRun) Write(w io.Writer) {
	fmt.Fprintf(w, "%s: %s in %s\n", l.Name, l.Did, l.Took.Round(100*time.Millisecond))
	fmt.Fprintf(w, "  %-24s %-5s %11s %11s %8s %12s %9s  %s\n", "FIGURE", "UNIT", "2ND TENTH", "LAST TENTH", "PEAK", "DRIFT/HOUR", "MAY RISE", "VERDICT")
	for _, c := range l.Curves {
		verdict := "flat"
		switch {
		case c.May == 0:
			verdict = "not judged: it goes with the work"
		case !c.Judged():
			verdict = fmt.Sprintf("too few points to judge: %d", len(c.Points))
		case c.Wrong() != "":
			verdict = "RISES"
		}
		perHour, _ := c.Drift()
		fmt.Fprintf(w, "  %-24s %-5s %11.1f %11.1f %8.1f %+12.1f %9g  %s\n", c.Name, c.Unit, c.Tenth(1), c.Tenth(9), c.Peak(), perHour, c.May, verdict)
	}
	for _, wrong := range l.Wrong {
		fmt.Fprintf(w, "  WRONG: %s\n", strings.ReplaceAll(wrong, "\n", "\n    "))
	}
}

// each calls sample now and once every interval until stop is closed.
func each(interval time.Duration, stop <-chan struct{}, sample func(at time.Duration)) {
	begin := time.Now()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		sample(time.Since(begin))
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
	}
}

// The curves' names.
const (
	residentMemory = "resident memory"
	heapInUse      = "heap in use"
	goroutines     = "goroutines"
	openFiles      = "open files"
	atRest         = ", at rest" // nothing goes on but the sampling
)

const mebibyte = 1 << 20
