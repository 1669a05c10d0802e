//go:build unix

package torture

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// startedReceiver is a receiver of the program's own that is started with each run.
const startedReceiver = `--command "'$0' receiver --quiet --store states.db --listen 127.0.0.1:"'${PORT}' --ready /healthz `

// What surrounds a run is never told as the receiver's fault, and gets none of its
// secrets: a row each.
func TestSurroundings(t *testing.T) {
	const mine = `export MINE="$CTXPUSH_SECRET" CTXPUSH_SECRET=the-shared-one; `
	const receiver = `printf 'receiver:\n  command:\n    argv: [sh, -c, "echo $MINE; exec $0 receiver --listen 127.0.0.1:$1 --mutant last-arrival-wins --store s.db", "%s", "${PORT}"]\n    env: {CTXPUSH_SECRET: "${SECRET}", MINE: "${MINE}"}\n    ready: {http: /healthz}\nprobe: {http: {headers: {X-Mine: "Bearer ${MINE}"}}}\n' "$0" >receiver.yaml; `
	for name, c := range map[string]struct {
		exit   int
		script string
		says   string
	}{
		"too few files for a check": {3, `ulimit -n 40; exec "$0" certify --built-in --focus order/many-connections` + quick, "(ulimit -n)"},
		"too few files for a run":   {3, `ulimit -n 14; exec "$0" certify --built-in` + quick, "(ulimit -n) to"},
		"few files":                 {0, `ulimit -n 40; exec "$0" certify --built-in --focus 'copies/*'` + quick, "PASS"},
		"a store that is open": {3, `"$0" receiver --listen 127.0.0.1:0 --quiet --store s.db 2>log & p=$!; until grep -q listening log; do sleep 0.05; done; ` +
			`"$0" receiver --listen 127.0.0.1:0 --store s.db; code=$?; kill $p; wait $p; exit $code`, "another receiver has it open"},
		"two stores": {2, `exec "$0" receiver --store a.db --store b.db`, "given twice"},
		"no store": {0, `"$0" receiver --listen 127.0.0.1:0 --quiet 2>log & p=$!; until grep -q listening log; do sleep 0.05; done; ` +
			`kill -9 $p; wait $p 2>/dev/null; cat log`, "kept in memory"},
		"a context that is none": {3, `export DOCKER_CONTEXT=nobodys; unset DOCKER_HOST; ` + inContainer, "no container engine at nobodys (DOCKER_CONTEXT)"},
		"other secrets":          {1, mine + receiver + `exec "$0" certify receiver.yaml --verbose --trace-requests --focus order/delivered-after-opened` + quick, "FAIL"},
		"of a timeline":          {1, mine + receiver + `exec "$0" scenario run order/delivered-after-opened --settle 100ms`, "FAIL"},
		"of a receiver that is not ready": {3, mine + receiver + `sed -i s/healthz/nowhere/ receiver.yaml; exec "$0" certify receiver.yaml --ready-timeout 500ms` + quick,
			"was not ready"},
		"a receiver that is asked to end": {0, `cat >run.sh <<'END'
trap 'echo asked >>asked; kill $p; wait $p; exit' TERM
"$1" receiver --quiet --store states.db --listen 127.0.0.1:$2 & p=$!
wait
END
"$0" certify --command "sh run.sh '$0' "'${PORT}' --ready /healthz` + quick + `; code=$?; cat asked; exit $code`, "asked"},
		"a FIFO in place of a file": {2, `mkfifo f; exec "$0" certify f`, "is a FIFO: want a regular file"},
		"a stranger's hours": {2, `for i in $(seq 20); do waits="$waits
  - wait: 1m"; done; printf 'scenario: it waits\nrequirement: Patience.\nclauses: [retry]\nmessages: {m: {history: [pending]}}\ndeliver:%s\n  - batch: [m.pending]\nexpect: {m: pending}\n' "$waits" >a.yaml
exec "$0" scenario run --built-in a.yaml`, "--no-bounds"},
		"no time and no connections": {2, `"$0" load --built-in --connections 0 && exit 1; exec "$0" load --built-in --duration 0s`, "want a time above 0"},
		"jq without end":             {3, `exec "$0" certify ` + startedReceiver + `--probe-jq '[limit(1e12; repeat("x" * 1000000))] | length'` + quick, "MiB of memory"},
	} {
		t.Run(name, func(t *testing.T) { inShell(t, c.script).wants(t, c.exit, c.says) })
	}
}

// The probe's answers in another charset, with a mark in front, or in another order
// than they were asked for.
func TestAnswersOfTheProbe(t *testing.T) {
	receiver, err := reference.Start(reference.Options{Secret: Secret})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = receiver.Kill() }()
	behind, err := url.Parse(receiver.URL())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path  string
		spell func(string) (string, error)
		exit  int
		says  string
	}{
		"a mark":  {"/state", func(s string) (string, error) { return "\ufeff" + s, nil }, 0, "PASS"},
		"UTF-16":  {"/state", unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String, 0, "PASS"},
		"reverse": {"/states", inReverse, 3, "bulk look-up"},
	} {
		t.Run(name, func(t *testing.T) {
			front := httptest.NewServer(respelt(httputil.NewSingleHostReverseProxy(behind), c.path, c.spell))
			defer front.Close()
			inShell(t, `exec "$0" certify --probe-bulk /states --url `+front.URL+quick).wants(t, c.exit, c.says)
		})
	}
}

func inReverse(answer string) (string, error) {
	var states []json.RawMessage
	if err := json.Unmarshal([]byte(answer), &states); err != nil {
		return "", err
	}
	slices.Reverse(states)
	text, err := json.Marshal(states)
	return string(text), err
}

// respelt is a handler whose answers at a path are spelt otherwise.
func respelt(h http.Handler, path string, spell func(string) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			h.ServeHTTP(w, r)
			return
		}
		inner := httptest.NewRecorder()
		h.ServeHTTP(inner, r)
		text, err := spell(inner.Body.String())
		if err != nil {
			text = err.Error()
		}
		w.WriteHeader(inner.Code)
		_, _ = w.Write([]byte(text)) // whoever asks may be gone
	})
}

// The program in a container on a network of its own reaches no port that the
// engine publishes at its host.
func TestBridgeNetwork(t *testing.T) {
	p := needContainers(t)
	cmd := exec.CommandContext(t.Context(), "docker", "run", "--rm", "--tmpfs", "/tmp", "--entrypoint", "/ctxpush", "-v", "/var/run/docker.sock:/var/run/docker.sock",
		p.image, "certify", "--image", p.image, "--env", "CTXPUSH_SECRET=${SECRET}", "--port", "8080", "--ready", "/healthz", "--ready-timeout", "1s", "--report-dir", "/tmp/report", "--focus", "request/acknowledged")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 3 || !strings.Contains(said.String(), "--network host") {
		t.Errorf("%v: want exit code 3 and --network host:\n%s", err, &said)
	}
}
