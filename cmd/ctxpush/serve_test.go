package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// startServe runs the serve command until the test ends, and returns its address
// and how to end it.
func startServe(t *testing.T, p *program, args ...string) (address string, end func() int) {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- p.run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--ready-file", ready}, args...)...)
	}()
	end = func() int { cancel(interrupt{os.Interrupt}); return <-done }
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case code := <-done:
			t.Fatalf("serve ended with %d\n%s", code, p.err.String())
		case <-tick.C:
		}
		if text, err := os.ReadFile(ready); err == nil && strings.HasSuffix(string(text), "\n") {
			return strings.TrimSpace(string(text)), end
		}
	}
}

// get is the JSON answer of a path.
func get(t *testing.T, url string, to any) {
	t.Helper()
	a, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s (%v)", url, a.StatusCode, text, err)
	}
}

// A message that is scheduled is told to the receiver of receiver.yaml, whose
// state is then right; a service that starts again has it still; Ctrl-C ends
// serve; and the secret shows nowhere.
func TestServe(t *testing.T) {
	app, err := reference.Start(reference.Options{Secret: exampleSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Kill() })
	file := write(t, "receiver.yaml", "secret: {env: CTX_SECRET}\nreceiver: {url: "+app.URL()+"}\nprobe: {http: {path: /state}}\n")
	store := filepath.Join(t.TempDir(), "store.db")
	for i := range 2 {
		p := program{env: map[string]string{"CTX_SECRET": exampleSecret, "CTXPUSH_TOKEN": "vendor-t0ken"}}
		address, end := startServe(t, &p, file, "--store", store, "--flush", "0s", "--open-rate", "0%", "--time-scale", "60")
		if i == 0 {
			q, err := http.NewRequest("POST", address+"/v1/campaigns/schedule_message_for_user", strings.NewReader(
				`{"bundle_id":"b","platform":"ios","user_id":"james","deliver_within_hours":0,"campaign_id":"c","content":{"title":"t","body":"b"}}`))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "Token vendor-t0ken")
			a, err := http.DefaultClient.Do(q)
			if err != nil || a.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", a, err)
			}
			a.Body.Close()
		}
		var found struct{ Total int }
		get(t, address+"/api/v1/messages?status=delivered&wait=1m", &found)
		var verdict struct {
			OK      bool
			Checked int
		}
		get(t, address+"/api/v1/verdict?wait=1m", &verdict)
		if found.Total != 1 || !verdict.OK || verdict.Checked == 0 {
			t.Errorf("%d messages, %+v: want one, and the receiver right", found.Total, verdict)
		}
		if code := end(); code != exitInterrupted {
			t.Errorf("exit code %d: want %d", code, exitInterrupted)
		}
		if all := p.out.String() + p.err.String(); strings.Contains(all, exampleSecret) || strings.Contains(all, "t0ken") {
			t.Errorf("a secret shows:\n%s", all)
		}
	}
}

// A receiver that is started after serve gets what waited for it, and an app that
// serve starts is told where it can schedule.
func TestServeBefore(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	later := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file := write(t, "receiver.yaml", "name: app at ${CONTEXTPUSH_URL}\nsecret: {env: CTX_SECRET}\nreceiver: {url: http://"+later+"}\nprobe: {http: {path: /state}}\n")
	p := program{env: map[string]string{"CTX_SECRET": exampleSecret}}
	address, end := startServe(t, &p, file, "--flush", "0s", "--open-rate", "0%", "--time-scale", "3600")
	if !strings.Contains(p.err.String(), "the receiver is not there yet") {
		t.Errorf("%s: want to be told", p.err.String())
	}
	var info struct{ Name, URL string }
	get(t, address+"/api/v1/receiver", &info)
	if info.Name != "app at "+address || info.URL != "http://"+later {
		t.Errorf("%+v: want the app at %s that knows %s", info, later, address)
	}
	a, err := http.Post(address+"/v1/campaigns/schedule_message_for_user", "application/json", strings.NewReader(
		`{"bundle_id":"b","platform":"ios","user_id":"james","deliver_within_hours":0,"campaign_id":"c","content":{"title":"t","body":"b"}}`))
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", a, err)
	}
	a.Body.Close()
	var waiting struct{ Deliveries []struct{ Outcome string } }
	get(t, address+"/api/v1/deliveries?outcome=waiting&wait=1m", &waiting)
	app, err := reference.Start(reference.Options{Secret: exampleSecret, Listen: later})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Kill() })
	var verdict struct {
		OK      bool
		Checked int
	}
	get(t, address+"/api/v1/verdict?wait=1m", &verdict)
	if len(waiting.Deliveries) == 0 || !verdict.OK || verdict.Checked == 0 {
		t.Errorf("%+v, %+v: want what waited to be there", waiting, verdict)
	}
	if code := end(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
}

func TestServeMistakes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Chdir(t.TempDir())
	const hook = "--webhook=http://127.0.0.1:9/"
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{exitMistake, "no receiver to send webhooks to: want --webhook URL, or a receiver.yaml", nil},
		{exitMistake, "--webhook: it is no URL", []string{"--webhook", "x"}},
		{exitMistake, `--faults: fault "dup" is not known`, []string{hook, "--faults", "dup=1%"}},
		{exitMistake, "--faults: fault drop=101%: want a percentage", []string{hook, "--faults", "drop=101%"}},
		{exitMistake, "--faults: faults: lost-ack, slow and reset strike", []string{hook, "--faults", "slow=60%,reset=60%"}},
		{exitMistake, `--open-rate "3"`, []string{hook, "--open-rate", "3"}},
		{exitMistake, `--flush "x"`, []string{hook, "--flush", "x"}},
		{exitMistake, "--time-scale 0", []string{hook, "--time-scale", "0"}},
		{exitMistake, "beyond loopback needs --api-token", []string{hook, "--listen", ":0"}},
		{exitMistake, `--listen "x"`, []string{hook, "--listen", "x"}},
		{exitMistake, `cancel path "x"`, []string{hook, "--listen", "127.0.0.1:0", "--cancel-path", "x"}},
		{exitMistake, "want a file that can be written", []string{hook, "--listen", "127.0.0.1:0", "--store", "no/such/folder"}},
		{exitSurroundings, "address already in use", []string{hook, "--listen", l.Addr().String()}},
	} {
		p := program{env: map[string]string{"CTXPUSH_SECRET": exampleSecret}}
		code := p.run(t.Context(), append([]string{"serve"}, c.args...)...)
		text := p.err.String()
		if code != c.code || !strings.Contains(text, c.want) || strings.Count(text, "\n") != 1 || strings.Contains(text, exampleSecret) {
			t.Errorf("%q: exit code %d\n%swant %d and %s", c.args, code, text, c.code, c.want)
		}
	}
	var p program
	if code := p.run(t.Context(), "serve", hook); code != exitMistake || !strings.Contains(p.err.String(), "secret is not set") {
		t.Errorf("without a secret: exit code %d\n%s", code, p.err.String())
	}
}
