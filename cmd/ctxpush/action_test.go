package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// asProgram makes this binary ctxpush itself, for scripts that call it.
const asProgram = "CTXPUSH_TEST_AS_PROGRAM"

func init() {
	if os.Getenv(asProgram) != "" {
		os.Exit(run())
	}
}

const actionDir = "../../.github/actions/certify"

// step is a run of the action's script as GitHub runs it.
type step struct {
	code    int
	said    string
	outputs map[string]string
	dir     string // where it ran
}

// act runs the script with the inputs that a workflow gives; the others are
// empty or have their defaults.
func act(t *testing.T, dir string, inputs map[string]string) step {
	t.Helper()
	script, err := filepath.Abs(filepath.Join(actionDir, "certify"))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", action(t).Runs.Steps[0].Run)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asProgram+"=1", "CTXPUSH_SECRET="+exampleSecret, "GITHUB_ACTIONS=true", "RUNNER_TEMP="+files, "GITHUB_ACTION_PATH="+filepath.Dir(script))
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"} {
		file := filepath.Join(files, name)
		rewrite(t, file, "")
		cmd.Env = append(cmd.Env, name+"="+file)
	}
	for name, in := range action(t).Inputs {
		value, given := inputs[name]
		if !given {
			value = in.Default
		}
		if name == "binary" && !given {
			value = self
		}
		cmd.Env = append(cmd.Env, "INPUT_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
	}
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	s := step{code: cmd.ProcessState.ExitCode(), said: string(said), outputs: map[string]string{}, dir: dir}
	for _, name := range []string{"GITHUB_ENV", "GITHUB_PATH"} {
		if text, _ := os.ReadFile(filepath.Join(files, name)); len(text) > 0 {
			t.Errorf("%s has %q", name, text)
		}
	}
	text, err := os.ReadFile(filepath.Join(files, "GITHUB_OUTPUT"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if _, known := action(t).Outputs[name]; !ok || !known || s.outputs[name] != "" {
			t.Errorf("GITHUB_OUTPUT has the line %q", line)
		}
		s.outputs[name] = value
	}
	return s
}

// actionFile is action.yml, as far as it matters here.
type actionFile struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

func action(t *testing.T) actionFile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(actionDir, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a actionFile
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// The action's file and its script name the same inputs and outputs, and inputs
// reach the script by the environment alone.
func TestActionFile(t *testing.T) {
	a := action(t)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) != 1 {
		t.Fatalf("runs is %+v", a.Runs)
	}
	s := a.Runs.Steps[0]
	script, err := os.ReadFile(filepath.Join(actionDir, "certify"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.Run, "${{") || strings.Contains(string(script), "${{") {
		t.Error("an expression stands in a script: its value could be a command")
	}
	env := map[string]string{}
	for name, in := range a.Inputs {
		variable := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		env["INPUT_"+variable] = "${{ inputs." + name + " }}"
		if !regexp.MustCompile(`\b` + variable + `\b`).Match(script) {
			t.Errorf("the script does not read %s", name)
		}
		if in.Description == "" {
			t.Errorf("%s has no description", name)
		}
	}
	if !maps.Equal(env, s.Env) {
		t.Errorf("env is %v: want %v", s.Env, env)
	}
	for name, out := range a.Outputs {
		if out.Value != "${{ steps."+s.ID+".outputs."+name+" }}" || !bytes.Contains(script, []byte(name)) {
			t.Errorf("output %s is %+v", name, out)
		}
	}
}

func actionReceiver(t *testing.T, opts reference.Options) string {
	t.Helper()
	opts.Secret = exampleSecret
	server, err := reference.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Kill() })
	return server.URL()
}

// outputsOf are the outputs that the stored report makes.
func outputsOf(t *testing.T, s step, dir string) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(s.dir, dir, "report.json"))
	if err != nil {
		t.Fatalf("%v\n%s", err, s.said)
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	n := func(n int) string { return fmt.Sprint(n) }
	known, fresh := 0, 0
	verdict := fmt.Sprintf("%s: %d passed, %d failed, %d recommended failed", strings.ToUpper(string(r.Result)), r.Summary.Passed, r.Summary.FailedRequired(), r.Summary.FailedRecommended)
	if r.Baseline != nil {
		known, fresh = r.Baseline.Known, len(r.Baseline.New)
	}
	if r.Accepted() != "" {
		verdict = "PASS: " + r.Accepted()
	}
	return map[string]string{"result": string(r.Result), "report": dir, "passed": n(r.Summary.Passed), "failed": n(r.Summary.Failed), "waived": n(r.Summary.Waived), "skipped": n(r.Summary.Skipped),
		"failed-required": n(r.Summary.FailedRequired()), "failed-recommended": n(r.Summary.FailedRecommended), "known": n(known), "new": n(fresh), "verdict": verdict}
}

func TestActionPasses(t *testing.T) {
	url := actionReceiver(t, reference.Options{})
	s := act(t, t.TempDir(), map[string]string{"url": url, "focus": "order/reversed\n restart/kill,copies/entry\n", "report-dir": "my report", "level": "required", "args": "--settle=50ms\n--probe-bulk=/states"})
	if s.code != exitOK || s.outputs["skipped"] != "1" || s.outputs["passed"] != "2" || !maps.Equal(s.outputs, outputsOf(t, s, "my report")) {
		t.Errorf("exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
	}
	s = act(t, t.TempDir(), map[string]string{"url": url, "focus": "order/reversed, restart/kill", "args": "--settle=50ms", "fail-on-skip": "true"})
	if s.code != exitFellShort || s.outputs["skipped"] != "1" {
		t.Errorf("fail-on-skip: exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
	}
}

func TestActionFails(t *testing.T) {
	opts, err := mutants.New("last-arrival-wins", reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rewrite(t, filepath.Join(dir, "receiver.yaml"), "receiver: {url: \""+actionReceiver(t, opts)+"\"}\nsecret: {env: CTXPUSH_SECRET}\nsettle: 50ms\n")
	s := act(t, dir, map[string]string{"config": "receiver.yaml", "focus": "order/reversed"})
	if s.code != exitFellShort || s.outputs["failed"] != "1" || !maps.Equal(s.outputs, outputsOf(t, s, "ctxpush-report")) {
		t.Errorf("exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
	}
	if strings.Contains(s.said, exampleSecret) {
		t.Errorf("the secret shows:\n%s", s.said)
	}
	// The same folder: the report above is not that of a run that never began.
	s = act(t, dir, map[string]string{"config": "receiver.yaml", "level": "hard"})
	if s.code != exitMistake || s.outputs["result"] != "error" || s.outputs["failed"] != "0" {
		t.Errorf("exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
	}
}

// What a baseline has fails the job no more, and what it does not have does.
func TestActionWithABaseline(t *testing.T) {
	opts, err := mutants.New("last-arrival-wins", reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string]string{"url": actionReceiver(t, opts), "focus": "order/reversed", "args": "--settle=50ms", "report-dir": "before"}
	dir := t.TempDir()
	act(t, dir, inputs)
	inputs["baseline"], inputs["report-dir"] = "before/report.json", "after"
	if s := act(t, dir, inputs); s.code != exitFellShort {
		t.Errorf("a baseline alone: exit code %d\n%s", s.code, s.said)
	}
	inputs["only-new"] = "true"
	if s := act(t, dir, inputs); s.code != exitOK || s.outputs["result"] != "fail" || s.outputs["verdict"] != "PASS: nothing new, 1 known" || !strings.Contains(s.said, "\n::notice title=ctxpush::PASS: nothing new, 1 known\n") || !maps.Equal(s.outputs, outputsOf(t, s, "after")) {
		t.Errorf("known before: exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
	}
	inputs["focus"] = "order/reversed,order/delivered-after-opened"
	if s := act(t, dir, inputs); s.code != exitFellShort || s.outputs["new"] == "0" || !maps.Equal(s.outputs, outputsOf(t, s, "after")) {
		t.Errorf("one is new: exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
	}
	inputs["baseline"] = "none.json"
	if s := act(t, dir, inputs); s.code != exitMistake || s.outputs["result"] != "error" {
		t.Errorf("no baseline: exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
	}
}

// Whatever the inputs, none is run, none sets a variable of the job or an
// output, and all are mistakes.
func TestActionHostileInputs(t *testing.T) {
	const evil = "evil-was-here"
	values := []string{
		"$(touch " + evil + ")", "`touch " + evil + "`", "; touch " + evil + " #", `"; touch ` + evil + ` "`, `'; touch ` + evil + ` '`,
		"x\ntouch " + evil, "x\nresult=pass", "x\r\n::set-output name=result::pass", "::error::x", "x\n::add-path::/evil", "--help", "-h", "*", "a[$(touch " + evil + ")]", "../../../evil\x01",
	}
	for i, name := range slices.Sorted(maps.Keys(action(t).Inputs)) {
		for k, value := range values {
			if (i+k)%4 != 0 {
				continue // each input has some of them, each of them some inputs
			}
			if slices.Contains([]string{"focus", "skip"}, name) && value == "*" || name == "args" && slices.Contains([]string{"--help", "-h"}, value) {
				continue // are as good as any
			}
			dir := t.TempDir()
			inputs := map[string]string{"url": "http://127.0.0.1:1", "focus": "order/reversed", name: value}
			if name == "version" {
				inputs["binary"] = ""
			}
			if name == "image" || name == "config" {
				delete(inputs, "url")
			}
			s := act(t, dir, inputs)
			if s.code == exitOK || s.outputs["result"] != "" && s.outputs["result"] != "error" {
				t.Errorf("%s %q: exit code %d, outputs %v\n%s", name, value, s.code, s.outputs, s.said)
			}
			for line := range strings.Lines(s.said) {
				own := strings.HasPrefix(line, "::error title=ctxpush::") || line == "::notice title=ctxpush::ERROR: 0 passed, 0 failed, 0 recommended failed\n" || strings.HasPrefix(line, "::error title=ctxpush%3A error::")
				if strings.HasPrefix(line, "::") && !own {
					t.Errorf("%s %q: GitHub is told %q", name, value, line)
				}
			}
			if found, _ := filepath.Glob(filepath.Join(dir, evil)); found != nil {
				t.Errorf("%s %q was run", name, value)
			}
		}
	}
}

func TestActionScriptIsClean(t *testing.T) {
	program, err := exec.LookPath("shellcheck")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("shellcheck is not installed")
		}
		t.Skip(err)
	}
	if said, err := exec.CommandContext(t.Context(), program, filepath.Join(actionDir, "certify"), filepath.Join(actionDir, "install")).CombinedOutput(); err != nil {
		t.Errorf("%s", said)
	}
}

// The examples for GitHub and GitLab are YAML, and name what there is.
func TestExampleWorkflows(t *testing.T) {
	read := func(name string, v any) string {
		text, err := os.ReadFile(filepath.Join("../../.github/examples", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return string(text)
	}
	var hub struct {
		Jobs map[string]struct {
			Steps []struct {
				ID, Uses string
				With     map[string]any
			}
		}
	}
	text := read("github.yml", &hub)
	found := false
	for _, s := range hub.Jobs["certify"].Steps {
		if !strings.HasPrefix(s.Uses, "ctxpush/ctxpush/") {
			continue
		}
		found = true
		path, _, _ := strings.Cut(strings.TrimPrefix(s.Uses, "ctxpush/ctxpush/"), "@")
		if _, err := os.Stat(filepath.Join("../..", path, "action.yml")); err != nil {
			t.Error(err)
		}
		for name := range s.With {
			if _, ok := action(t).Inputs[name]; !ok {
				t.Errorf("github.yml: %s is no input", name)
			}
		}
	}
	for _, m := range regexp.MustCompile(`steps\.certify\.outputs\.(\w+)`).FindAllStringSubmatch(text, -1) {
		if _, ok := action(t).Outputs[m[1]]; !ok {
			t.Errorf("github.yml: %s is no output", m[1])
		}
	}
	if !found {
		t.Error("github.yml: the action is not used")
	}
	var lab struct {
		Contextpush struct {
			Script    []string
			Artifacts struct {
				Reports struct{ Junit string }
			}
		}
	}
	read("gitlab.yml", &lab)
	if lab.Contextpush.Artifacts.Reports.Junit != "ctxpush-report/junit.xml" || !slices.ContainsFunc(lab.Contextpush.Script, func(s string) bool {
		return strings.HasPrefix(s, "ctxpush certify ") && strings.Contains(s, "--report-dir ctxpush-report")
	}) {
		t.Errorf("gitlab.yml: %+v", lab)
	}
}
