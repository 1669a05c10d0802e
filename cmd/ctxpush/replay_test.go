package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// Webhooks that were recorded on their way to a receiver do no harm as they came,
// and show its mistake in other orders; one of them becomes a scenario that shows
// it as well; the secret is in none of the files.
func TestRecordAndReplay(t *testing.T) {
	o, err := mutants.New("last-arrival-wins", reference.Options{Secret: exampleSecret})
	if err != nil {
		t.Fatal(err)
	}
	app, err := reference.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Kill() })
	t.Chdir(t.TempDir())
	env := map[string]string{"CTXPUSH_SECRET": exampleSecret}

	p := program{env: env}
	ctx, stop := context.WithCancelCause(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- p.run(ctx, "record", "--listen", "127.0.0.1:0", "--forward", app.URL(), "--out", "t.jsonl", "--ready-file", "ready")
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var address string
	for address == "" {
		select {
		case code := <-done:
			t.Fatalf("record ended with %d\n%s", code, p.err.String())
		case <-tick.C:
		}
		if text, err := os.ReadFile("ready"); err == nil && strings.HasSuffix(string(text), "\n") {
			address = strings.TrimSpace(string(text))
		}
	}
	run := func(want int, args ...string) *program {
		t.Helper()
		p := program{env: env}
		if code := p.run(t.Context(), args...); code != want {
			t.Fatalf("%q: exit code %d: want %d\n%s%s", args, code, want, p.out.String(), p.err.String())
		}
		return &p
	}
	run(exitOK, "send", "--url", address, "--messages", "3", "--status", "pending,delivered", "--seed", "7", "--salt", "s")
	stop(interrupt{os.Interrupt})
	if code := <-done; code != exitInterrupted || !strings.Contains(p.err.String(), "record: 2 webhooks in t.jsonl") {
		t.Errorf("record: exit code %d\n%s", code, p.err.String())
	}

	traced := run(exitOK, "replay", "t.jsonl", "--url", app.URL(), "--settle", "50ms", "--events", "events.jsonl", "--trace-requests")
	told, err := os.ReadFile("events.jsonl")
	if err != nil || !strings.Contains(string(told), "replay/as-recorded") || strings.Count(traced.err.String(), "→ 200") != 2 {
		t.Errorf("%v: %s\n%s\nwant the run and its two requests", err, told, traced.err.String())
	}
	failed := run(exitFellShort, "replay", "t.jsonl", "--url", app.URL(), "--settle", "50ms", "--orders", "quick", "--seed", "7")
	again := "ctxpush replay t.jsonl --secret \"$CTXPUSH_SECRET\" --settle 50ms --url " + app.URL() + " --orders quick --seed 7"
	for _, want := range []string{"FAIL  replay/reversed 3 × stale", "the last arrival wins", again} {
		if !strings.Contains(failed.out.String(), want) {
			t.Errorf("want %s in\n%s", want, failed.out.String())
		}
	}
	run(exitFellShort, "scenario", "run", "ctxpush-report/counterexamples/replay/reversed.yaml", "--url", app.URL(), "--settle", "50ms")
	text, err := os.ReadFile("t.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), `idempotency_key\":\"`)
	key, _, _ := strings.Cut(rest, `\"`)
	run(exitOK, "replay", "t.jsonl", "--to-scenario", "m.yaml", "--message", key, "--pseudonymize")
	run(exitOK, "scenario", "run", "m.yaml", "--url", app.URL(), "--settle", "50ms")
	_ = filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			text, err := os.ReadFile(path)
			if err != nil || strings.Contains(string(text), exampleSecret) {
				t.Errorf("%s: %v: it shows the secret", path, err)
			}
		}
		return nil
	})
}

func TestRecordAndReplayMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	whole := `{"time":"2025-02-07T12:00:00Z","method":"POST","body":"[]"}` + "\n"
	for name, text := range map[string]string{"none.jsonl": "", "bad.jsonl": whole + "{x}\n", "other.jsonl": whole} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		want string
		args string
	}{
		{"--forward is missing", "record"},
		{"--forward: it is no URL", "record --forward x"},
		{"--out no/such/folder: no such file or directory", "record --listen 127.0.0.1:0 --forward http://127.0.0.1:9 --out no/such/folder"},
		{"an argument is missing", "replay"},
		{"gone.jsonl: no such file or directory", "replay gone.jsonl --built-in"},
		{"none.jsonl: holds no webhook", "replay none.jsonl --built-in"},
		{"bad.jsonl:2: is no line of a recording", "replay bad.jsonl --built-in"},
		{"other.jsonl: holds no webhook of ContextPush: the body has 0 entries", "replay other.jsonl --built-in"},
		{`--orders "all": want quick or standard`, "replay none.jsonl --built-in --orders all"},
		{"--speed beside --orders", "replay none.jsonl --built-in --orders quick --speed 2x"},
		{`--speed "fast": want such as 10x, or max`, "replay none.jsonl --built-in --speed fast"},
		{`--faults: fault "dup" is not known`, "replay none.jsonl --built-in --faults dup=1%"},
		{"strike a share of 1.2 together", "replay none.jsonl --built-in --faults slow=60%,reset=60%"},
		{`--verify "some": want all or none`, "replay none.jsonl --built-in --verify some"},
		{"--to-scenario without --message", "replay none.jsonl --to-scenario m.yaml"},
		{"--message without --to-scenario", "replay none.jsonl --message m"},
		{"no message of that name", "replay none.jsonl --to-scenario m.yaml --message m"},
	} {
		p := program{env: map[string]string{"CTXPUSH_SECRET": exampleSecret}}
		code := p.run(t.Context(), strings.Fields(c.args)...)
		text := strings.TrimSpace(p.err.String())
		last := text[strings.LastIndex(text, "\n")+1:]
		if code != exitMistake || !strings.Contains(last, c.want) || strings.Contains(text, exampleSecret) {
			t.Errorf("%s: exit code %d\n%s\nwant %d and %s", c.args, code, text, exitMistake, c.want)
		}
	}
	if _, err := os.Stat("ctxpush-report/report.json"); err == nil {
		t.Error("a mistake has left a report")
	}
}
