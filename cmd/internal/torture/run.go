package torture

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ctxpush/ctxpush/fixtures/hostile"
)

// Bounds of one run of the program.
const (
	MaxMemory = 256 << 20        // bytes of resident memory
	maxTime   = 90 * time.Second // a scenario of 7 deliveries, each with 11 attempts in vain, takes 40
	maxOutput = 4 << 20          // bytes of one stream
	maxReport = 32 << 20         // bytes of all files of a report
)

// markVariable marks all processes of a run.
const markVariable = "CTXPUSH_TORTURE"

// Row is what came of a case.
type Row struct {
	Case
	Want      []int // exit codes, one of which is right
	Exit      int   // -1: killed, as it did not end
	Says      string
	Took      time.Duration
	Memory    int64 // peak of resident memory in bytes
	Leftovers []string
	Secret    []string // where it was seen
	Wrong     []string // all that is not as it should be
}

// Program is how the program and the receivers that are processes are started.
type Program struct {
	// Path is the program under test.
	Path string
	// Receiver is the command line that runs hostile.Main, but for the name of
	// the behaviour.
	Receiver []string

	image string // of the program as a receiver; empty: there is none
}

// Run plays one case.
func (p Program) Run(ctx context.Context, c Case) (Row, error) {
	row := Row{Case: c, Want: wanted(c)}
	dir, err := os.MkdirTemp("", "ctxpush-torture-")
	if err != nil {
		return row, err
	}
	defer os.RemoveAll(dir)
	args, server, err := p.args(c, dir)
	if err != nil {
		return row, err
	}
	if server != nil {
		defer server.Close()
	}
	r, err := p.start(ctx, dir, args...)
	if err != nil {
		return row, err
	}
	r.wait()
	row.Exit, row.Took, row.Memory, row.Says = r.exit, r.took, r.memory, r.says()
	row.Leftovers = r.leftovers()
	var size int64
	if row.Secret, size, err = r.revealed(); err != nil {
		return row, err
	}
	row.judge(r)
	if size > maxReport {
		row.Wrong = append(row.Wrong, fmt.Sprintf("a report of %d MiB: want at most %d", size>>20, maxReport>>20))
	}
	if server != nil {
		if heard := server.Followed(); heard != "" {
			row.Wrong = append(row.Wrong, fmt.Sprintf("another host was told %q", heard))
		}
		if n := server.Cookies(); n > 0 {
			row.Wrong = append(row.Wrong, fmt.Sprintf("%d requests carried a cookie", n))
		}
	}
	return row, ctx.Err()
}

// judge tells what is wrong with a run.
func (row *Row) judge(r *run) {
	wrong := func(format string, args ...any) { row.Wrong = append(row.Wrong, fmt.Sprintf(format, args...)) }
	if !slices.Contains(row.Want, row.Exit) {
		wrong("exit code %d: want %s", row.Exit, codes(row.Want))
	}
	if row.Memory > MaxMemory {
		wrong("%d MiB of memory: want at most %d", row.Memory>>20, MaxMemory>>20)
	}
	for _, left := range row.Leftovers {
		wrong("left behind: %s", left)
	}
	for _, where := range row.Secret {
		wrong("the secret is in %s", where)
	}
	if text := r.err.String(); strings.Contains(text, "panic:") || strings.Contains(text, "SIGQUIT") {
		wrong("it hung or panicked: %s", own(text))
	}
	if bytes.ContainsRune(r.out.Bytes(), '\x1b') || bytes.ContainsRune(r.err.Bytes(), '\x1b') {
		wrong("an escape sequence reached the terminal")
	}
}

// own are the lines of a dump of goroutines that are about this module.
func own(dump string) string {
	const most = 30
	var lines []string
	for line := range strings.Lines(dump) {
		if strings.Contains(line, "ctxpush.") || strings.Contains(line, "panic:") || strings.Contains(line, "ctxpush/") && len(lines) < most {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines[:min(most, len(lines))], "\n      ")
}

// args are the program's arguments for a case, and the receiver where it is no
// process of the program's.
func (p Program) args(c Case, dir string) ([]string, *hostile.Server, error) {
	args := append(strings.Fields(string(c.Command)), common...)
	args = append(args, "--timeout", patience(c).String())
	var server *hostile.Server
	checks := []string{"request/acknowledged", "batch/mixed", "copies/at-once"}
	switch c.Behaviour.(type) {
	case hostile.Running:
		checks = append(checks, "restart/kill")
		command := append(p.Receiver[:len(p.Receiver):len(p.Receiver)], c.Behaviour.Name())
		args = append(args, "--command", shellJoin(command), "--ready", "/healthz", "--ready-timeout", "5s",
			"--env", hostile.PortVariable+"=${PORT}", "--env", hostile.SecretVariable+"=${SECRET}",
			"--env", hostile.StoreVariable+"="+filepath.Join(dir, "states.db"))
	default:
		var err error
		if server, err = hostile.Start(c.Behaviour, c.Side, Secret); err != nil {
			return nil, nil, err
		}
		args = append(args, "--url", server.URL())
	}
	switch c.Command {
	case Certify:
		args = append(args, "--probe-bulk", "/states", "--shrink", "1s", "--report-dir", filepath.Join(dir, "report"))
		for _, check := range checks {
			args = append(args, "--focus", check)
		}
	case Load:
		args = append(args, "--probe-bulk", "/states", "--messages", "100", "--duration", "300ms", "--batch", "20", "--connections", "16",
			"--threshold", "dropped==0", "--faults", "duplicate=5%,lost-ack=2%", "--report-dir", filepath.Join(dir, "report"), "--json", filepath.Join(dir, "report", "out.json"))
	default:
		args = append(args, checks...)
	}
	return args, server, nil
}

// common are the flags that make a run short.
var common = []string{"--seed", "7", "--settle", "50ms", "--time-scale", "1e6"}

func shellJoin(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

// run is the program on its way.
type run struct {
	cmd      *exec.Cmd
	dir      string // all that it may write to
	mark     string
	out, err capture
	began    time.Time
	cancel   context.CancelFunc

	exit   int
	took   time.Duration
	memory int64
}

// start starts the program in a folder of its own.
func (p Program) start(ctx context.Context, dir string, args ...string) (*run, error) {
	r, err := p.prepare(ctx, maxTime, dir, args...)
	if err != nil {
		return nil, err
	}
	return r, r.begin()
}

// prepare is start but for the start; the program may take so long.
func (p Program) prepare(ctx context.Context, limit time.Duration, dir string, args ...string) (*run, error) {
	for _, sub := range []string{"tmp", "home"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	r := &run{dir: dir, mark: markVariable + "=" + rand.Text(), cancel: cancel}
	r.cmd = exec.CommandContext(ctx, p.Path, args...)
	r.cmd.Dir = dir
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
	r.cmd.WaitDelay = time.Second // for output of what it left behind
	// A Go program says then where it hangs.
	r.cmd.Cancel = func() error { return r.cmd.Process.Signal(syscall.SIGQUIT) }
	r.cmd.Env = append(os.Environ(), r.mark, "CTXPUSH_SECRET="+Secret, "TMPDIR="+filepath.Join(dir, "tmp"), "HOME="+filepath.Join(dir, "home"), "GITHUB_STEP_SUMMARY=")
	return r, nil
}

// begin starts what was prepared.
func (r *run) begin() error {
	r.began = time.Now()
	err := r.cmd.Start()
	if err != nil {
		r.cancel()
	}
	return err
}

// wait waits for the program's end.
func (r *run) wait() {
	defer r.cancel()
	var err error
	r.memory, err = waitMeasured(r.cmd)
	r.took = time.Since(r.began)
	r.exit = r.cmd.ProcessState.ExitCode()
	if errors.Is(err, exec.ErrWaitDelay) {
		fmt.Fprintln(&r.err, "its output was held open by another process")
	}
}

// says is the line that tells how it ended: the verdict, or the error.
func (r *run) says() string {
	texts := []string{r.out.String(), r.err.String()}
	if r.exit != 0 && r.exit != 1 {
		slices.Reverse(texts)
	}
	for _, text := range texts {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		if last := lines[len(lines)-1]; last != "" {
			return last
		}
	}
	return ""
}

// leftovers are processes and files that the run should have removed.
func (r *run) leftovers() []string {
	left := lingering(r.mark)
	for _, sub := range []string{"tmp", "home", "report"} {
		_ = filepath.WalkDir(filepath.Join(r.dir, sub), func(name string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && (sub != "report" || strings.HasSuffix(name, ".tmp")) {
				left = append(left, "file "+entry.Name())
			}
			return nil
		})
		if entries, err := os.ReadDir(filepath.Join(r.dir, sub)); err == nil && sub == "tmp" && len(entries) > 0 {
			left = append(left, "folder "+entries[0].Name())
		}
	}
	return left
}

// revealed is where the secret can be seen after the run, and how many bytes the
// report has.
func (r *run) revealed() (found []string, size int64, err error) {
	found, size, err = revealing(filepath.Join(r.dir, "report"))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	for name, text := range map[string][]byte{"stdout": r.out.Bytes(), "stderr": r.err.Bytes()} {
		if how := Reveals(text); how != nil {
			found = append(found, fmt.Sprintf("%s (%s)", name, strings.Join(how, ", ")))
		}
	}
	slices.Sort(found)
	return found, size, err
}

// capture keeps the beginning of a stream.
type capture struct{ bytes.Buffer }

func (c *capture) Write(b []byte) (int, error) {
	if room := maxOutput - c.Len(); room > 0 {
		_, _ = c.Buffer.Write(b[:min(len(b), room)]) // a buffer takes all
	}
	return len(b), nil
}
