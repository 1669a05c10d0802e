//go:build unix

package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Interruption is one run of the program that a signal ends at some moment.
type Interruption struct {
	Course string // what the program does
	Signal syscall.Signal
	After  time.Duration
	Twice  bool // the signal comes again at once

	Exit      int           // as a shell has it: 128 and the signal for one that a signal ended
	Took      time.Duration // from the signal to the end
	Result    string        // of the report; empty: there is none
	Early     bool          // it had ended by itself before the signal
	Leftovers []string
	Secret    []string
	Wrong     []string

	begun bool // there was a folder for the report when the signal came
}

func (i Interruption) String() string {
	twice := ""
	if i.Twice {
		twice = " twice"
	}
	return fmt.Sprintf("%s, %s%s after %s", i.Course, name(i.Signal), twice, i.After.Round(time.Millisecond))
}

func name(s syscall.Signal) string {
	return map[syscall.Signal]string{syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM", syscall.SIGKILL: "SIGKILL"}[s]
}

// course is one way through the program's phases.
type course struct {
	name      string
	args      func(p Program, dir string) []string
	report    string // the report's file below the folder; empty: it writes none
	contained bool   // it needs an engine, and an image
}

// commandReceiver are the flags of a receiver that is a process of the program's
// own, with a bug where one is named.
func commandReceiver(p Program, dir string, more ...string) []string {
	words := append([]string{p.Path, "receiver", "--listen", "127.0.0.1:${PORT}", "--store", filepath.Join(dir, "states.db")}, more...)
	return []string{"--command", shellJoin(words), "--ready", "/healthz", "--ready-timeout", "30s", "--probe-bulk", "/states"}
}

// courses are what is interrupted: all phases of a run, a good receiver and a
// bad one, which is explained at length.
var courses = []course{
	{name: "certify the built-in receiver", args: func(_ Program, dir string) []string {
		return []string{"certify", "--built-in", "--explore", "quick", "--report-dir", filepath.Join(dir, "report")}
	}, report: "report.json"},
	{name: "certify a process", args: func(p Program, dir string) []string {
		return append([]string{"certify", "--explore", "quick", "--settle", "100ms", "--report-dir", filepath.Join(dir, "report")}, commandReceiver(p, dir)...)
	}, report: "report.json"},
	{name: "certify a wrong process", args: func(p Program, dir string) []string {
		return append([]string{"certify", "--focus", "order/*", "--focus", "restart/kill", "--settle", "100ms", "--shrink", "5s", "--report-dir", filepath.Join(dir, "report")},
			commandReceiver(p, dir, "--mutant", "last-arrival-wins")...)
	}, report: "report.json"},
	{name: "scenario run", args: func(p Program, dir string) []string {
		return append([]string{"scenario", "run", "order/late-pending", "restart/kill", "retry/slow-body", "batch/sizes", "--settle", "100ms"}, commandReceiver(p, dir)...)
	}},
	{name: "load", args: func(p Program, dir string) []string {
		return append([]string{"load", "--rate", "300/s", "--duration", "1500ms", "--batch", "20", "--settle", "200ms", "--faults", "duplicate=5%,lost-ack=2%,slow=1%",
			"--report-dir", filepath.Join(dir, "report")}, commandReceiver(p, dir)...)
	}, report: "load.json"},
	neverReady("certify", "report.json"),
	neverReady("load", "load.json"),
}

// courses are those that can be played here.
func (p Program) courses() []course {
	if p.image == "" {
		return courses
	}
	return slices.Concat(courses, inContainers)
}

// neverReady is a process whose readiness is looked for in vain.
func neverReady(command, report string) course {
	return course{name: command + " a process that is never ready", report: report, args: func(p Program, dir string) []string {
		return append(append([]string{command, "--report-dir", filepath.Join(dir, "report")}, commandReceiver(p, dir)...), "--ready", "/nowhere")
	}}
}

// Interruptions are so many, made from the seed: the courses in turn, each at a
// random moment, by one signal or another. Those with containers are among them
// where Contain has made an image.
func (p Program) Interruptions(seed uint64, n int) []Interruption {
	courses := p.courses()
	random := rand.New(rand.NewPCG(seed, 0))
	// By and by longer than the courses take undisturbed.
	const longest = 4 * time.Second
	all := make([]Interruption, n)
	for i := range all {
		all[i] = Interruption{
			Course: courses[i%len(courses)].name,
			Signal: []syscall.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL}[random.IntN(4)],
			After:  time.Duration(random.Int64N(int64(longest))),
			Twice:  random.IntN(6) == 0,
		}
	}
	return all
}

// Interrupt plays an interruption. within is how long the program may take to
// end after the signal.
func (p Program) Interrupt(ctx context.Context, i Interruption, within time.Duration) (Interruption, error) {
	at := slices.IndexFunc(p.courses(), func(c course) bool { return c.name == i.Course })
	if at < 0 {
		return i, fmt.Errorf("%q is no course", i.Course)
	}
	c := p.courses()[at]
	dir, err := os.MkdirTemp("", "ctxpush-torture-")
	if err != nil {
		return i, err
	}
	defer os.RemoveAll(dir)
	r, err := p.start(ctx, dir, append(c.args(p, dir), "--seed", "7")...)
	if err != nil {
		return i, err
	}
	ended := make(chan struct{})
	go func() {
		r.wait()
		close(ended)
	}()
	timer := time.NewTimer(i.After)
	defer timer.Stop()
	select {
	case <-ended:
		i.Early = true
	case <-timer.C:
	}
	_, missing := os.Stat(filepath.Join(dir, "report"))
	i.begun = missing == nil
	begin := time.Now()
	for range map[bool]int{false: 1, true: 2}[i.Twice] {
		_ = r.cmd.Process.Signal(i.Signal) // it may have ended by itself
	}
	<-ended
	i.Took = time.Since(begin)
	i.Exit = exitOf(r)
	if i.Signal == syscall.SIGKILL && !i.Early {
		// The next run removes what is left.
		if err := p.again(ctx, dir, c); err != nil {
			return i, err
		}
	}
	i.judge(r, c, within)
	return i, ctx.Err()
}

// exitOf is the exit code as a shell has it.
func exitOf(r *run) int {
	if status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return r.exit
}

// again is a short run in the folder of one that was killed.
func (p Program) again(ctx context.Context, dir string, c course) error {
	args := append([]string{"certify", "--focus", "request/acknowledged", "--report-dir", filepath.Join(dir, "again")}, commandReceiver(p, dir)...)
	if c.contained {
		args = inContainers[0].args(p, dir)
	}
	r, err := p.start(ctx, dir, args...)
	if err != nil {
		return err
	}
	r.wait()
	if r.exit != 0 {
		return fmt.Errorf("the run after one that was killed ended with %d: %s%s", r.exit, r.out.String(), r.err.String())
	}
	return nil
}

// judge tells what is wrong with how the program ended.
func (i *Interruption) judge(r *run, c course, within time.Duration) {
	wrong := func(format string, args ...any) { i.Wrong = append(i.Wrong, fmt.Sprintf(format, args...)) }
	gently := i.Signal != syscall.SIGKILL && !i.Twice
	if gently || i.Signal == syscall.SIGKILL {
		// After two signals the one that left at once left the rest to the next run.
		i.Leftovers = r.leftovers()
		if c.contained {
			i.Leftovers = append(i.Leftovers, inEngine(r.cmd.Process.Pid)...)
		}
	}
	if c.contained {
		within += removedIn
	}
	for _, left := range i.Leftovers {
		wrong("left behind: %s", left)
	}
	var err error
	if i.Secret, _, err = r.revealed(); err != nil {
		wrong("%v", err)
	}
	for _, where := range i.Secret {
		wrong("the secret is in %s", where)
	}
	if i.Early {
		return
	}
	want := []int{128 + int(i.Signal)}
	if !slices.Contains(want, i.Exit) && !(i.Exit <= 1 && i.Took < 50*time.Millisecond) { // it was about to end
		wrong("exit code %d: want %s: %s", i.Exit, codes(want), r.says())
	}
	if i.Took > within {
		wrong("it ended %s after the signal: want %s", i.Took.Round(time.Millisecond), within)
	}
	if strings.Contains(r.err.String(), "panic:") {
		wrong("it panicked: %s", own(r.err.String()))
	}
	data, err := os.ReadFile(filepath.Join(r.dir, "report", c.report))
	if c.report == "" || err != nil {
		if gently && c.report != "" && i.begun {
			wrong("no report: %v", err)
		}
		return
	}
	var report struct {
		Result string `json:"result"`
	}
	if err := json.Unmarshal(data, &report); err != nil {
		wrong("half a report: %v", err)
	}
	i.Result = report.Result
	judged := i.Result == "pass" || i.Result == "fail"
	if complete := i.Exit <= 1 || judged && strings.Contains(r.out.String(), strings.ToUpper(i.Result)); gently && i.Result != "interrupted" && !complete {
		wrong("the report's result is %q: want interrupted", i.Result)
	}
}

// Write writes one row, and below it what is wrong.
func (i Interruption) Write(w io.Writer) {
	word := "ok"
	if len(i.Wrong) > 0 {
		word = "WRONG"
	}
	how := fmt.Sprintf("exit %d after %4d ms, report %s", i.Exit, i.Took.Milliseconds(), i.Result)
	if i.Early {
		how = fmt.Sprintf("exit %d before the signal", i.Exit)
	}
	fmt.Fprintf(w, "%-5s %-60s %s, leftovers %s, secret %s\n", word, i, how, count(i.Leftovers), count(i.Secret))
	for _, wrong := range i.Wrong {
		fmt.Fprintf(w, "      %s\n", wrong)
	}
}
