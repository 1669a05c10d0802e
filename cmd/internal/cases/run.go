// Package cases certifies receivers as people write them (fixtures/cases) with
// the program, as its users do, and compares what it says with what is right.
package cases

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/cases"
	"github.com/ctxpush/ctxpush/fixtures/designs"
)

// limit bounds one certification: its own time limit and what surrounds it.
const limit = 25 * time.Minute

// Options are how the cases are played.
type Options struct {
	Program  string // ctxpush
	Root     string // the project's folder
	Dir      string // where each case's files are left
	Only     []string
	Parallel int
}

// Row is what a certification said of a case.
type Row struct {
	Case    cases.Case
	Missing string // what the machine lacks; the case was not played then
	Exit    int
	Took    time.Duration
	Lines   int
	Failed  []string // required checks
	Causes  []string // required ones
	Wrong   []string // what is not right
	// Vague says that more causes are told than it has. That fails nothing: a busy
	// machine leaves little time to find the one.
	Vague string
}

// Run plays the cases, and tells each as it ends.
func Run(ctx context.Context, o Options, each func(Row)) error {
	servers := &designs.Servers{}
	golang := filepath.Join(o.Dir, "golang")
	build := exec.CommandContext(ctx, "go", "build", "-o", golang, "./fixtures/cases/golang")
	build.Dir, build.Env = o.Root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./fixtures/cases/golang: %w: %s", err, out)
	}
	rows := make(chan Row)
	var all errgroup.Group
	all.SetLimit(max(1, o.Parallel))
	go func() {
		defer close(rows)
		// The longest first, so that none runs alone at the end.
		byTime := cases.List()
		slices.SortStableFunc(byTime, func(a, b cases.Case) int { return cmp.Compare(b.Seconds, a.Seconds) })
		for _, c := range byTime {
			if len(o.Only) > 0 && !slices.Contains(o.Only, c.Name) {
				continue
			}
			all.Go(func() error {
				row, err := o.play(ctx, c, servers, golang)
				if err == nil {
					rows <- row
				}
				return err
			})
		}
		all.Wait()
	}()
	for row := range rows {
		each(row)
	}
	return errors.Join(all.Wait(), servers.Close())
}

// play certifies one case.
func (o Options) play(ctx context.Context, c cases.Case, servers *designs.Servers, golang string) (Row, error) {
	row := Row{Case: c}
	program := cases.Programs[c.Program]
	if row.Missing = missing(ctx, program.Needs); row.Missing != "" {
		return row, nil
	}
	dir := filepath.Join(o.Dir, c.Name)
	if err := os.MkdirAll(filepath.Join(dir, "image"), 0o755); err != nil {
		return row, err
	}
	dsn := ""
	if program.Postgres {
		var err error
		dsn, err = servers.Postgres(ctx, dir)
		if lacks := (*designs.MissingError)(nil); errors.As(err, &lacks) {
			row.Missing = lacks.Program
			return row, nil
		} else if err != nil {
			return row, err
		}
	}
	if err := writeImage(filepath.Join(dir, "image"), golang); err != nil {
		return row, err
	}
	config := filepath.Join(dir, "receiver.yaml")
	text := strings.NewReplacer("ROOT", o.Root, "DIR", dir, "DSN", dsn, "GO", golang).Replace(describe(c, program))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return row, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return o.certify(ctx, row, dir, config)
}

// describe is a case's receiver.yaml.
func describe(c cases.Case, p cases.Program) string {
	var env strings.Builder
	for name, value := range c.Env {
		fmt.Fprintf(&env, "%s: %q, ", name, value)
	}
	return "name: " + c.Name + "\nidentity: device\nprobe: {http: {path: /state, bulk: /states}}\n" + fmt.Sprintf(p.Receiver, env.String()) + c.Config
}

// writeImage writes what the container's image is built of.
func writeImage(dir, golang string) error {
	program, err := os.ReadFile(golang)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "receiver"), program, 0o755)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY receiver /receiver\nENTRYPOINT [\"/receiver\"]\n"), 0o644)
}

// missing is the first of what is needed that is not there; empty where all is.
func missing(ctx context.Context, needs []string) string {
	for _, need := range needs {
		name, module, _ := strings.Cut(need, ":")
		if _, err := exec.LookPath(name); err != nil {
			return name
		}
		if module != "" && exec.CommandContext(ctx, name, "-c", "import "+module).Run() != nil {
			return "Python's " + module
		}
	}
	return ""
}

// patience is what certify is given at most: verdicts are asserted, and not how busy
// the machine is. Where it need not be judged, the program's own limit holds.
const patience = "20m"

func (o Options) certify(ctx context.Context, row Row, dir, config string) (Row, error) {
	var stdout, stderr bytes.Buffer
	args := []string{"certify", "--report-dir", filepath.Join(dir, "report"), config}
	if !row.Case.MayStayOpen() {
		args = append(args, "--time-limit", patience)
	}
	cmd := exec.CommandContext(ctx, o.Program, args...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &stdout, &stderr, time.Second
	begin := time.Now()
	err := cmd.Run()
	row.Took, row.Exit, row.Lines = time.Since(begin), cmd.ProcessState.ExitCode(), bytes.Count(stdout.Bytes(), []byte("\n"))
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return row, err
	}
	for name, text := range map[string][]byte{"stdout": stdout.Bytes(), "stderr": stderr.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return row, err
		}
	}
	var r report.Report
	text, err := os.ReadFile(filepath.Join(dir, "report", "report.json"))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		row.Wrong = append(row.Wrong, err.Error())
		return row, nil
	}
	row.judge(r)
	return row, nil
}

// judge compares a report with what is right.
func (row *Row) judge(r report.Report) {
	c := row.Case
	wrong := func(format string, args ...any) { row.Wrong = append(row.Wrong, fmt.Sprintf(format, args...)) }
	var unjudged []string
	found := false
	for _, check := range r.Checks {
		if check.Level != event.Required {
			continue
		}
		switch check.Result {
		case event.Fail:
			row.Failed = append(row.Failed, check.ID)
			found = found || slices.ContainsFunc(c.Checks, func(pattern string) bool { ok, _ := path.Match(pattern, check.ID); return ok })
		case event.Errored:
			unjudged = append(unjudged, check.ID)
		}
	}
	for _, cause := range r.Causes {
		if cause.Level == event.Required {
			row.Causes = append(row.Causes, cause.Text)
		}
	}
	if !slices.Contains(c.Exits, row.Exit) {
		wrong("exit code %d", row.Exit)
	}
	if row.Lines > MostLines(c) {
		wrong("%d lines", row.Lines)
	}
	switch {
	case len(c.Checks) == 0 && len(row.Failed) > 0:
		wrong("accused by %s", cmp.Or(strings.Join(row.Failed, ", "), "nothing"))
	case len(c.Checks) > 0 && !found:
		wrong("not found by any of %s", strings.Join(c.Checks, ", "))
	}
	if len(row.Causes) > c.Causes {
		row.Vague = fmt.Sprintf("%d causes", len(row.Causes))
	}
	if len(c.Checks) > 0 && len(row.Failed) > 0 && len(row.Causes) == 0 {
		wrong("no cause")
	}
	if row.Exit == 1 && len(unjudged) > 0 {
		wrong("not judged: %s", strings.Join(unjudged, ", "))
	}
}

// MostLines is how many lines a case's certification may write to stdout.
func MostLines(c cases.Case) int {
	if c.MayStayOpen() { // what was not judged is told, too
		return cases.MostLines * 3 / 2
	}
	return cases.MostLines
}

// Named is the causes in one piece of a line.
func Named(causes []string) string {
	if len(causes) == 0 {
		return "no cause"
	}
	return fmt.Sprintf("%d causes: %q", len(causes), causes[0])
}
