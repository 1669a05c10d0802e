package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const noReceiver = "no receiver is named and there is no ./receiver.yaml: want a file, which ctxpush init writes, " +
	"a flag such as --url, or --built-in for the reference receiver"

// A mistake of the user's is exit code 2 and one line, whatever the command.
func TestMistakes(t *testing.T) {
	broken := write(t, "broken.yaml", "scenario: s\nmessages: {m: {history: [opend]}}\n")
	empty := t.TempDir()
	clash := write(t, "late.yaml", late)
	rewrite(t, filepath.Join(filepath.Dir(clash), "late.yml"), late)

	waits := strings.Replace(late, "deliver:\n", "deliver:\n"+strings.Repeat("  - wait: 1m\n", 11), 1)
	notJSON, foreign, folder := write(t, "report.json", "{"), write(t, "report.json", `{"schema":"ctxpush.load/v1"}`), filepath.Dir(write(t, "report.json", "{}"))

	for _, c := range []struct {
		args string // with @ for the path
		path string
		want string
	}{
		{"certfy", "", `"certfy" is no command; did you mean "certify"?`},
		{"dance", "", `"dance" is no command; ctxpush --help lists them`},
		{"scenario rn", "", `"rn" is no command; did you mean "run"?`},
		{"scenario play", "", `"play" is no command; ctxpush scenario --help lists them`},
		{"scenario run", "", `an argument is missing: want ctxpush scenario run FILE|DIR|ID... [flags]`},
		{"scenario run gone.yaml", "", `gone.yaml: can't be read: no such file or folder`},
		{"scenario run gone", "", `gone: can't be read: no such file or folder`},
		{"scenario run order/revers", "", `"order/revers" is no file, no folder and no built-in scenario; did you mean "order/reversed"?`},
		{"scenario run a/bcdefghijklmno", "", `"a/bcdefghijklmno" is no file, no folder and no built-in scenario; ctxpush scenario list tells the built-in ones`},
		{"scenario run @", broken, `@:2: messages.m.history[0]: "opend" is not known; did you mean "opened"?`},
		{"scenario run @", empty, `@: holds no scenario file: want *.yaml`},
		{"scenario run @", write(t, "waits.yaml", waits), `@: its steps wait for 11m0s in all: want at most 10m0s, or --no-bounds`},
		{"certify --scenarios @", write(t, "waits.yaml", waits), `@: its steps wait for 11m0s in all: want at most 10m0s, or --no-bounds`},
		{"scenario run order/reversed --time-scale 0", "", `--time-scale 0: want 1 (real time) or more`},
		{"scenario run order/reversed --seed 0", "", `invalid argument "0" for "--seed" flag: want a whole number of 1 or more (ctxpush scenario run --help lists the flags)`},
		{"scenario run order/reversed --config gone.yaml", "", `gone.yaml: can't be read: no such file or folder`},
		{"scenario show @", broken, `@:2: messages.m.history[0]: "opend" is not known; did you mean "opened"?`},
		{"scenario show order/reversed --url x", "", `--url: "x": want a URL with scheme and host, such as http://127.0.0.1:3000; did you mean "http://x"?`},
		{"scenario show order/reversed --image x", "", `unknown flag: --image (ctxpush scenario show --help lists the flags)`},
		{"scenario list order", "", `"order" is one argument too many: want ctxpush scenario list [flags]`},
		{"schema", "", `an argument is missing: want ctxpush schema receiver|scenario|report|load|events|scenario-run|scenario-show|send|doctor [flags]`},
		{"schema recever", "", `schema "recever" is not known; did you mean "receiver"?`},
		{"checks x", "", `"x" is one argument too many: want ctxpush checks [flags]`},
		{"certify a b", "", `"b" is one argument too many: want ctxpush certify [receiver.yaml] [flags]`},
		{"certify a.yaml --config b.yaml", "", `a.yaml beside --config b.yaml: want one file`},
		{"certify gone.yaml", "", `gone.yaml: can't be read: no such file or folder`},
		{"certify --level hard", "", `level "hard": want required or recommended`},
		{"certify --traces some", "", `traces "some": want failures or all`},
		{"certify --epoch now", "", `invalid argument "now" for "--epoch" flag: want a time such as 2026-11-23T00:00:00Z (ctxpush certify --help lists the flags)`},
		{"certify --identity all", "", `--identity: "all" is not known; want device or user`},
		{"certify --settle soon", "", `--settle: "soon": want a duration such as 2s, 500ms or 1m30s`},
		{"certify --url http://127.0.0.1:1 --secret s --image a", "", `--image: set beside --url: want one of the two`},
		{"certify --fokus x", "", `unknown flag: --fokus (ctxpush certify --help lists the flags)`},
		{"certify --focus ordr/revers", "", `pattern "ordr/revers" matches no check; did you mean "order/reversed"?`},
		{"certify --focus ordr/*", "", `pattern "ordr/*" matches no check; did you mean "order/*"?`},
		{"certify --explore bogus", "", `explore "bogus": want quick, standard or full`},
		{"certify --focus [", "", `pattern "[": want such as order/* or */late-*`},
		{"certify --scenarios @", broken, `@:2: messages.m.history[0]: "opend" is not known; did you mean "opened"?`},
		{"certify --scenarios gone", "", `gone: can't be read: no such file or folder`},
		{"certify --scenarios @", empty, `@: holds no scenario file: want *.yaml`},
		{"certify --scenarios @", filepath.Dir(clash), `@/late.yml: its id user/late is that of @/late.yaml too: rename one of them`},
		{"certify --only-new", "", `--only-new without --baseline: want --baseline FILE, a report.json of an earlier run`},
		{"certify --quiet --verbose", "", `--quiet beside --verbose or --trace-requests: want one of the two`},
		{"certify --baseline gone.json", "", `--baseline gone.json: can't be read: no such file or folder`},
		{"certify --baseline @", notJSON, `--baseline @: report: line 1 is not JSON: unexpected end of JSON input`},
		{"certify --baseline @", foreign, `--baseline @: report: schema is "ctxpush.load/v1": want "ctxpush.report/v1"`},
		{"certify --baseline @", folder, `--baseline @: is a folder: want a file`},
		{"report", "", `an argument is missing: want ctxpush report DIR [flags]`},
		{"report gone", "", `report directory "gone": no such file or folder`},
		{"report @", empty, `report directory "@": report.json: no such file or folder`},
		{"report @", notJSON, `report directory "@": it is a file, want a directory`},
		{"report @", folder, `report directory "@": report.json: report: schema is missing: want "ctxpush.report/v1"`},
		{"send", "", noReceiver},
		{"doctor", "", noReceiver},
		{"load", "", noReceiver},
		{"send --built-in --config @", write(t, "receiver.yaml", "receiver: {url: http://h}\nsecret: {value: x}\n"), `--built-in beside a receiver of kind url: want one of the two`},
		{"send --url http://127.0.0.1:1", "", `--secret: missing: a receiver that runs already has one; give it as secret: or as CTXPUSH_SECRET`},
		{"send --batch 101", "", `--batch 101: want 1 to 100`},
		{"send --messages 0", "", `--messages 0: want 1 to 1000000`},
		{"send --status opend", "", `--status "opend": did you mean "opened"?`},
		{"send --fault lost-akc", "", `--fault "lost-akc": did you mean "lost-ack"?`},
		{"receiver", "", `secret is not set: want CTXPUSH_SECRET in the environment, or --secret`},
	} {
		args := strings.Fields(c.args)
		for i := range args {
			if args[i] == "@" {
				args[i] = c.path
			}
		}
		if slices.Contains([]string{"certify", "scenario run"}, args[0]+map[bool]string{true: " run"}[strings.HasPrefix(c.args, "scenario run ")]) &&
			!strings.Contains(c.args, ".yaml") && !strings.Contains(c.args, "--url") {
			args = append(args, "--built-in")
		}
		if args[0] == "certify" {
			args = append(args, "--report-dir", filepath.Join(t.TempDir(), "report"))
		}
		out, stderr := ctxpush(t, exitMistake, args...)
		if want := "ctxpush: " + strings.ReplaceAll(c.want, "@", c.path) + "\n"; stderr != want || out != "" {
			t.Errorf("ctxpush %s\n got %s%swant %s", c.args, out, stderr, want)
		}
	}
}

func TestMistakesInTheEnvironment(t *testing.T) {
	for name, c := range map[string]struct{ value, want string }{
		"CTXPUSH_SEED":       {"x", "ctxpush: CTXPUSH_SEED: invalid argument \"x\" for \"--seed\" flag: want a whole number of 1 or more\n"},
		"CTXPUSH_TIME_SCALE": {"0.5", "ctxpush: --time-scale 0.5: want 1 (real time) or more\n"},
	} {
		p := program{env: map[string]string{name: c.value}}
		if code := p.run(t.Context(), "scenario", "run", "order/reversed", "--built-in"); code != exitMistake || p.err.String() != c.want {
			t.Errorf("%s=%s: exit code %d\n got %swant %s", name, c.value, code, p.err.String(), c.want)
		}
	}
}
