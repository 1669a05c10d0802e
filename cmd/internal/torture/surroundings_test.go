//go:build unix

package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/fixtures/hostile"
)

// broken is a run in surroundings that are not as they should be.
type broken struct {
	dir  string
	exit int
	out  string
	err  string
}

// inShell runs the program as a shell has it: $0 is the program, $REPORT where
// its report goes. It must end, with one of the exit codes, and say one line of
// an error at most.
func inShell(t *testing.T, script string, env ...string) broken {
	t.Helper()
	dir := t.TempDir()
	shell := Program{Path: "/bin/sh"}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	report := filepath.Join(dir, "report")
	t.Setenv("REPORT", report)
	r, err := shell.start(t.Context(), dir, "-c", script, program.Path)
	if err != nil {
		t.Fatal(err)
	}
	r.wait()
	b := broken{dir: report, exit: r.exit, out: r.out.String(), err: r.err.String()}
	if r.took > maxTime {
		t.Errorf("took %s", r.took)
	}
	for _, left := range r.leftovers() {
		t.Errorf("left behind: %s", left)
	}
	if found, _, err := r.revealed(); err != nil || len(found) > 0 {
		t.Errorf("the secret is in %v, %v", found, err)
	}
	if strings.Contains(b.err, "panic") || strings.Contains(b.err, "SIGQUIT") {
		t.Errorf("panicked or hung: %s", b.err)
	}
	return b
}

// wants tells whether the run ended so; says is in what it said.
func (b broken) wants(t *testing.T, exit int, says ...string) {
	t.Helper()
	if b.exit != exit {
		t.Errorf("exit code %d: want %d\n%s%s", b.exit, exit, b.out, b.err)
	}
	for _, text := range says {
		if !strings.Contains(b.out+b.err, text) {
			t.Errorf("%q is not in\n%s%s", text, b.out, b.err)
		}
	}
}

const quick = ` --focus request/acknowledged --settle 100ms --shrink 0 --report-dir "$REPORT" `

// The report's folder becomes a file while the run goes on: the verdict still
// reaches the terminal, and a receiver that fell short still makes 1.
func TestReportThatCannotBeWritten(t *testing.T) {
	script := `printf '#!/bin/sh\nrm -rf "$REPORT"; touch "$REPORT"; exec "%s" receiver --store states.db --listen 127.0.0.1:$1 $2 $3\n' "$0" >receiver.sh; chmod +x receiver.sh; exec "$0" certify` + quick + `--ready /healthz --command `
	inShell(t, script+`'./receiver.sh ${PORT}'`).wants(t, 3, "PASS", "want a directory")
	inShell(t, script+`'./receiver.sh ${PORT} --mutant secret-unchecked' --focus 'secret/wrong'`).wants(t, 1, "FAIL", "want a directory")
}

func TestReportDirectoryThatIsNone(t *testing.T) {
	inShell(t, `exec "$0" certify --built-in --focus request/acknowledged --report-dir /proc/ctxpush`).wants(t, 2, "/proc/ctxpush")
	inShell(t, `touch "$REPORT"; exec "$0" certify --built-in --focus request/acknowledged --report-dir "$REPORT/below"`).wants(t, 2, "report directory")
}

func TestReportIsForItsOwnerAlone(t *testing.T) {
	b := inShell(t, `umask 0; exec "$0" certify --built-in`+quick)
	b.wants(t, 0, "PASS")
	for _, name := range []string{"report.json", "junit.xml"} {
		info, err := os.Stat(filepath.Join(b.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s: mode %o: want 600", name, mode)
		}
	}
}

// onSmallDisk runs the program with a disk of so many bytes for its reports,
// which are told afterwards, as NAME SIZE.
func onSmallDisk(t *testing.T, bytes int, arguments string) (b broken, files map[string]int) {
	t.Helper()
	mount := func(size int) string { return fmt.Sprintf("mount -t tmpfs -o size=%d none ", size) }
	if err := exec.Command("unshare", "-m", "sh", "-c", mount(4096)+"/mnt").Run(); err != nil {
		fmt.Fprintf(os.Stderr, "\n*** %s IS NOT TESTED: a mount of its own needs root: %v\n\n", t.Name(), err)
		t.Skip("a mount of its own needs root")
	}
	const list = `; code=$?; for f in "$REPORT"/* "$REPORT"/.ctx*; do [ -e "$f" ] && echo "file $(basename "$f") $(wc -c <"$f")"; done; cat "$REPORT"/*.json; exit $code`
	b = inShell(t, `exec unshare -m sh -c 'mkdir -p "$REPORT"; `+mount(bytes)+`"$REPORT"; "$0" `+arguments+list+`' "$0"`)
	files = map[string]int{}
	for line := range strings.Lines(b.out) {
		var name string
		var size int
		if n, _ := fmt.Sscanf(line, "file %s %d", &name, &size); n == 2 {
			files[name] = size
		}
	}
	return b, files
}

// The disk fills up while the report is written: the verdict and the exit code
// are as ever, what is small enough is there, and nothing is there by half.
func TestFullDisk(t *testing.T) {
	for name, c := range map[string]struct {
		size      int // of the disk: all fits but report.html
		arguments string
		exit      int
		says      string
		file      string
	}{
		"certify":              {24 << 10, "certify --built-in" + quick, 3, "PASS  built-in: 1 passed", "report.json"},
		"load":                 {16 << 10, "load --built-in --duration 300ms --messages 200 --report-dir $REPORT", 3, "PASS", "load.json"},
		"load that fell short": {16 << 10, "load --built-in --duration 300ms --messages 200 --threshold \"p50<1us\" --report-dir $REPORT", 1, "FAIL", "load.json"},
	} {
		t.Run(name, func(t *testing.T) {
			b, files := onSmallDisk(t, c.size, c.arguments)
			b.wants(t, c.exit, c.says, "no space left on device")
			if files["report.html"] > 0 || files[c.file] == 0 {
				t.Errorf("there are %v: want %s and no report.html", files, c.file)
			}
			for name := range files {
				if strings.HasPrefix(name, ".") {
					t.Errorf("%s was left", name)
				}
			}
			_, text, _ := strings.Cut(b.out, "\n{")
			for all := json.NewDecoder(strings.NewReader("{" + text)); ; {
				var file map[string]any
				if err := all.Decode(&file); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("half a file: %v", err)
				}
			}
		})
	}
}

func TestFewFileDescriptors(t *testing.T) {
	inShell(t, `ulimit -n 256; exec "$0" certify --built-in --explore quick --focus 'explored/*' --focus 'order/*' --report-dir "$REPORT"`).wants(t, 0, "PASS")
	// More connections than there can be, at what is given and at less: what could
	// not be opened is counted by its kind, beside what was sent by the others.
	for _, files := range []string{"256", "64"} {
		b := inShell(t, `ulimit -n `+files+`; exec "$0" load --built-in --connections 1000 --duration 300ms --messages 15000 --timeout 1s --time-scale 1e6 --threshold 'dropped==0' --report-dir "$REPORT"`)
		if b.exit != 0 && b.exit != 1 && b.exit != 3 {
			b.wants(t, 1)
		}
		if b.exit == 3 {
			continue // so few that not even the states could be looked at
		}
		b.wants(t, b.exit, "no_files ")
		var report struct {
			Requests uint64            `json:"requests"`
			Errors   map[string]uint64 `json:"errors"`
		}
		data, err := os.ReadFile(filepath.Join(b.dir, "load.json"))
		if err == nil {
			err = json.Unmarshal(data, &report)
		}
		if err != nil || report.Requests == 0 || report.Errors["no_files"] == 0 {
			t.Errorf("%s files: %+v, %v", files, report, err)
		}
	}
}

// Two runs at once, into one folder: each file is of one run or the other.
func TestTwoRunsInOneFolder(t *testing.T) {
	for file, command := range map[string]string{
		"report.json": "certify --built-in" + quick,
		"load.json":   `load --built-in --duration 200ms --messages 500 --report-dir "$REPORT"`,
	} {
		b := inShell(t, `"$0" `+command+` & "$0" `+command+`; a=$?; wait $!; exit $((a + $?))`)
		b.wants(t, 0, "PASS")
		for _, name := range []string{file, "report.html"} {
			data, err := os.ReadFile(filepath.Join(b.dir, name))
			if err != nil || name == file && !json.Valid(data) || name != file && !strings.HasSuffix(strings.TrimSpace(string(data)), "</html>") {
				t.Errorf("%s: %v, %d bytes", name, err, len(data))
			}
		}
		if left, _ := filepath.Glob(filepath.Join(b.dir, ".ctxpush-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	for name, url := range map[string]string{
		"no such name": "http://receiver.invalid:8080",
		"no IPv6":      "http://[::1]:1",
		"no such net":  "http://[2001:db8::1]:9",
		"no port":      "http://127.0.0.1:1",
	} {
		t.Run(name, func(t *testing.T) {
			inShell(t, `exec "$0" certify --timeout 1s --url '`+url+`'`+quick).wants(t, 3, url, "no check was run")
			inShell(t, `exec "$0" scenario run request/acknowledged --timeout 1s --url '`+url+`'`).wants(t, 3, url)
		})
	}
}

// engine is a container engine at a socket of its own.
func engine(t *testing.T, serve http.Handler) (host string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "engine") // short: a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: serve, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	t.Cleanup(func() { server.Close(); serving.Wait() })
	return "DOCKER_HOST=unix://" + filepath.Join(dir, "s")
}

const inContainer = `exec "$0" certify --image acme/receiver:1 --port 8080` + quick

// withoutEngine runs the program where the machine's own engine can't be seen:
// what looks for one also looks in its usual place.
func withoutEngine(t *testing.T, env ...string) broken {
	t.Helper()
	const hidden = `mount -t tmpfs none /run && `
	if exec.Command("unshare", "-m", "sh", "-c", hidden+"true").Run() != nil {
		t.Skip("a mount of its own needs root")
	}
	return inShell(t, `exec unshare -m sh -c '`+hidden+inContainer+`' "$0"`, env...)
}

func TestEngineThatIsAbsent(t *testing.T) {
	withoutEngine(t, "DOCKER_HOST=unix:///nowhere/engine.sock").wants(t, 3, "no container engine at", "/nowhere/engine.sock")
}

// The engine that was asked for is absent, and the machine's own is not taken in
// its place.
func TestEngineThatIsNamed(t *testing.T) {
	for _, host := range []string{"unix:///nowhere/engine.sock", "tcp://127.0.0.1:1", "nonsense"} {
		inShell(t, inContainer, "DOCKER_HOST="+host).wants(t, 3, "no container engine at "+host+" (DOCKER_HOST)")
	}
}

func TestEngineThatCutsConnections(t *testing.T) {
	host := engine(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	withoutEngine(t, host).wants(t, 3, "no container engine at")
}

// An engine that answers for a while and then no more, or with nonsense.
func TestEngineThatDiesInTheMiddle(t *testing.T) {
	var lively http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			_, _ = w.Write([]byte("OK"))
		case strings.HasSuffix(r.URL.Path, "/info"), strings.HasSuffix(r.URL.Path, "/version"):
			_, _ = w.Write([]byte(`{"ID":"x","ServerVersion":"20.10","ApiVersion":"1.41","OSType":"linux"}`))
		case strings.Contains(r.URL.Path, "/containers/json"), strings.Contains(r.URL.Path, "/images/json"):
			_, _ = w.Write([]byte("[]"))
		default:
			panic(http.ErrAbortHandler)
		}
	}
	inShell(t, inContainer, engine(t, lively)).wants(t, 3, "acme/receiver:1")
	if testing.Short() {
		return
	}
	silent := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/images/acme") {
			<-r.Context().Done()
			return
		}
		lively(w, r)
	})
	inShell(t, inContainer, engine(t, silent)).wants(t, 3, "no answer within")
}

// The secret is in no command line and in no environment but the program's own
// and the receiver's.
func TestProcessListHasNoSecret(t *testing.T) {
	c := Case{Behaviour: hostile.Find("forks-a-daemon"), Side: hostile.Whole, Command: Certify}
	dir := t.TempDir()
	args, _, err := program.args(c, dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := program.start(t.Context(), dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	watching, stop := context.WithCancel(t.Context())
	var seen []string
	var watch sync.WaitGroup
	watch.Go(func() {
		for watching.Err() == nil {
			seen = append(seen, tellingProcesses()...)
		}
	})
	r.wait()
	stop()
	watch.Wait()
	if len(seen) > 0 {
		t.Errorf("the secret is in %s, and %d more", seen[0], len(seen)-1)
	}
}
