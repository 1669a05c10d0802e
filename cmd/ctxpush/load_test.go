package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/load"
)

// loadArgs is a load that is over soon.
func loadArgs(more ...string) []string {
	if !slices.Contains(more, "--url") {
		more = append(more, "--built-in")
	}
	return append([]string{"load", "--seed", "7", "--salt", "x", "--epoch", "2026-11-23T00:00:00Z", "--messages", "200", "--settle", "10ms", "--time-scale", "100000",
		"--connections", "4", "--report-dir", ""}, more...)
}

func readLoadReport(t *testing.T, text string) load.Report {
	t.Helper()
	r, err := load.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "report")
	out, stderr := ctxpush(t, exitOK, loadArgs("--json", "-", "--report-dir", dir, "--faults", "duplicate=5%,lost-ack=5%,reset=5%",
		"--threshold", "wrong==0", "--threshold", "dropped==0", "--metrics", "127.0.0.1:0")...)
	r := readLoadReport(t, out)
	if r.Result != load.Pass || r.Verify.Messages != 200 || len(r.Thresholds) != 2 || r.Tool.Seed != 7 {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{"PASSED", "seed 7, salt x, epoch 2026-11-23T00:00:00Z", "metrics at http://127.0.0.1:", "--faults duplicate=5%,lost-ack=5%,reset=5%"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is not in\n%s", want, stderr)
		}
	}
	stored, err := os.ReadFile(filepath.Join(dir, "load.json"))
	if err != nil || string(stored) != out {
		t.Errorf("load.json is not what stdout has: %v", err)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "report.html")); err != nil || !strings.Contains(string(page), "passed") {
		t.Errorf("report.html: %v", err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestLoadQuiet(t *testing.T) {
	out, stderr := ctxpush(t, exitOK, loadArgs("--quiet", "--verify", "none")...)
	if stderr != "" || !strings.HasPrefix(out, "PASSED") || !strings.Contains(out, "not read: --verify none") {
		t.Errorf("%s%s", out, stderr)
	}
}

func TestLoadThatBreaksAThreshold(t *testing.T) {
	out, _ := ctxpush(t, exitFellShort, loadArgs("--threshold", "max<1µs")...)
	if !strings.HasPrefix(out, "FAILED") || !strings.Contains(out, "max<1µs is not kept") {
		t.Error(out)
	}
}

func TestLoadMerge(t *testing.T) {
	dir := t.TempDir()
	a, b, sum := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json"), filepath.Join(dir, "sum.json")
	ctxpush(t, exitOK, loadArgs("--shard", "1/2", "--json", a)...)
	ctxpush(t, exitOK, loadArgs("--shard", "2/2", "--json", b)...)
	out, _ := ctxpush(t, exitOK, "load", "merge", a, b, "--threshold", "missing==0", "--json", sum)
	if !strings.HasPrefix(out, "PASSED  2 shards of a load on built-in, seed 7") {
		t.Error(out)
	}
	stored, err := os.ReadFile(sum)
	if err != nil {
		t.Fatal(err)
	}
	if r := readLoadReport(t, string(stored)); r.Verify.Messages != 200 || len(r.Merged) != 2 {
		t.Errorf("%+v", r)
	}
	ctxpush(t, exitFellShort, "load", "merge", a, b, "--threshold", "requests_per_s>1000000")
	if _, stderr := ctxpush(t, exitMistake, "load", "merge", a, a); stderr != "ctxpush: "+a+": shard 1/2 is in "+a+" too: want each shard once\n" {
		t.Error(stderr)
	}
}

func TestLoadCantReachTheReceiver(t *testing.T) {
	out, _ := ctxpush(t, exitSurroundings, loadArgs("--url", "http://127.0.0.1:1", "--secret", "s3cret", "--probe-bulk", "/states")...)
	if !strings.HasPrefix(out, "NOT JUDGED") {
		t.Error(out)
	}
}

func TestMistakesOfLoad(t *testing.T) {
	other := filepath.Dir(write(t, "report.json", "{}"))
	for _, c := range []struct{ args, want string }{
		{"load a b", `"b" is one argument too many: want ctxpush load [receiver.yaml] [flags]`},
		{"load a.yaml --config b.yaml", `a.yaml beside --config b.yaml: want one file`},
		{"load gone.yaml", `gone.yaml: can't be read: no such file or folder`},
		{"load --built-in --faults lost-akc=1%", `--faults: fault "lost-akc" is not known; did you mean "lost-ack"?`},
		{"load --built-in --faults drop=101%", `--faults: fault drop=101%: want a percentage from 0% to 100%, such as 5%`},
		{"load --built-in --shard 5/4", `--shard "5/4": want I/N with I from 1 to N, such as 1/4`},
		{"load --built-in --verify most", `--verify "most": want all, sample=N or none`},
		{"load --built-in --threshold p99<1", `--threshold "p99<1": value "1": want a duration with a unit, such as 250ms, 1.5s or 800µs`},
		{"load --built-in --threshold wrong==0 --verify none", `threshold wrong==0 needs the final states: want --verify all or sample=N`},
		{"load --built-in --find-max fast", `--find-max "fast": want a metric, an operator and a value, such as p99<250ms`},
		{"load --built-in --mix opened=5%", `--mix: `},
		{"load --built-in --batch 0", `--batch: `},
		{"load --built-in --rate fast", `--rate: `},
		{"load --built-in --duration 0s", `--duration 0s: want a time above 0, such as 30s`},
		{"load --built-in --duration -1s", `--duration -1s: want a time above 0, such as 30s`},
		{"load --built-in --connections 0", `--connections 0: want 1 or more`},
		{"load --built-in --find-max-level 0s", `--find-max-level 0s: want a time above 0, such as 10s`},
		{"load --built-in --rate 0/s", `--rate: `},
		{"load --built-in --ramp up", `--ramp: `},
		{"load --built-in --report-dir " + other, `report directory "` + other + `": it holds the report.json of another run: want a directory for loads alone`},
		{"load --built-in --json " + other + "/gone/a.json", `--json ` + other + `/gone/a.json: there is no directory ` + other + `/gone`},
		{"load --built-in --json " + other, `--json ` + other + `: it is a directory, want a file`},
		{"load --fokus x", `unknown flag: --fokus (ctxpush load --help lists the flags)`},
		{"load merge", `an argument is missing: want ctxpush load merge FILE... [flags]`},
		{"load merge gone.json", `gone.json: can't be read: no such file or folder`},
		{"load merge " + other + "/report.json", other + `/report.json: schema is missing: want "ctxpush.load/v1", as load --json writes it`},
	} {
		args := strings.Fields(c.args)
		if !strings.Contains(c.args, "--report-dir") && args[1] != "merge" {
			args = append(args, "--report-dir", filepath.Join(t.TempDir(), "report"))
		}
		out, stderr := ctxpush(t, exitMistake, args...)
		if !strings.HasPrefix(stderr, "ctxpush: "+c.want) || strings.Count(stderr, "\n") != 1 || out != "" {
			t.Errorf("ctxpush %s\n got %s%swant %s", c.args, out, stderr, c.want)
		}
	}
}
