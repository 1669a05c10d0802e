package bench

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/ctxpush/ctxpush/fixtures/traffic"
	"github.com/ctxpush/ctxpush/mocksender/load"
)

// vegetaModule is what go install makes vegeta of.
const vegetaModule = "github.com/tsenart/vegeta/v12@v12.13.0"

// job is what a tool is to do.
type job struct {
	Options
	url string
	dir string // for files, with the fixed body in body.json
}

// newJob makes the fixed body: of the first batches of the traffic that ctxpush
// sends, the one whose size is nearest to their mean, so that all tools send as
// many bytes a request.
func newJob(dir string, o Options) (job, error) {
	t, err := traffic.New(traffic.Options{Seed: 1})
	if err != nil {
		return job{}, err
	}
	m := t.Maker()
	ids := make([]load.BatchID, 1000)
	var body, fixed []byte
	total := 0
	for n := range ids {
		ids[n], _ = m.Next()
		body, _ = m.Append(body[:0], ids[n])
		total += len(body)
	}
	// Made again rather than kept: a tool that is started from here has at first
	// what this process has in memory, which would count as the tool's.
	mean := float64(total) / float64(len(ids))
	for _, id := range ids {
		body, _ = m.Append(body[:0], id)
		if fixed == nil || math.Abs(float64(len(body))-mean) < math.Abs(float64(len(fixed))-mean) {
			fixed = append(fixed[:0], body...)
		}
	}
	j := job{Options: o, dir: dir}
	return j, j.write("body.json", string(fixed))
}

func (j job) path(name string) string { return filepath.Join(j.dir, name) }

func (j job) write(name, text string) error {
	return os.WriteFile(j.path(name), []byte(text), 0o600)
}

// tool is a load tool.
type tool struct {
	name, what string
	// find is where the program is; nil for what this program does itself.
	find func(context.Context, job) (string, error)
	run  func(ctx context.Context, j job, path string) (usage, error)
	path string
}

// tools are all of them; the first is what the others are compared with.
var tools = []tool{
	{name: "wrk", what: "one fixed body", find: onPath, run: runWrk},
	{name: "ctxpush", what: "unique bodies, tracked", run: runLoad()},
	{name: "ctxpush-faults", what: faultsInWords, run: runLoad("-faults")},
	{name: "vegeta", what: "one fixed body", find: findVegeta, run: runVegeta},
	{name: "k6", what: "one fixed body", find: findK6, run: runK6(k6Fixed)},
	{name: "k6-made", what: "makes its bodies", find: findK6, run: runK6(k6Made)},
}

func Tools() (all []string) {
	for _, t := range tools {
		all = append(all, t.name)
	}
	return all
}

func onPath(context.Context, job) (string, error) {
	path, err := exec.LookPath("wrk")
	if err != nil {
		return "", fmt.Errorf("it is not on PATH (apt-get install wrk)")
	}
	return path, nil
}

func findVegeta(ctx context.Context, j job) (string, error) {
	if path, err := exec.LookPath("vegeta"); err == nil {
		return path, nil
	}
	cmd := exec.CommandContext(ctx, "go", "install", vegetaModule)
	cmd.Dir = j.dir
	cmd.Env = append(os.Environ(), "GOBIN="+j.dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install %s: %w: %s", vegetaModule, err, out)
	}
	return j.path("vegeta"), nil
}

func findK6(context.Context, job) (string, error) {
	path, err := exec.LookPath("k6")
	if err != nil {
		return "", fmt.Errorf("it is not on PATH, and is not installed from here: its licence is the AGPL")
	}
	return path, nil
}

// runLoad runs ctxpush's load in a process of its own.
func runLoad(args ...string) func(context.Context, job, string) (usage, error) {
	return func(ctx context.Context, j job, _ string) (usage, error) {
		self, err := os.Executable()
		if err != nil {
			return usage{}, err
		}
		return execute(exec.CommandContext(ctx, self, append([]string{loadMode, "-url", j.url, "-profile", j.Profile,
			"-duration", seconds(j.Seconds).String(), "-connections", strconv.Itoa(j.Connections)}, args...)...))
	}
}

func runWrk(ctx context.Context, j job, path string) (usage, error) {
	script := fmt.Sprintf(`local file = io.open(%q, "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-ctx-secret"] = %q
file:close()
`, j.path("body.json"), secret)
	if err := j.write("wrk.lua", script); err != nil {
		return usage{}, err
	}
	threads := min(runtime.NumCPU(), j.Connections)
	return execute(exec.CommandContext(ctx, path, "-t", strconv.Itoa(threads), "-c", strconv.Itoa(j.Connections),
		"-d", seconds(j.Seconds).String(), "-s", j.path("wrk.lua"), j.url))
}

func runVegeta(ctx context.Context, j job, path string) (usage, error) {
	target := fmt.Sprintf("POST %s\nContent-Type: application/json\nX-ctx-secret: %s\n@%s\n", j.url, secret, j.path("body.json"))
	if err := j.write("vegeta.txt", target); err != nil {
		return usage{}, err
	}
	n := strconv.Itoa(j.Connections)
	return execute(exec.CommandContext(ctx, path, "attack", "-targets", j.path("vegeta.txt"), "-rate", "0", "-max-workers", n, "-workers", n,
		"-connections", n, "-duration", seconds(j.Seconds).String(), "-output", os.DevNull))
}

// execute runs a program whose output is only shown if it fails.
func execute(cmd *exec.Cmd) (usage, error) {
	cmd.WaitDelay = seconds(5)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return usage{}, fmt.Errorf("%w: %s", err, out)
	}
	return usageOf(cmd.ProcessState), nil
}
